"""A provider's stream of server-sent events, decoded as the HTML standard says; pure but for the bytes it awaits.

Of an event only its data is kept: both wire formats repeat the event's name in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress

from integrations.errors import ProviderMisbehaved

LONGEST_LINE = 1024 * 1024
REST_SECONDS = 0.05
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


async def data(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The data of each event. An event that the stream breaks off in is dropped. Raises `ProviderMisbehaved` for a line
    longer than any real one."""
    lines: list[bytes] = []
    first = True
    async for sent in _lines(chunks):
        line = sent.removeprefix(_BYTE_ORDER_MARK) if first else sent
        first = False
        if not line:
            if lines:
                yield b"\n".join(lines)
            lines = []
        elif line.startswith(b"data:"):
            lines.append(line[5:].removeprefix(b" "))


async def rest(events: AsyncIterable[bytes]) -> None:
    """What follows the last word is read for a moment, so that the connection can be used again."""
    with suppress(Exception):  # the answer is there, whatever comes of the connection
        async with asyncio.timeout(REST_SECONDS):
            async for _ in events:
                pass


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Each byte is looked at once, however a line is cut up: who sends single bytes does not keep us busy."""
    parts: list[bytes] = []
    length = 0
    returned = False  # the last line ended in a carriage return, whose line feed may still come
    async for chunk in chunks:
        if not chunk:
            continue
        piece = chunk[1:] if returned and chunk.startswith(b"\n") else chunk
        returned = piece.endswith(b"\r")
        *whole, last = _LINE_END.split(piece)
        for end in whole:
            _check(length + len(end))
            yield b"".join([*parts, end])
            parts, length = [], 0
        parts.append(last)
        length += len(last)
        _check(length)


def _check(length: int) -> None:
    if length > LONGEST_LINE:
        raise ProviderMisbehaved("The provider streams a line that is longer than any answer.")
