"""A provider's far side on loopback: speaks OpenAI's and Anthropic's wire formats over real sockets.

`mode` says how it behaves: one of `wire_shapes`' errors, of `wire_modes`, or of what an embeddings endpoint may do.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from integrations.tests import wire_shapes
from integrations.tests.wire_modes import FOREVER, MODES
from integrations.tests.wire_shapes import ANSWER, EMBEDDINGS, MODELS, ODD_VECTORS, Script

__all__ = ["ANSWER", "MODELS", "ODD_VECTORS", "Wire"]

_ABRUPTLY = struct.pack("ii", 1, 0)  # closing sends a reset


class Wire(ThreadingHTTPServer):
    """`open` answers are on their way, `cut` ones the other side gave up; of the `connections`, `connected` last."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode = "ok"
        self.failures_left: int | None = None  # so many requests meet the mode, and those after them find all well
        self.answer = ANSWER
        self.retry_after = "7"
        self.cookie = ""
        self.pace = 0.0
        self.dimensions = 8
        self.models: tuple[object, ...] = MODELS
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.times: list[float] = []
        self.open = self.cut = self.connected = self.connections = 0
        self.released = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def count(self, **steps: int) -> None:
        with self._lock:
            for name, step in steps.items():
                setattr(self, name, getattr(self, name) + step)

    def taken(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> str:
        """How this request is met."""
        with self._lock:
            self.requests.append((path, headers, body))
            self.times.append(time.monotonic())
            if self.failures_left is None:
                return self.mode
            self.failures_left -= 1
            return self.mode if self.failures_left >= 0 else "ok"

    def shutdown_request(self, request: Any) -> None:
        """Without the goodbye that would come before a reset."""
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_ABRUPTLY)) == _ABRUPTLY:
            request.close()
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: connections break here on purpose."""


class _Gone(Exception):
    """The other side left."""


class _Handler(BaseHTTPRequestHandler):
    server: Wire
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.count(connections=1, connected=1)

    def finish(self) -> None:
        self.server.count(connected=-1)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Nothing: the tests read `requests`."""

    def do_GET(self) -> None:
        self._meet({})

    def do_POST(self) -> None:
        self._meet(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _meet(self, body: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.body = dict(body)
        self.key = headers.get("x-api-key") or headers.get("authorization", "")
        self.anthropic = self.path.endswith("/messages") or "anthropic-version" in headers
        self.streamed = bool(body.get("stream"))
        self.place, self.retry_after = self.server.place, self.server.retry_after
        mode = self.server.taken(self.path, headers, body)
        self.server.count(open=1)
        try:
            self._answer(mode)
        except (_Gone, BrokenPipeError, ConnectionResetError):
            self.server.count(cut=1)
            self.close_connection = True
        finally:
            self.server.count(open=-1)

    def _answer(self, mode: str) -> None:
        refusal = wire_shapes.error(mode, self.key, anthropic=self.anthropic)
        if self.path.endswith("/embeddings") and mode in EMBEDDINGS:
            self._embed(mode)
        elif refusal is not None:
            self._json(*refusal)
        elif self.command == "GET" and mode == "ok":
            self._json(200, wire_shapes.models(self.server.models, anthropic=self.anthropic))
        elif mode in {"ok", "empty", "no_usage"} and not self.streamed:
            text = "" if mode == "empty" else self.server.answer
            self._json(200, wire_shapes.whole(self.body, text, anthropic=self.anthropic, usage=mode != "no_usage"))
        else:
            MODES[mode](self)

    def _embed(self, mode: str) -> None:
        """Vectors that point where the text's first letter says."""
        if mode in {"slow_down", "busy"}:
            MODES[mode](self)
            return
        if mode == "too_long":
            self._json(400, {"error": {"message": "This model's maximum context length is 10 tokens"}})
            return
        size = 3 if mode == "other_size" else self.server.dimensions
        texts = self.body["input"][:-1] if mode == "one_short" else self.body["input"]
        rows: list[Any] = [[float(place == ord(text[:1] or "x") % size) * 2 for place in range(size)] for text in texts]
        if mode in ODD_VECTORS:
            rows = [ODD_VECTORS[mode] for _ in rows]
        data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        self._json(200, {"object": "list", "model": self.body["model"], "data": data, "usage": usage})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self.raw(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    # What the modes are made of.

    def script(self, text: str | None = None, *, usage: bool = True) -> Script:
        said = self.server.answer if text is None else text
        return wire_shapes.script(self.body, said, anthropic=self.anthropic, usage=usage)

    def head(self, status: int = 200, **headers: str) -> None:
        kind = "text/event-stream; charset=utf-8" if self.streamed else "application/json"
        self._headers(status, {"Content-Type": kind, "Transfer-Encoding": "chunked", **headers})

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            if self.server.pace:
                self.wait(self.server.pace)

    def end(self) -> None:
        self.write(b"0\r\n\r\n")

    def raw(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._headers(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.write(body)

    def write(self, data: bytes) -> None:
        self.wfile.write(data)

    def wait(self, seconds: float = FOREVER) -> None:
        end = time.monotonic() + seconds
        while not self.server.released.is_set() and (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.02))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise _Gone
        if seconds == FOREVER:
            self.close_connection = True

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPTLY)
        self.close_connection = True

    def _headers(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        if self.server.cookie:
            self.send_header("Set-Cookie", self.server.cookie)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
