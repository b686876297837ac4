"""The client's side of HTTP/1.1 on bare asyncio: a kept-alive connection, bodies piece by piece, server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from tests.bench.stub import WRAP

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_MARK = re.compile(r"t(\d+)n(\d+)[ .]")
Sink = Callable[[bytes], None]


def _ignore(data: bytes) -> None:
    """Where nobody has asked for anything."""


class Broken(Exception):
    """The connection ended before the answer did."""


class Connection(asyncio.Protocol):
    """One request at a time: `ask`, and the answer's body goes to a sink as it comes."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._left: int | None = None  # bytes of the body, or of its chunk; None: a head is read
        self._chunked = self._closes = self._inside = False
        self._sink: Sink = _ignore
        self._status = 0
        self._done: asyncio.Future[int] | None = None

    @classmethod
    async def to(cls, host: str, port: int) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing() and not self._closes

    async def ask(self, request: bytes, sink: Sink) -> int:
        """The answer's status, once its body has come whole."""
        if self._transport is None:
            raise Broken
        self._sink, self._left = sink, None
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not say that it is one

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._done is not None and not self._done.done():
            self._done.set_exception(Broken())

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while self._buffer and self._step():
            pass

    def _step(self) -> bool:
        """Take one piece out of the buffer; False: more has to come first."""
        if self._left is None:
            return self._head()
        if self._left:
            piece, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
            self._left -= len(piece)
            self._sink(piece)
            self._inside = self._chunked
            if not self._left and not self._chunked:
                self._finish()
            return True
        return self._size()

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head, self._buffer = self._buffer[: end + 2], self._buffer[end + 4 :]
        self._status, self._closes = int(head[9:12]), bool(_CLOSES.search(head))
        self._chunked = bool(_CHUNKED.search(head))
        length = _LENGTH.search(head)
        self._left = 0 if self._chunked or length is None else int(length[1])
        if not self._left and not self._chunked:
            self._finish()
        return True

    def _size(self) -> bool:
        """The line before a chunk, and the end of the line that the chunk before it lies in."""
        start = 2 if self._inside else 0
        end = self._buffer.find(b"\r\n", start)
        if end < 0:
            return False
        size = int(self._buffer[start:end], 16)
        if not size and len(self._buffer) < end + 4:
            return False
        self._inside, self._left = False, size
        self._buffer = self._buffer[end + 2 :] if size else self._buffer[end + 4 :]
        if not size:
            self._finish()
        return True

    def _finish(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(self._status)


@dataclass(slots=True)
class Heard:
    """What came of one stream. Times are seconds; `lags` are milliseconds from the stub to here."""

    asked: float = 0.0
    first: float = 0.0
    last: float = 0.0
    tokens: int = 0
    events: int = 0
    beats: int = 0
    in_order: bool = True
    end: bytes = b""
    error: str = ""
    gaps: array[float] = field(default_factory=lambda: array("d"))
    lags: array[float] = field(default_factory=lambda: array("d"))
    _buffer: bytes = b""
    _text: str = ""

    def feed(self, data: bytes) -> None:
        now = time.time()
        if b"\r" in data:
            data = data.replace(b"\r", b"")
        *events, self._buffer = (self._buffer + data).split(b"\n\n")
        for event in events:
            self._take(event, now)

    @property
    def said(self) -> bytes:
        """A body that is no stream of events."""
        return self._buffer

    def _take(self, event: bytes, now: float) -> None:
        name, data = b"", b""
        for line in event.split(b"\n"):
            if line.startswith(b"event:"):
                name = line[6:].strip()
            elif line.startswith(b"data:"):
                data = line[5:].strip()
            elif line.startswith(b":"):
                self.beats += 1
        if name == b"token":
            self._token(json.loads(data)["text"], now)
        elif name == b"end":
            self.end = data
        elif name == b"error":
            self.error = f"error event: {json.loads(data).get('code')}"

    def _token(self, text: str, now: float) -> None:
        if self.events:
            self.gaps.append(now - self.last)
        else:
            self.first = now
        self.last = now
        self.events += 1
        self._text += text
        end = 0
        for mark in _MARK.finditer(self._text):
            self.lags.append((now * 1000 - int(mark[1]) + WRAP / 2) % WRAP - WRAP / 2)
            self.in_order &= int(mark[2]) == self.tokens
            self.tokens += 1
            end = mark.end()
        self._text = self._text[end:]


def request(method: str, path: str, *, host: str, headers: dict[str, str], body: Any = None) -> bytes:
    """A request as it goes over the wire."""
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(payload)}"]
    lines += ["Content-Type: application/json", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + payload
