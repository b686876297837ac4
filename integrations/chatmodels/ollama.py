"""Models on the owner's own machine, through the OpenAI-shaped API that Ollama has under `/v1`.

The operator opens the way to a private address by name (`OUTBOUND_ALLOWED_PRIVATE`).
"""

from __future__ import annotations

from integrations.chatmodels import openai
from integrations.chatmodels.openai import models as models
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.types import ProviderRef


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    return await openai.speak(request, provider, say)
