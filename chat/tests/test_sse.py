"""Server-sent events on the wire: their encoding, how many at once, and how they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from chat import sse
from chat.errors import TooManyStreams
from chat.tests.heard import Event, events


def test_an_event_is_its_id_its_name_and_one_line_of_data() -> None:
    assert sse.encode({"text": "a"}, name="token", number=2) == b'id: 2\nevent: token\ndata: {"text": "a"}\n\n'


def test_an_event_without_id_or_name_is_its_data() -> None:
    assert sse.encode({"text": "a"}) == b'data: {"text": "a"}\n\n'
    assert sse.encode("[DONE]") == b"data: [DONE]\n\n"


def test_texts_go_out_as_they_are_in_utf_8() -> None:
    assert sse.encode({"text": "größer 送料 🚚"}) == 'data: {"text": "größer 送料 🚚"}\n\n'.encode()


@given(st.dictionaries(st.text(), st.text() | st.none() | st.booleans() | st.integers(), max_size=5))
def test_any_data_is_one_line_and_comes_back(data: dict[str, Any]) -> None:
    sent = sse.encode(data, name="token", number=7)
    assert sent.count(b"\n") == 4
    assert b"\r" not in sent
    assert events(sent) == [Event(7, "token", data)]


def test_ids_and_times_look_as_in_a_plain_answer() -> None:
    data = {"id": UUID(int=1), "created_at": datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC), "score": 0.87}
    assert events(sse.encode(data))[0].data == json.loads(JSONRenderer().render(data))


def test_a_comment_is_no_event() -> None:
    assert events(sse.PING + sse.encode({"a": 1}) + sse.PING) == [Event(0, "", {"a": 1})]


def _endless(ended: list[bool]) -> AsyncGenerator[bytes]:
    async def saying() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"data: 1\n\n"
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    return saying()


def test_who_closes_a_response_ends_its_events_there_and_then() -> None:
    """Not when the garbage is collected: a turn would go on until then."""
    ended: list[bool] = []

    async def closing() -> None:
        response = sse.response(_endless(ended))
        parts: Any = aiter(response)
        assert await anext(parts) == b"data: 1\n\n"
        await parts.aclose()
        assert ended == [True]

    asyncio.run(closing())


def test_there_are_so_many_streams_at_once_and_no_more(settings: Any) -> None:
    settings.CHAT_STREAMS = 2

    async def opening() -> None:
        parts: list[Any] = [aiter(sse.response(_endless([]))) for _ in range(2)]
        for each in parts:
            await anext(each)
        with pytest.raises(TooManyStreams) as refused:
            sse.response(_endless([]))
        assert int(refused.value.headers["Retry-After"]) > 0
        await parts.pop().aclose()
        again: Any = aiter(sse.response(_endless([])))
        await anext(again)
        for each in (*parts, again):
            await each.aclose()

    asyncio.run(opening())
    assert sse._open == 0
