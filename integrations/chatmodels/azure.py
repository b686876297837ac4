"""OpenAI's models on Azure. A model is named by its deployment.

By default the version-free API under `/openai/v1` is used; with the setting `api_version` the older addresses, one
for each deployment.
"""

from __future__ import annotations

from langchain_openai import ChatOpenAI

from integrations.chatmodels import openai
from integrations.chatmodels.openai import models as models
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.types import ProviderRef


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    """A deployment's name need not tell its model, so a temperature is sent as it is set."""
    return await openai.speak(request, provider, say, kind=ChatOpenAI)
