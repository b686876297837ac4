"""The kinds of provider that a tenant can have, and what their models are asked for."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProviderName(TextChoices):
    BUILTIN = "builtin", _("Built-in")
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    AZURE = "azure", "Azure OpenAI"
    GOOGLE = "google", "Google"
    MISTRAL = "mistral", "Mistral"
    OLLAMA = "ollama", "Ollama"
    OPENAI_COMPATIBLE = "openai_compatible", _("OpenAI-compatible")

    @property
    def needs_key(self) -> bool:
        return self not in {ProviderName.BUILTIN, ProviderName.OLLAMA, ProviderName.OPENAI_COMPATIBLE}

    @property
    def needs_address(self) -> bool:
        return self in {ProviderName.AZURE, ProviderName.OLLAMA, ProviderName.OPENAI_COMPATIBLE}


class Purpose(TextChoices):
    """What a model was asked for."""

    ANSWER = "answer", _("Answer")
    REWRITE = "rewrite", _("Standalone question")
    JUDGE = "judge", _("Verdict on a question in doubt")
    EMBED_QUESTION = "embed_question", _("Embedding of a question")
    EMBED_DOCUMENTS = "embed_documents", _("Embedding of documents")
    TEST = "test", _("Test of a provider")
