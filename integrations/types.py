"""A provider as the code that asks it sees it: without its row, with its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

OPENAI_ADDRESS = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class ProviderRef:
    """`name` is the kind (`openai`, …), `label` what the tenant calls it. The key never shows in `repr`."""

    id: UUID
    name: str
    base_url: str | None = None
    api_key: str = field(default="", repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """How asking a provider went; `code` is empty where it answered, `detail` is for the tenant's people."""

    ok: bool
    code: str
    detail: str
    model: str
    latency_ms: int
