"""OpenAI, and every server that speaks its wire format, through LangChain and our guarded client.

Nothing comes from this process's environment: address, key and organization are the tenant's, or none.
"""

from __future__ import annotations

import re
from typing import Any

from langchain_openai import ChatOpenAI
from langchain_openai.chat_models.base import BaseChatOpenAI
from openai import AsyncOpenAI, Omit

from integrations import failures, outbound
from integrations.chatmodels import messages
from integrations.chatmodels.types import ChatReply, ChatRequest
from integrations.enums import ProviderName
from integrations.types import OPENAI_ADDRESS, ProviderRef

# Models that think first refuse any temperature but their own.
_THINKERS = re.compile(r"^(?:o\d|gpt-5)")


async def generate(request: ChatRequest, provider: ProviderRef) -> ChatReply:
    async with outbound.client() as http:
        try:
            model = _model(request, provider, _vendor(provider, http))
            message = await model.ainvoke(messages.of(request), **_without_key(provider))
        except Exception as error:  # noqa: BLE001 -- the libraries raise kinds of their own, and each becomes one of ours
            raise failures.of(error) from None
    return messages.reply(message, request=request, provider=provider.name)


def _vendor(provider: ProviderRef, http: Any) -> AsyncOpenAI:  # noqa: ANN401 -- httpx2 has no alias the SDK names
    vendor = AsyncOpenAI(
        api_key=provider.api_key or "none",
        base_url=provider.base_url or OPENAI_ADDRESS,
        http_client=http,
        max_retries=0,
    )
    vendor.organization = provider.settings.get("organization") or None
    vendor.project = None
    vendor._custom_headers = {}  # noqa: SLF001 -- the SDK fills them from this process's environment
    return vendor


def _without_key(provider: ProviderRef) -> dict[str, Any]:
    """The SDK insists on a key; a server that has none is sent no header."""
    return {} if provider.api_key else {"extra_headers": {"Authorization": Omit()}}


def _model(request: ChatRequest, provider: ProviderRef, vendor: AsyncOpenAI) -> BaseChatOpenAI:
    # ChatOpenAI sends max_completion_tokens, which compatible servers do not all know.
    kind = BaseChatOpenAI if provider.name == ProviderName.OPENAI_COMPATIBLE else ChatOpenAI
    thinks = provider.name == ProviderName.OPENAI and _THINKERS.match(request.model)
    completions = vendor.chat.completions
    fields: dict[str, Any] = {
        "model": request.model,
        "temperature": None if thinks else request.temperature,
        "max_tokens": request.max_tokens,
        "client": completions,  # never called: it keeps LangChain from making a client of its own
        "root_client": vendor,
        "async_client": completions,
        "root_async_client": vendor,
        "max_retries": 0,
        "use_responses_api": False,
    }
    return kind(**fields)
