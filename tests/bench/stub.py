"""`python -m tests.bench.stub PORT`: a provider that costs next to nothing, in OpenAI's wire format, on loopback.

The model's name says how it answers: `instant` (50 tokens at once), `paced-50` (50 tokens a second), with `-x200` for
another number of tokens and `-d300` for 300 ms before the first. A paced token reads `t<ms>n<number>`: when it was
sent, in milliseconds modulo a billion, and which it is. `GET /stats` says what was sent and what was cut off.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import uvloop

DIMENSIONS, WRAP = 384, 10**9
SENTENCE = "Orders over $50 ship free [1]. Standard delivery takes three to five business days [1]."
_NAME = re.compile(r"(?:instant|paced-(?P<rate>\d+))(?:-x(?P<tokens>\d+))?(?:-d(?P<delay>\d+))?")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]{3,}")
_COMMON = frozenset(
    {"and", "are", "can", "does", "for", "how", "long", "much", "the", "what", "when", "where", "you", "your"}
)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Manner:
    """`rate` 0: all at once."""

    model: str
    rate: int
    tokens: int
    delay: float

    @classmethod
    @lru_cache(maxsize=100)
    def of(cls, model: str) -> Manner:
        found = _NAME.fullmatch(model)
        if found is None:
            raise ValueError(model)
        rate, tokens, delay = (int(part or 0) for part in found.groups())
        return cls(model, rate, tokens or 50, delay / 1000)

    def text(self, number: int) -> str:
        if not self.rate:
            return _words()[number % len(_words())]
        return f"t{int(time.time() * 1000) % WRAP}n{number}. "

    def usage(self) -> dict[str, int]:
        return {"prompt_tokens": 500, "completion_tokens": self.tokens, "total_tokens": 500 + self.tokens}


@lru_cache(maxsize=1)
def _words() -> list[str]:
    """The sentence and more words, 50 in all, each with what parts it from the next."""
    words = [*SENTENCE.split(), *(f"Detail {number}." for number in range(50))]
    return [f"{word} " for word in " ".join(words).split()[:50]]


@lru_cache(maxsize=10_000)
def vector(text: str) -> str:
    """The text's words, hashed into a bag of a fixed size and brought to length one, as JSON."""
    sums = [0.0] * DIMENSIONS
    for word in _WORD.findall(text.lower()):
        if word not in _COMMON:
            sums[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    sums[0] += 0.01  # so that a text without words has a direction too
    length = math.sqrt(sum(value * value for value in sums))
    return json.dumps([round(value / length, 5) for value in sums])


class Counts:
    def __init__(self) -> None:
        self.open = self.started = self.finished = self.cut = self.tokens = self.requests = 0
        self.cuts: list[float] = []

    def shown(self) -> bytes:
        return json.dumps({**vars(self), "cpu": time.process_time()}).encode()


class Stream:
    """One answer on its way. Each token has its moment, counted from the first, so that delays do not add up."""

    def __init__(self, connection: Connection, manner: Manner, *, usage: bool) -> None:
        self._connection, self._manner, self._usage = connection, manner, usage
        self._loop = asyncio.get_running_loop()
        chunk = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 1, "model": manner.model}
        self._frame = json.dumps(chunk)[:-1]
        self._sent = 0
        self._counts = connection.counts
        self._counts.open += 1
        self._counts.started += 1
        self._began = self._loop.time() + manner.delay
        connection.write(_STREAM + self._chunk({"role": "assistant", "content": ""}))
        self._timer = self._loop.call_at(self._began, self._paced if manner.rate else self._at_once)

    def stop(self) -> None:
        """The other side is gone."""
        self._timer.cancel()
        self._counts.open -= 1
        self._counts.cut += 1
        self._counts.cuts.append(time.time())

    def _paced(self) -> None:
        self._connection.write(self._token())
        if self._sent == self._manner.tokens:
            self._finish()
        else:
            self._timer = self._loop.call_at(self._began + self._sent / self._manner.rate, self._paced)

    def _at_once(self) -> None:
        self._connection.write(b"".join(self._token() for _ in range(self._manner.tokens)))
        self._finish()

    def _token(self) -> bytes:
        token = self._chunk({"content": self._manner.text(self._sent)})
        self._sent += 1
        self._counts.tokens += 1
        return token

    def _finish(self) -> None:
        self._connection.stream = None
        self._counts.open -= 1
        self._counts.finished += 1
        last = self._chunk({}, finish='"stop"')
        if self._usage:
            last += _chunked(f'data: {self._frame}, "choices": [], "usage": {json.dumps(self._manner.usage())}}}\n\n')
        self._connection.write(last + _chunked("data: [DONE]\n\n") + b"0\r\n\r\n")

    def _chunk(self, delta: dict[str, str], finish: str = "null") -> bytes:
        choice = f'{{"index": 0, "delta": {json.dumps(delta)}, "finish_reason": {finish}}}'
        return _chunked(f'data: {self._frame}, "choices": [{choice}]}}\n\n')


def _chunked(text: str) -> bytes:
    data = text.encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive, one request after the other."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.stream: Stream | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._routes: dict[bytes, Callable[[bytes], None]] = {
            b"POST /v1/chat/completions": self._complete,
            b"POST /v1/embeddings": self._embed,
            b"GET /v1/models": lambda _: self._json({"object": "list", "data": [{"id": "instant", "object": "model"}]}),
            b"GET /stats": lambda _: self._answer(self.counts.shown()),
            b"GET /hello": lambda _: self._answer(b"hello", b"text/plain"),
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not say that it is one

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self.stream is not None:
            self.stream.stop()
            self.stream = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._buffer, 0, end)
            done = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < done:
                return
            route, body = self._buffer[: self._buffer.find(b" HTTP/")], self._buffer[end + 4 : done]
            self._buffer = self._buffer[done:]
            self.counts.requests += 1
            self._routes.get(route, self._lost)(body)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _answer(self, body: bytes, kind: bytes = b"application/json") -> None:
        self.write(_HEAD % (kind, len(body)) + body)

    def _json(self, body: Any) -> None:
        self._answer(json.dumps(body).encode())

    def _lost(self, _: bytes) -> None:
        self.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    def _complete(self, body: bytes) -> None:
        asked = json.loads(body)
        try:
            manner = Manner.of(asked["model"])
        except ValueError:
            self._lost(body)
            return
        if asked.get("stream"):
            usage = bool((asked.get("stream_options") or {}).get("include_usage"))
            self.stream = Stream(self, manner, usage=usage)
            return
        seconds = manner.delay + (manner.tokens / manner.rate if manner.rate else 0)
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._whole, manner)
        else:
            self._whole(manner)

    def _whole(self, manner: Manner) -> None:
        text = "".join(manner.text(number) for number in range(manner.tokens)).strip()
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        answer = {"id": "chatcmpl-stub", "object": "chat.completion", "created": 1, "model": manner.model}
        self._json(answer | {"choices": [choice], "usage": manner.usage()})

    def _embed(self, body: bytes) -> None:
        asked = json.loads(body)
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        rows = (
            f'{{"object": "embedding", "index": {at}, "embedding": {vector(text)}}}' for at, text in enumerate(texts)
        )
        self._answer(
            f'{{"object": "list", "data": [{", ".join(rows)}], "model": {json.dumps(asked["model"])}, '
            '"usage": {"prompt_tokens": 1, "total_tokens": 1}}'.encode()
        )


async def _serve(port: int) -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(counts), "127.0.0.1", port, backlog=2_048
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
