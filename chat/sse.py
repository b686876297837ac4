"""A turn as server-sent events: `start`, `token`…, `citations`, `end` or `error`, each with an id that counts from 1.

The tokens joined are the words of the answer that `end` carries: what may not be said never becomes a token.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from itertools import count
from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework.utils.encoders import JSONEncoder

from chat import feed
from chat.errors import TooManyStreams
from chat.turn.types import Answer, Opened
from tenants.errors import Problem

log = logging.getLogger(__name__)
_JSON = JSONEncoder(ensure_ascii=False)  # made once: a stream encodes each of its tokens
PING = b": still here\n\n"
_open = 0


class _Stream(StreamingHttpResponse):
    """Ends its events when it is closed; Django's would leave that to the garbage collector."""

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        async with aclosing(self._iterator) as events:  # type: ignore[attr-defined]  # Django's, unknown to its stubs
            async for event in events:
                yield event


def response(events: AsyncGenerator[bytes]) -> StreamingHttpResponse:
    """A response that proxies pass on as it comes. Raises `TooManyStreams`."""
    if _open >= settings.CHAT_STREAMS:
        raise TooManyStreams
    answer = _Stream(_counted(events), content_type="text/event-stream; charset=utf-8")
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _counted(events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    global _open  # noqa: PLW0603 -- how many there are is the process's business
    _open += 1
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    finally:
        _open -= 1


async def events(
    *,
    turn: Opened,
    talk: Callable[[feed.Feed], Awaitable[Answer]],
    shape: Callable[[Answer], dict[str, Any]],
    problem: Callable[[Exception], Mapping[str, Any]],
) -> AsyncGenerator[bytes]:
    """The events of one turn. `shape` is the answer as JSON, `problem` what an error is told as."""
    listener = feed.Feed()
    work = feed.begin(talk, listener)
    number = count(1)

    def event(name: str, data: Mapping[str, Any]) -> bytes:
        return encode(data, name=name, number=next(number))

    try:
        yield event("start", {"id": turn.id, "session_id": turn.session_id, "bot_id": turn.profile.id})
        said = False
        async for piece in listener.read(work):
            said = said or bool(piece)
            yield event("token", {"text": piece}) if piece else PING
        answer = work.result()
        if not said:
            yield event("token", {"text": answer.said.text})
        whole = shape(answer)
        yield event("citations", {"citations": whole["citations"]})
        yield event("end", whole)
    except Problem as error:
        yield event("error", problem(error))
    except Exception as error:
        log.exception("A stream broke.")
        yield event("error", problem(error))
    finally:
        await feed.leave(work)


async def again(answer: Mapping[str, Any]) -> AsyncGenerator[bytes]:
    """The events of an answer that is there already."""
    yield encode({name: answer[name] for name in ("id", "session_id", "bot_id")}, name="start", number=1)
    yield encode({"text": answer["message"]["content"]}, name="token", number=2)
    yield encode({"citations": answer["citations"]}, name="citations", number=3)
    yield encode(answer, name="end", number=4)


def encode(data: Mapping[str, Any] | str, *, name: str = "", number: int = 0) -> bytes:
    """One event. JSON has no line breaks of its own, so its data is one line."""
    head = (f"id: {number}\n" if number else "") + (f"event: {name}\n" if name else "")
    body = data if isinstance(data, str) else _JSON.encode(data)
    return f"{head}data: {body}\n\n".encode()
