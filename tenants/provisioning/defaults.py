"""What every installation begins with: the plans, the providers that tenants can choose from, and models' prices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tenants.models import GlobalAIProvider, ModelPrice, Plan

GIGABYTE = 1024**3
PRICES = Path(__file__).with_name("prices.json")

PLANS: dict[str, dict[str, Any]] = {
    "free": {
        "name": "Free", "is_default": True, "bots": 2, "datasets": 3, "documents": 100,
        "storage_bytes": GIGABYTE // 4, "document_pages": 500, "document_chunks": 2_000,
        "messages_month": 2_000, "api_keys": 3, "requests_hour": 1_000,
    },
    "starter": {
        "name": "Starter", "bots": 10, "datasets": 20, "documents": 2_000,
        "storage_bytes": 5 * GIGABYTE, "messages_month": 50_000, "api_keys": 20, "requests_hour": 10_000,
    },
    "enterprise": {"name": "Enterprise", "requests_hour": 100_000},
}  # fmt: skip

PROVIDERS: dict[str, dict[str, Any]] = {
    "Built-in": {"provider_type": "builtin", "config": {"models": ["parley-extractive-1"]}},
    "OpenAI GPT": {
        "provider_type": "openai", "is_default": True,
        "config": {"models": ["gpt-3.5-turbo", "gpt-4"], "max_tokens": 4000},
    },
    "Anthropic Claude": {
        "provider_type": "anthropic",
        "config": {"models": ["claude-3-sonnet", "claude-3-haiku"]},
    },
}  # fmt: skip


def ensure() -> None:
    """Add the plans, global providers and prices that are missing; what the operator changed stays as it is."""
    for slug, fields in PLANS.items():
        Plan.objects.get_or_create(slug=slug, defaults=fields)
    for name, fields in PROVIDERS.items():
        GlobalAIProvider.objects.get_or_create(name=name, defaults=fields)
    ModelPrice.objects.bulk_create(list_prices(), ignore_conflicts=True)


def list_prices() -> Iterator[ModelPrice]:
    """The vendors' list prices as far as we know them; a model that we do not know for sure is left out."""
    for provider, told in json.loads(PRICES.read_text(encoding="utf-8")).items():
        source = f"List price as of {told['as_of']}"
        for kind in ("chat", "embedding"):
            for model, (prompt, completion, *limits) in told[kind].items():
                yield ModelPrice(
                    provider_name=provider, model=model, kind=kind, prompt_usd=prompt, completion_usd=completion,
                    source=", ".join([source, *limits]),
                )  # fmt: skip
