"""The kinds of provider that a tenant can have, and what their models are asked for."""

from __future__ import annotations

from django.db.models import TextChoices


class ProviderName(TextChoices):
    BUILTIN = "builtin", "Built-in"
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    AZURE = "azure", "Azure OpenAI"
    GOOGLE = "google", "Google"
    MISTRAL = "mistral", "Mistral"
    OLLAMA = "ollama", "Ollama"
    OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible"

    @property
    def needs_key(self) -> bool:
        return self not in {ProviderName.BUILTIN, ProviderName.OLLAMA, ProviderName.OPENAI_COMPATIBLE}

    @property
    def needs_address(self) -> bool:
        return self in {ProviderName.AZURE, ProviderName.OLLAMA, ProviderName.OPENAI_COMPATIBLE}


class Purpose(TextChoices):
    """What a model was asked for."""

    ANSWER = "answer", "Answer"
    REWRITE = "rewrite", "Standalone question"
    JUDGE = "judge", "Verdict on a question in doubt"
    EMBED_QUESTION = "embed_question", "Embedding of a question"
    EMBED_DOCUMENTS = "embed_documents", "Embedding of documents"
    TEST = "test", "Test of a provider"
