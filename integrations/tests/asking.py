"""Asking a provider's far side as a turn does: whole, or said piece by piece."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from integrations.chatmodels import registry
from integrations.chatmodels.types import ChatReply, ChatRequest
from integrations.errors import ProviderError
from integrations.tests.wire import Wire
from integrations.types import Price, ProviderRef

KEY = "sk-canary-7f3a9b2c-do-not-leak"
MODELS = {
    "openai": "gpt-4o-mini", "anthropic": "claude-3-haiku-20240307", "openai_compatible": "llama-3",
    "azure": "our gpt/4", "google": "gemini-2.5-flash", "mistral": "mistral-small-latest", "ollama": "llama3.2",
}  # fmt: skip
PRICES = {
    "gpt-4o-mini": Price(Decimal("0.15"), Decimal("0.60")),
    "claude-3-haiku": Price(Decimal("0.25"), Decimal("1.25")),
}
BARE = {"anthropic", "azure", "ollama"}  # their addresses end with the host
CLOSED_WITHIN = 2.0


@dataclass(slots=True)
class Outcome:
    """`left_open`: the answers that were still on their way `CLOSED_WITHIN` after the call had ended."""

    reply: ChatReply | None = None
    error: ProviderError | None = None
    said: list[str] = field(default_factory=list)
    seconds: float = 0.0
    left_open: int = 0


def ref(wire: Wire, kind: str, **fields: Any) -> ProviderRef:
    base = f"http://{wire.place}" + ("" if kind in BARE else "/v1")
    given: dict[str, Any] = {"id": uuid4(), "name": kind, "base_url": base, "api_key": KEY, "prices": PRICES}
    return ProviderRef(**given | fields)


def request(kind: str, **fields: Any) -> ChatRequest:
    given: dict[str, Any] = {
        "system": "Be brief.", "history": (), "question": "Is shipping free?", "passages": (),
        "prompt": "Passages: …\n\nIs shipping free?", "model": MODELS[kind], "temperature": 0.3, "max_tokens": 500,
    }  # fmt: skip
    return ChatRequest(**given | fields)


def ask(
    wire: Wire, kind: str, provider: dict[str, Any] | None = None, *, streamed: bool = False, **fields: Any
) -> ChatReply:
    """The reply to one question. Raises `ProviderError`."""
    said: list[str] = []
    asking = registry.generate(
        request(kind, **fields), ref(wire, kind, **(provider or {})), say=said.append if streamed else None
    )
    return asyncio.run(asking)


async def tried(wire: Wire, provider: ProviderRef, *, streamed: bool, **fields: Any) -> Outcome:
    """How a question went, whichever way it ended, and what was left behind."""
    outcome = Outcome()
    began = time.monotonic()
    try:
        outcome.reply = await registry.generate(
            request(provider.name, **fields), provider, say=outcome.said.append if streamed else None
        )
    except ProviderError as error:
        outcome.error = error
    outcome.seconds = time.monotonic() - began
    outcome.left_open = await still_open(wire)
    return outcome


async def still_open(wire: Wire) -> int:
    """The answers on their way, once they had the time to close."""
    end = time.monotonic() + CLOSED_WITHIN
    while wire.open and time.monotonic() < end:
        await asyncio.sleep(0.01)
    return wire.open
