"""OpenAI's models through LangChain and our guarded client, and whatever else speaks OpenAI's wire format.

LangChain makes the request, the vendor's SDK sends it, and the answer is read off the wire here: both would make
several objects of every token, which costs three times the rest (docs/performance.md has the figures).
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models.base import BaseChatOpenAI
from openai import AsyncOpenAI

from integrations import failures, outbound, vendors
from integrations.chatmodels import messages, sse
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.errors import ProviderMisbehaved
from integrations.types import ProviderRef

# Models that think first refuse any temperature but their own.
_THINKERS = re.compile(r"^(?:o\d|gpt-5)")


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    warm = None if _THINKERS.match(request.model) else request.temperature
    return await speak(request, provider, say, kind=ChatOpenAI, temperature=warm)


async def models(provider: ProviderRef) -> list[str]:
    """The ids of the models that this key may use. Raises `ProviderError`."""
    async with outbound.client() as http:
        try:
            vendor = vendors.openai(provider, http)
            page = await vendor.models.list(**vendors.without_key(provider))
            return [model.id for model in page.data if isinstance(model.id, str)]
        except Exception as error:  # noqa: BLE001 -- the libraries raise kinds of their own, and each becomes one of ours
            raise failures.of(error) from None


async def speak(
    request: ChatRequest,
    provider: ProviderRef,
    say: Say | None,
    *,
    kind: type[BaseChatOpenAI] = BaseChatOpenAI,  # ChatOpenAI sends max_completion_tokens, which not all know
    counts: bool = True,
    **fields: Any,  # noqa: ANN401 -- of LangChain's model
) -> ChatReply:
    """Ask in OpenAI's wire format. `counts`: the server takes `stream_options`, and says what a stream came to."""
    async with outbound.client(read_seconds=None) as http:  # whoever calls this keeps the time
        try:
            model = _model(request, vendors.openai(provider, http, model=request.model), kind, fields)
            extra = vendors.without_key(provider)
            if say is not None:
                extra["stream"] = True
                if counts:
                    extra["stream_options"] = {"include_usage": True}
            heard = messages.Heard(say)
            await _listen(model, request, extra, heard)
            return heard.reply(request, provider)
        except Exception as error:  # noqa: BLE001 -- the libraries raise kinds of their own, and each becomes one of ours
            raise failures.of(error) from None


def _model(
    request: ChatRequest, vendor: AsyncOpenAI, kind: type[BaseChatOpenAI], fields: dict[str, Any]
) -> BaseChatOpenAI:
    completions = vendor.chat.completions
    given: dict[str, Any] = {
        "model": request.model,
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "client": completions,  # never called: it keeps LangChain from making a client of its own
        "root_client": vendor,
        "async_client": completions,
        "root_async_client": vendor,
        "max_retries": 0,
        "use_responses_api": False,
        **request.parameters,
        **fields,
    }
    return kind(**given)


async def _listen(model: BaseChatOpenAI, request: ChatRequest, extra: dict[str, Any], heard: messages.Heard) -> None:
    payload = model._get_request_payload(messages.of(request), **extra)  # noqa: SLF001 -- LangChain's own way from a talk to a request
    if not payload.get("stream"):  # the SDK's plain way: its typed one costs twice as much
        headers = payload.pop("extra_headers", None)
        answer = await model.root_async_client.post(
            "/chat/completions", cast_to=httpx2.Response, body=payload, options={"headers": headers} if headers else {}
        )
        _take(answer.json(), heard, part="message")
        heard.ended = True
        return
    async with model.async_client.with_streaming_response.create(**payload) as response:
        kind = response.headers.get("content-type", "")
        if "html" in kind:
            raise ProviderMisbehaved
        if "json" in kind:  # a server that does not stream
            _take(json.loads(await response.read()), heard, part="message")
            heard.ended = True
            return
        events = sse.data(response.http_response.aiter_raw())
        async for event in events:
            if event == b"[DONE]":
                heard.ended = True
                break
            _take(json.loads(event), heard, part="delta")
        await sse.rest(events)


def _take(event: dict[str, Any], heard: messages.Heard, *, part: str) -> None:
    if event.get("error"):
        raise failures.of_event(event["error"])
    heard.model = event.get("model") or heard.model
    if usage := event.get("usage"):
        heard.prompt_tokens, heard.completion_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    for choice in event.get("choices") or ():
        heard.text(_words((choice.get(part) or {}).get("content")))
        heard.ended = heard.ended or choice.get("finish_reason") is not None


def _words(content: Any) -> str:  # noqa: ANN401 -- as it came
    """Mistral's models that think say their thoughts and their answer as parts."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return content or ""
