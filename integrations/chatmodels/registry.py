"""Asks whichever provider a tenant chose, and answers in one shape.

A request goes in with the provider's settings filled up; a reply with text comes out, or a `ProviderError`. Nothing
here touches the database, so no connection waits for a model.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from django.conf import settings

from integrations.chatmodels import attempts, kinds
from integrations.chatmodels.types import ChatReply, ChatRequest, Passage, Say
from integrations.enums import ProviderName
from integrations.errors import ProviderError, ProviderTimedOut, ProviderUnknownModel
from integrations.types import ProbeResult, ProviderRef

PROBE_TOKENS = 256  # room for a model that thinks before it says OK


async def generate(request: ChatRequest, provider: ProviderRef, *, say: Say | None = None) -> ChatReply:
    """The provider's reply; with `say` it is said piece by piece meanwhile, and whole at the end.

    Raises a `ProviderError`, which never holds the key. Pieces may have been said before.
    """
    kind = ProviderName(provider.name)
    settled = _settled(request, provider, kind)
    return await attempts.make(await kinds.load(kind), settled, provider, say)


async def models(provider: ProviderRef) -> list[str]:
    """The names of the models that the provider has for this key, in order. Raises `ProviderError`."""
    model = await kinds.load(ProviderName(provider.name))
    try:
        async with asyncio.timeout(settings.PROVIDER_FIRST_TOKEN_SECONDS):
            return sorted(set(await model.models(provider)))
    except TimeoutError:
        raise ProviderTimedOut from None


async def probe(provider: ProviderRef, *, model: str = "") -> ProbeResult:
    """Ask for one word, to see whether the provider answers at all."""
    fact = Passage(number=1, title="Connection", heading="", text="The connection works.", score=1.0)
    request = ChatRequest(
        system="Answer with the word OK and nothing else.", history=(), question="Does the connection work?",
        passages=(fact,), prompt="Answer with the word OK.", model=model, max_tokens=PROBE_TOKENS,
    )  # fmt: skip
    began = time.monotonic()
    kind = ProviderName(provider.name)
    try:
        reply = await attempts.once(await kinds.load(kind), _settled(request, provider, kind), provider)
    except ProviderError as error:
        return ProbeResult(ok=False, code=error.code, detail=error.owner_detail, model=model, latency_ms=_since(began))
    return ProbeResult(
        ok=True, code="", detail="The provider answers.", model=reply.model, latency_ms=_since(began),
        prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens, cost_usd=reply.cost_usd,
    )  # fmt: skip


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _settled(request: ChatRequest, provider: ProviderRef, kind: ProviderName) -> ChatRequest:
    """The request with the provider's settings where it leaves the choice; token limits are ceilings.

    What is said of this one model (`models`) goes before what is said of all.
    """
    chosen = provider.settings
    model = str(request.model or chosen.get("default_model") or kinds.DEFAULT_MODELS.get(kind, ""))
    if not model:
        raise ProviderUnknownModel("No model is named. Set the bot's model or the provider's default_model.")
    own = dict(chosen.get("models", {}).get(model, {}))
    limits = [limit for limit in (request.max_tokens, chosen.get("max_tokens"), own.pop("max_tokens", None)) if limit]
    warm = [own.pop("temperature", None), request.temperature, chosen.get("temperature")]
    return replace(
        request,
        model=model,
        temperature=next((value for value in warm if value is not None), None),
        max_tokens=min(limits, default=None),
        parameters=own,
    )
