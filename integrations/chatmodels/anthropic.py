"""Anthropic's models through LangChain and our guarded client; streams are read as in `openai.py`."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from anthropic import AsyncAnthropic
from langchain_anthropic import ChatAnthropic
from pydantic import Field, SecretStr

from integrations import failures, outbound
from integrations.chatmodels import messages, sse
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.enums import ProviderName
from integrations.errors import ProviderMisbehaved
from integrations.types import ADDRESSES, ProviderRef

DEFAULT_MAX_TOKENS = 1024  # the vendor asks for a limit
WARMEST = 1.0  # where others go up to 2
MOST_MODELS = 1000


class _GuardedAnthropic(ChatAnthropic):
    """ChatAnthropic takes no HTTP client, so it is handed the vendor's client that holds ours."""

    vendor: Any = Field(exclude=True, repr=False)

    @cached_property
    def _async_client(self) -> AsyncAnthropic:
        client: AsyncAnthropic = self.vendor
        return client


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    async with outbound.client(read_seconds=None) as http:  # whoever calls this keeps the time
        try:
            model = _model(request, provider, _vendor(provider, http))
            heard = messages.Heard(say)
            await _listen(model, request, heard, stream=say is not None)
            return heard.reply(request, provider)
        except Exception as error:  # noqa: BLE001 -- the libraries raise kinds of their own, and each becomes one of ours
            raise failures.of(error) from None


async def models(provider: ProviderRef) -> list[str]:
    """The ids of the models that this key may use. Raises `ProviderError`."""
    async with outbound.client() as http:
        try:
            page = await _vendor(provider, http).models.list(limit=MOST_MODELS)
            return [model.id for model in page.data if isinstance(model.id, str)]
        except Exception as error:  # noqa: BLE001 -- as above
            raise failures.of(error) from None


def _vendor(provider: ProviderRef, http: Any) -> AsyncAnthropic:  # noqa: ANN401 -- httpx2 has no alias the SDK names
    vendor = AsyncAnthropic(
        api_key=provider.api_key,
        base_url=provider.base_url or ADDRESSES[ProviderName.ANTHROPIC],
        http_client=http,
        max_retries=0,
    )
    vendor._custom_headers = {}  # noqa: SLF001 -- the SDK fills them from this process's environment
    return vendor


def _model(request: ChatRequest, provider: ProviderRef, vendor: AsyncAnthropic) -> ChatAnthropic:
    warmth = None if request.temperature is None else min(request.temperature, WARMEST)
    fields: dict[str, Any] = {
        "model": request.model,
        "api_key": SecretStr(provider.api_key),
        "base_url": str(vendor.base_url),
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "temperature": warmth,
        "max_retries": 0,
        "vendor": vendor,
        **request.parameters,
    }
    return _GuardedAnthropic(**fields)


async def _listen(model: ChatAnthropic, request: ChatRequest, heard: messages.Heard, *, stream: bool) -> None:
    payload = model._get_request_payload(messages.of(request), stream=stream)  # noqa: SLF001 -- LangChain's own way from a talk to a request
    async with model._async_client.messages.with_streaming_response.create(**payload) as response:  # noqa: SLF001 -- ours, see above
        kind = response.headers.get("content-type", "")
        if "html" in kind:
            raise ProviderMisbehaved
        if "json" in kind or not stream:
            _read(json.loads(await response.read()), heard)
            return
        events = sse.data(response.http_response.aiter_raw())
        async for event in events:
            _take(json.loads(event), heard)
            if heard.ended:
                break
        await sse.rest(events)


def _read(message: dict[str, Any], heard: messages.Heard) -> None:
    heard.model = message.get("model") or ""
    usage = message.get("usage") or {}
    heard.prompt_tokens, heard.completion_tokens = usage.get("input_tokens"), usage.get("output_tokens")
    heard.text("".join(part.get("text") or "" for part in message["content"]))
    heard.ended = True


def _take(event: dict[str, Any], heard: messages.Heard) -> None:
    match event.get("type"):
        case "error":
            raise failures.of_event(event.get("error"))
        case "message_start":
            message = event["message"]
            heard.model, heard.prompt_tokens = message.get("model") or "", message.get("usage", {}).get("input_tokens")
        case "content_block_delta":
            heard.text(event["delta"].get("text") or "")  # other deltas are thoughts and tools
        case "message_delta":
            heard.completion_tokens = event.get("usage", {}).get("output_tokens")
        case "message_stop":
            heard.ended = True
