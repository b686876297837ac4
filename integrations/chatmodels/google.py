"""Google's Gemini models, through the OpenAI-shaped API that the vendor has beside its own."""

from __future__ import annotations

from integrations.chatmodels import openai
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.types import ProviderRef

_PREFIX = "models/"


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    return await openai.speak(request, provider, say)


async def models(provider: ProviderRef) -> list[str]:
    """Without the `models/` that the vendor lists them with and does not ask for."""
    return [name.removeprefix(_PREFIX) for name in await openai.models(provider)]
