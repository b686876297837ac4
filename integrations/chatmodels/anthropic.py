"""Anthropic's models through LangChain and our guarded client. Nothing comes from this process's environment."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from anthropic import AsyncAnthropic
from langchain_anthropic import ChatAnthropic
from pydantic import Field, SecretStr

from integrations import failures, outbound
from integrations.chatmodels import messages
from integrations.chatmodels.types import ChatReply, ChatRequest
from integrations.types import ProviderRef

ADDRESS = "https://api.anthropic.com"
DEFAULT_MAX_TOKENS = 1024  # the vendor asks for a limit
WARMEST = 1.0  # where others go up to 2


class _GuardedAnthropic(ChatAnthropic):
    """ChatAnthropic takes no HTTP client, so it is handed the vendor's client that holds ours."""

    vendor: Any = Field(exclude=True, repr=False)

    @cached_property
    def _async_client(self) -> AsyncAnthropic:
        client: AsyncAnthropic = self.vendor
        return client


async def generate(request: ChatRequest, provider: ProviderRef) -> ChatReply:
    async with outbound.client() as http:
        try:
            message = await _model(request, provider, http).ainvoke(messages.of(request))
        except Exception as error:  # noqa: BLE001 -- the libraries raise kinds of their own, and each becomes one of ours
            raise failures.of(error) from None
    return messages.reply(message, request=request, provider=provider.name)


def _model(request: ChatRequest, provider: ProviderRef, http: Any) -> ChatAnthropic:  # noqa: ANN401 -- as the SDK types it
    address = provider.base_url or ADDRESS
    vendor = AsyncAnthropic(api_key=provider.api_key, base_url=address, http_client=http, max_retries=0)
    vendor._custom_headers = {}  # noqa: SLF001 -- the SDK fills them from this process's environment
    warmth = None if request.temperature is None else min(request.temperature, WARMEST)
    fields: dict[str, Any] = {
        "model": request.model,
        "api_key": SecretStr(provider.api_key),
        "base_url": address,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "temperature": warmth,
        "max_retries": 0,
        "vendor": vendor,
    }
    return _GuardedAnthropic(**fields)
