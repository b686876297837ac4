"""The kinds of chat models: one small module for each, loaded when first asked for."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Protocol, cast

from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.enums import ProviderName
from integrations.types import ProviderRef

# The vendors' libraries take a second or two and tens of megabytes.
MODULES = {
    ProviderName.BUILTIN: "integrations.chatmodels.builtin",
    ProviderName.OPENAI: "integrations.chatmodels.openai",
    ProviderName.ANTHROPIC: "integrations.chatmodels.anthropic",
    ProviderName.AZURE: "integrations.chatmodels.azure",
    ProviderName.GOOGLE: "integrations.chatmodels.google",
    ProviderName.MISTRAL: "integrations.chatmodels.mistral",
    ProviderName.OLLAMA: "integrations.chatmodels.ollama",
    ProviderName.OPENAI_COMPATIBLE: "integrations.chatmodels.compatible",
}
# Where neither the bot nor its provider names a model. Whoever serves models of his own has to name one.
DEFAULT_MODELS = {
    ProviderName.BUILTIN: "parley-extractive-1",
    ProviderName.OPENAI: "gpt-4o-mini",
    ProviderName.ANTHROPIC: "claude-haiku-4-5",
    ProviderName.GOOGLE: "gemini-2.5-flash",
    ProviderName.MISTRAL: "mistral-small-latest",
}
_loaded: dict[str, ChatModel] = {}


class ChatModel(Protocol):
    async def generate(self, request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
        """The whole answer; with `say` it is also said piece by piece. Raises `ProviderError`."""

    async def models(self, provider: ProviderRef) -> list[str]:
        """The names of the models on offer. Raises `ProviderError`."""


async def load(kind: ProviderName) -> ChatModel:
    """Waits for a module that another request is still importing; `sys.modules` would show it half made."""
    name = MODULES[kind]
    if name not in _loaded:
        _loaded[name] = cast("ChatModel", await asyncio.to_thread(import_module, name))
    return _loaded[name]
