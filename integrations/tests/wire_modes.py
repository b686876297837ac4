"""How a provider's far side may behave besides refusing: each mode is one function over an exchange."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, Protocol

from integrations.tests import wire_shapes
from integrations.tests.wire_shapes import Script

MEBIBYTE, FOREVER = 1024 * 1024, 30.0


class Exchange(Protocol):
    """One request and the answer to it."""

    body: dict[str, Any]
    key: str
    anthropic: bool
    streamed: bool
    place: str
    retry_after: str

    def script(self, text: str | None = None, *, usage: bool = True) -> Script:
        """The good answer in pieces."""

    def head(self, status: int = 200, **headers: str) -> None:
        """Status and headers of an answer without a stated length."""

    def send(self, *pieces: bytes) -> None:
        """Each as a chunk of its own, `pace` seconds apart."""

    def end(self) -> None:
        """The last chunk."""

    def raw(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """A whole answer."""

    def write(self, data: bytes) -> None:
        """Bytes as they are."""

    def wait(self, seconds: float = FOREVER) -> None:
        """Say nothing, until the other side is gone or the test lets go."""

    def reset(self) -> None:
        """Break the connection."""


def _sent(x: Exchange, *pieces: bytes) -> None:
    x.head()
    x.send(*pieces)
    x.end()


def _begun(x: Exchange, words: int = 2) -> Script:
    """Headers and the first words."""
    script = x.script()
    x.head()
    x.send(*script.before, *script.words[:words])
    return script


def ok(x: Exchange) -> None:
    _sent(x, *x.script().pieces)


def no_usage(x: Exchange) -> None:
    _sent(x, *x.script(usage=False).pieces)


def empty(x: Exchange) -> None:
    _sent(x, *x.script("").pieces)


def empty_choices(x: Exchange) -> None:
    said: dict[str, Any] = {"id": "1", "object": "x", "created": 1, "model": x.body["model"], "choices": []}
    if x.anthropic:
        empty(x)
    elif x.streamed:
        _sent(x, wire_shapes.event(said), b"data: [DONE]\n\n")
    else:
        _sent(x, wire_shapes.event(said).removeprefix(b"data: "))


def returns(x: Exchange) -> None:
    """Lines end as in mail."""
    _sent(x, *(piece.replace(b"\n", b"\r\n") for piece in x.script().pieces))


def shreds(x: Exchange) -> None:
    """Cut through characters and line ends."""
    sent = b"".join(x.script().pieces).replace(b"\n", b"\r\n")
    x.head()
    for at in range(len(sent)):
        x.write(b"1\r\n%b\r\n" % sent[at : at + 1])
    x.end()


def comments(x: Exchange) -> None:
    """Between the words, as gateways do against idle time-outs."""
    script = x.script()
    _sent(x, b": working\n\n", *script.before, b":\n\nid: 7\nretry: 10\n\n", *script.words, *script.after)


def no_done(x: Exchange) -> None:
    _sent(x, *x.script().pieces[:-1])


def lingers(x: Exchange) -> None:
    """All is said, and the connection stays."""
    x.head()
    x.send(*x.script().pieces)
    x.wait()


def unstreamed(x: Exchange) -> None:
    """A server that does not know how to stream."""
    x.body["stream"] = x.streamed = False
    ok(x)


def hang(x: Exchange) -> None:
    x.wait()


def slow_headers(x: Exchange) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 3000:
        x.write(bytes([byte]))
        x.wait(0.02)


def silent_start(x: Exchange) -> None:
    x.head()
    x.send(*x.script().before)
    x.wait()


def pings(x: Exchange) -> None:
    """Signs of life, and never a word."""
    x.head()
    for _ in range(3000):
        x.send(b'event: ping\ndata: {"type": "ping"}\n\n' if x.anthropic and x.streamed else b": ping\n\n")
        x.wait(0.02)


def drip(x: Exchange) -> None:
    """A good answer, a byte at a time."""
    x.head()
    for byte in b"".join(x.script().pieces):
        x.send(bytes([byte]))
        x.wait(0.02)


def silent_middle(x: Exchange) -> None:
    _begun(x)
    x.wait()


def reset(x: Exchange) -> None:
    x.reset()


def reset_middle(x: Exchange) -> None:
    _begun(x)
    x.wait(0.1)  # a reset takes along what was not read yet
    x.reset()


def unfinished(x: Exchange) -> None:
    """It ends as it should, in the middle."""
    _begun(x)
    x.end()


def broken_json(x: Exchange) -> None:
    _begun(x)
    x.send(b'data: {"choices": [{\n\n')
    x.end()


def bad_utf8(x: Exchange) -> None:
    _begun(x)
    x.send(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n')
    x.end()


def other_json(x: Exchange) -> None:
    _begun(x)
    x.send(b"data: [1, 2]\n\n")
    x.end()


def error_first(x: Exchange) -> None:
    _sent(x, wire_shapes.error_event(x.key, anthropic=x.anthropic))


def error_middle(x: Exchange) -> None:
    _begun(x)
    x.send(wire_shapes.error_event(x.key, anthropic=x.anthropic))
    x.end()


def endless_words(x: Exchange) -> None:
    script = _begun(x)
    while True:
        x.send(script.words[2])
        x.wait(0.02)


def flood(x: Exchange) -> None:
    """As many words as go through."""
    x.head()
    word = wire_shapes.word_event(x.body, "word " * 1000, anthropic=x.anthropic) if x.streamed else b"[" * MEBIBYTE
    while True:
        x.send(word)


def long_line(x: Exchange) -> None:
    """50 MiB of one line."""
    x.head()
    x.send(b'data: {"choices": "' if x.streamed else b'{"choices": "')
    for _ in range(50):
        x.send(b"x" * MEBIBYTE)
    x.end()


def html(x: Exchange) -> None:
    x.raw(200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html; charset=utf-8"})


def bad_gateway(x: Exchange) -> None:
    x.raw(502, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})


def broken_slowly(x: Exchange) -> None:
    """A failure whose words do not come."""
    x.head(500)
    x.wait()


def broken_hugely(x: Exchange) -> None:
    x.head(500)
    for _ in range(50):
        x.send(b"x" * MEBIBYTE)
    x.end()


def garbage(x: Exchange) -> None:
    x.raw(200, b"<html>\xff\xfe not json")


def no_http(x: Exchange) -> None:
    x.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    x.reset()


def redirect(x: Exchange) -> None:
    x.raw(302, b"", {"Location": f"http://{x.place}/elsewhere"})


def redirect_metadata(x: Exchange) -> None:
    x.raw(307, b"", {"Location": "http://169.254.169.254/latest/meta-data/iam/security-credentials/"})


def huge(x: Exchange) -> None:
    x.raw(200, b" " * (11 * MEBIBYTE))


def squeezed(x: Exchange) -> None:
    x.raw(200, gzip.compress(b" " * 1024), {"Content-Encoding": "gzip"})


def bomb(x: Exchange) -> None:
    """A thousandth of its size on the wire."""
    kind = "text/event-stream" if x.streamed else "application/json"
    x.raw(200, gzip.compress(b" " * (20 * MEBIBYTE), 1), {"Content-Encoding": "gzip", "Content-Type": kind})


def slow_down(x: Exchange) -> None:
    _busy(x, 429)


def busy(x: Exchange) -> None:
    _busy(x, 503)


def _busy(x: Exchange, status: int) -> None:
    headers = {"Retry-After": x.retry_after, "Content-Type": "application/json"}
    x.raw(status, b'{"error": {"message": "slow down"}}', headers)


MODES: dict[str, Callable[[Exchange], None]] = {
    mode.__name__: mode
    for mode in (
        ok, no_usage, empty, empty_choices, returns, shreds, comments, no_done, lingers, unstreamed, hang, slow_headers,
        silent_start, pings, drip, silent_middle, reset, reset_middle, unfinished, broken_json, bad_utf8, other_json,
        error_first, error_middle, endless_words, flood, long_line, html, bad_gateway, broken_slowly, broken_hugely,
        garbage, no_http, redirect, redirect_metadata, huge, squeezed, bomb, slow_down, busy,
    )
}  # fmt: skip
