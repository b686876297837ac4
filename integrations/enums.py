"""The kinds of provider that a tenant can have."""

from __future__ import annotations

from django.db.models import TextChoices


class ProviderName(TextChoices):
    BUILTIN = "builtin", "Built-in"
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    OPENAI_COMPATIBLE = "openai_compatible", "OpenAI-compatible"

    @property
    def needs_key(self) -> bool:
        return self in {ProviderName.OPENAI, ProviderName.ANTHROPIC}

    @property
    def needs_address(self) -> bool:
        return self is ProviderName.OPENAI_COMPATIBLE
