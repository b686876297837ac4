"""A stream of events is the same stream however it is cut into pieces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.chatmodels import sse
from integrations.errors import ProviderMisbehaved

VALUES = st.binary(max_size=30).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))
EVENTS = st.lists(st.lists(VALUES, min_size=1, max_size=3), max_size=6)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
NOISE = st.sampled_from([b": ping", b"event: message", b"id: 7", b"retry: 10", b"dat", b"data", b"x:data: y"])


def heard(chunks: Iterable[bytes]) -> list[bytes]:
    async def listening() -> list[bytes]:
        return [event async for event in sse.data(_each(chunks))]

    return asyncio.run(listening())


async def _each(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@given(events=EVENTS, noise=st.lists(NOISE, max_size=5), end=ENDS, mark=st.booleans(), data=st.data())
def test_any_cut_of_a_stream_has_the_same_events(
    events: list[list[bytes]], noise: list[bytes], end: bytes, mark: bool, data: st.DataObject
) -> None:
    lines = [line for event in events for line in (*noise, *(b"data: " + value for value in event), b"")]
    stream = (b"\xef\xbb\xbf" if mark else b"") + b"".join(line + end for line in lines)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted))
    chunks = [stream[start:stop] for start, stop in pairwise([0, *cuts, len(stream)])]
    expected = [b"\n".join(event) for event in events]
    assert heard(chunks) == heard([stream]) == expected
    assert heard(bytes([byte]) for byte in stream) == expected


@given(end=ENDS)
def test_an_event_is_told_as_soon_as_its_last_line_ends(end: bytes) -> None:
    async def first() -> bytes:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"data: one" + end + end
            raise AssertionError("Nothing more was needed.")

        async for event in sse.data(chunks()):
            return event
        return b""

    assert asyncio.run(first()) == b"one"


def test_an_event_that_breaks_off_is_dropped() -> None:
    assert heard([b"data: one\n\ndata: two\n"]) == [b"one"]
    assert heard([b"data: one\n\ndata: tw"]) == [b"one"]


@pytest.mark.parametrize("ended", [True, False])
def test_a_line_has_an_end(ended: bool) -> None:
    most = b"data: " + b"x" * (sse.LONGEST_LINE - 6)
    assert heard([most, b"\n\n"]) == [most[6:]]
    with pytest.raises(ProviderMisbehaved):
        heard([most, b"y\n" if ended else b"y"])
    with pytest.raises(ProviderMisbehaved):
        heard([most + b"y\n\n"])


def test_a_long_line_in_single_bytes_does_not_keep_us_busy() -> None:
    """Where each byte had the whole line looked through again, this took minutes."""
    began = time.monotonic()
    assert len(heard([*([b"x"] * (sse.LONGEST_LINE // 4)), b"\n", b"data: one\n\n"])) == 1
    assert time.monotonic() - began < 10
