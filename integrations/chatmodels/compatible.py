"""Any server that speaks OpenAI's wire format (vLLM, LM Studio, OpenRouter, …) at the address that its owner gives."""

from __future__ import annotations

from integrations.chatmodels import openai
from integrations.chatmodels.openai import models as models
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.types import ProviderRef


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    return await openai.speak(request, provider, say)
