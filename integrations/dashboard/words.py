"""What the pages say of kinds of provider, and of how asking one went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.enums import ProviderName as Kind
from integrations.models import TenantAIProvider
from integrations.words import again

Text = str | Promise

KINDS: dict[str, Text] = {
    Kind.BUILTIN: _(
        "Answers with the sentences of your documents that fit best. No key, no cost, and nothing leaves this server."
    ),
    Kind.OPENAI: _("The GPT models, and embeddings. You need a key from platform.openai.com."),
    Kind.ANTHROPIC: _("The Claude models. You need a key from console.anthropic.com."),
    Kind.AZURE: _("OpenAI's models in your own Azure account. You need the address of your resource and its key."),
    Kind.GOOGLE: _("The Gemini models. You need a key from aistudio.google.com."),
    Kind.MISTRAL: _("The Mistral models, served from Europe. You need a key from console.mistral.ai."),
    Kind.OLLAMA: _("Models on a server of your own that runs Ollama. You need its address; a key only if you set one."),
    Kind.OPENAI_COMPATIBLE: _(
        "Any other server that speaks OpenAI's format: vLLM, LM Studio, OpenRouter, Groq. You need its address."
    ),
}

# By code: a word for the badge, and what to do about it.
_FAILURES: dict[str, tuple[Text, Text]] = {
    "provider_failed": (_("Failed"), _("The provider reports a failure of its own. Try again in a minute.")),
    "provider_bad_key": (
        _("Key refused"),
        _("The provider does not accept this key. Check that it is whole, current and of the right account."),
    ),
    "provider_not_allowed": (
        _("Not allowed"),
        _("The provider knows this key and does not allow it this. Check the key's permissions there."),
    ),
    "provider_unknown_model": (
        _("Model unknown"),
        _("The provider has no such model, or not for this key. Choose another default model."),
    ),
    "provider_bad_request": (
        _("Setting refused"),
        _("The provider refused the request as it is. A setting below does not suit this model."),
    ),
    "provider_text_too_long": (_("Text too long"), _("The text was longer than this model reads.")),
    "provider_no_quota": (
        _("No credit"),
        _("The account at the provider has no credit or quota left. Add some there, then test again."),
    ),
    "provider_rate_limited": (
        _("Too fast"),
        _("The provider asks to slow down: this key sends too many requests or tokens a minute."),
    ),
    "provider_unreachable": (
        _("Not reachable"),
        _("Nobody answers at this address. Check it, and that it can be reached from the internet."),
    ),
    "provider_timed_out": (_("Too slow"), _("The provider did not answer in time.")),
    "provider_paused": (
        _("Paused"),
        _("It failed several times in a row and is left alone for a moment; then it is tried again."),
    ),
    "provider_inactive": (_("Switched off"), _("This provider is switched off.")),
    "provider_key_unreadable": (_("Key lost"), _("The stored key cannot be opened any more. Enter it again.")),
    "provider_address_not_allowed": (
        _("Address not allowed"),
        _("The address leads to a private network. Only the operator of this server can allow that."),
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How asking a provider went, ready to be shown: `tone` is the badge's, `says` what to do about it."""

    ok: bool
    tone: str
    word: Text
    says: Text
    at: datetime | None = None
    seconds: float | None = None


def outcome(code: str, *, detail: str = "", at: datetime | None = None, latency_ms: int | None = None) -> Outcome:
    """`detail` speaks where the code is one that we have no words for."""
    if code in {"", "ok"}:
        seconds = None if latency_ms is None else latency_ms / 1000
        return Outcome(ok=True, tone="is-good", word=_("Works"), says="", at=at, seconds=seconds)
    word, says = _FAILURES.get(code, (_("Failed"), again(detail)))
    return Outcome(ok=False, tone="is-bad", word=word, says=says, at=at)


def last_outcome(row: TenantAIProvider, *, latency_ms: int | None = None) -> Outcome | None:
    """Of the row's last test; `None` where nobody has tried it."""
    if row.last_tested_at is None:
        return None
    return outcome(row.last_test_code, detail=row.last_test_detail, at=row.last_tested_at, latency_ms=latency_ms)
