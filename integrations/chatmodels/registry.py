"""Asks whichever provider a tenant chose, and answers in one shape.

A request goes in with the provider's settings filled up; a reply with text comes out, or a `ProviderError`. Nothing
here touches the database, so no connection waits for a model.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from importlib import import_module
from typing import Protocol, cast

from integrations.chatmodels.types import ChatReply, ChatRequest, Passage
from integrations.enums import ProviderName
from integrations.errors import ProviderError, ProviderFailed, ProviderTimedOut, ProviderUnknownModel
from integrations.types import ProbeResult, ProviderRef

# Loaded when first asked for: the vendors' libraries take a second or two and tens of megabytes.
MODULES = {
    ProviderName.BUILTIN: "integrations.chatmodels.builtin",
    ProviderName.OPENAI: "integrations.chatmodels.openai",
    ProviderName.OPENAI_COMPATIBLE: "integrations.chatmodels.openai",
    ProviderName.ANTHROPIC: "integrations.chatmodels.anthropic",
}
DEFAULT_MODELS = {
    ProviderName.BUILTIN: "parley-extractive-1",
    ProviderName.OPENAI: "gpt-4o-mini",
    ProviderName.ANTHROPIC: "claude-haiku-4-5",
    ProviderName.OPENAI_COMPATIBLE: "",
}
_loaded: dict[str, ChatModel] = {}
TOTAL_SECONDS = 60.0
PROBE_TOKENS = 256  # room for a model that thinks before it says OK


class ChatModel(Protocol):
    async def generate(self, request: ChatRequest, provider: ProviderRef) -> ChatReply: ...


async def generate(request: ChatRequest, provider: ProviderRef) -> ChatReply:
    """The provider's reply. Raises a `ProviderError`, which never holds the key."""
    kind = ProviderName(provider.name)
    settled = _settled(request, provider, kind)
    model = await _load(MODULES[kind])
    try:
        async with asyncio.timeout(float(provider.settings.get("timeout") or TOTAL_SECONDS)):
            reply = await model.generate(settled, provider)
    except TimeoutError:
        raise ProviderTimedOut from None
    if not reply.text.strip():
        raise ProviderFailed("The provider answered without a word.")
    return reply


async def probe(provider: ProviderRef, *, model: str = "") -> ProbeResult:
    """Ask for one word, to see whether the provider answers at all."""
    fact = Passage(number=1, title="Connection", heading="", text="The connection works.", score=1.0)
    request = ChatRequest(
        system="Answer with the word OK and nothing else.", history=(), question="Does the connection work?",
        passages=(fact,), prompt="Answer with the word OK.", model=model, max_tokens=PROBE_TOKENS,
    )  # fmt: skip
    began = time.monotonic()
    try:
        reply = await generate(request, provider)
    except ProviderError as error:
        return ProbeResult(ok=False, code=error.code, detail=error.owner_detail, model=model, latency_ms=_since(began))
    return ProbeResult(ok=True, code="", detail="The provider answers.", model=reply.model, latency_ms=_since(began))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _settled(request: ChatRequest, provider: ProviderRef, kind: ProviderName) -> ChatRequest:
    """The request with the provider's settings where it leaves the choice; its token limit is a ceiling."""
    chosen = provider.settings
    model = request.model or chosen.get("default_model") or DEFAULT_MODELS[kind]
    if not model:
        raise ProviderUnknownModel("No model is named. Set the bot's model or the provider's default_model.")
    temperature = request.temperature if request.temperature is not None else chosen.get("temperature")
    limits = [limit for limit in (request.max_tokens, chosen.get("max_tokens")) if limit]
    return replace(request, model=str(model), temperature=temperature, max_tokens=min(limits, default=None))


async def _load(name: str) -> ChatModel:
    """Waits for a module that another request is still importing; `sys.modules` would show it half made."""
    if name not in _loaded:
        _loaded[name] = cast("ChatModel", await asyncio.to_thread(import_module, name))
    return _loaded[name]
