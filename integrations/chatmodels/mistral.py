"""Mistral's models; the vendor's own API has OpenAI's shape."""

from __future__ import annotations

from integrations.chatmodels import openai
from integrations.chatmodels.openai import models as models
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.types import ProviderRef


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    """A stream's last piece carries its count unasked, and `stream_options` is not known."""
    return await openai.speak(request, provider, say, counts=False)
