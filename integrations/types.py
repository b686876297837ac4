"""A provider as the code that asks it sees it: without its row, with its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from integrations.enums import Purpose

# Where a kind of provider is when its owner gives no address.
ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com/v1beta/openai",
    "mistral": "https://api.mistral.ai/v1",
}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a million tokens: of what is sent, and of what is answered."""

    prompt: Decimal
    completion: Decimal


@dataclass(frozen=True, slots=True)
class ProviderRef:
    """`name` is the kind (`openai`, …), `label` what the tenant calls it. The key never shows in `repr`. `prices`
    are of its chat models, by name: where costs are counted there is no database."""

    id: UUID
    name: str
    base_url: str | None = None
    api_key: str = field(default="", repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    prices: Mapping[str, Price] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How asking a provider went; `code` is empty where it answered, `detail` is for the tenant's people. `cost_usd` is
    `None` where the model's price is not known."""

    ok: bool
    code: str
    detail: str
    model: str
    latency_ms: int
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a model, as the ledger keeps it. `provider_name` is the kind; `outcome` is `ok` or the code of the
    `ProviderError`; `cost_usd` is `None` where the model's price is not known; `at` is when the call had ended."""

    provider_id: UUID | None
    provider_name: str
    model: str
    purpose: Purpose
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None
    outcome: str = "ok"
    latency_ms: int = 0
    at: datetime = field(default_factory=timezone.now)
