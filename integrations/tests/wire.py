"""A provider's far side on loopback: speaks OpenAI's chat completions and Anthropic's messages over real sockets.

`mode` says how it behaves. Its refusals quote the key they were sent, as some real ones do.
"""

from __future__ import annotations

import gzip
import json
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "Orders over $50 ship free [1]."
OPENAI_ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "bad_key": (401, {"message": "Incorrect API key provided: {key}", "code": "invalid_api_key"}),
    "not_allowed": (403, {"message": "{key} may not do this", "code": None}),
    "unknown_model": (404, {"message": "The model does not exist", "code": "model_not_found"}),
    "bad_request": (400, {"message": "Unsupported value for {key}", "code": "unsupported_value"}),
    "no_quota": (429, {"message": "You exceeded your current quota, {key}", "code": "insufficient_quota"}),
    "rate_limited": (429, {"message": "Rate limit reached for {key}", "code": "rate_limit_exceeded"}),
    "broken": (500, {"message": "The server had an error with {key}", "code": None}),
    "overloaded": (503, {"message": "Overloaded", "code": None}),
    "too_slow": (504, {"message": "Gateway timeout", "code": None}),
}
ANTHROPIC_ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "bad_key": (401, {"type": "authentication_error", "message": "invalid x-api-key {key}"}),
    "not_allowed": (403, {"type": "permission_error", "message": "{key} may not do this"}),
    "unknown_model": (404, {"type": "not_found_error", "message": "model: nope"}),
    "bad_request": (400, {"type": "invalid_request_error", "message": "temperature for {key}: too hot"}),
    "no_quota": (400, {"type": "invalid_request_error", "message": "Your credit balance is too low, {key}"}),
    "rate_limited": (429, {"type": "rate_limit_error", "message": "Too many requests by {key}"}),
    "broken": (500, {"type": "api_error", "message": "Internal error for {key}"}),
    "overloaded": (529, {"type": "overloaded_error", "message": "Overloaded"}),
    "too_slow": (504, {"type": "timeout_error", "message": "Timed out"}),
}


# How an embeddings endpoint may behave; the last ones answer with vectors that are none.
ODD_VECTORS: dict[str, list[Any] | str] = {
    "zeros": [0.0] * 8, "not_numbers": ["a"] * 8, "nan": [math.nan] * 8, "nothing": [None] * 8, "nested": [[1.0]] * 8,
    "endless": [1e300] * 8, "base64": "AACAPw==",
}  # fmt: skip
EMBEDDINGS = frozenset({"ok", "slow_down", "busy", "too_long", "other_size", "one_short", *ODD_VECTORS})


class Wire(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode = "ok"
        self.answer = ANSWER
        self.retry_after = "7"
        self.dimensions = 8
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()
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


class _Handler(BaseHTTPRequestHandler):
    server: Wire
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Nothing: the tests read `requests`."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers, body))
        mode = self.server.mode
        if self.path.endswith("/embeddings") and mode in EMBEDDINGS:
            self._embed(body, mode)
            return
        anthropic = self.path.endswith("/messages")
        errors = ANTHROPIC_ERRORS if anthropic else OPENAI_ERRORS
        if mode in errors:
            status, error = errors[mode]
            key = headers.get("x-api-key") or headers.get("authorization", "")
            said = error | {"message": error["message"].replace("{key}", key)}
            self._send(status, {"type": "error", "error": said} if anthropic else {"error": said})
        elif mode in {"ok", "empty", "no_usage"}:
            text = "" if mode == "empty" else self.server.answer
            self._send(200, _message(body, text) if anthropic else _completion(body, text, usage=mode != "no_usage"))
        else:
            getattr(self, f"_{mode}")()

    def _embed(self, body: dict[str, Any], mode: str) -> None:
        """Vectors that point where the text's first letter says."""
        if mode in {"slow_down", "busy"}:
            status = 429 if mode == "slow_down" else 503
            self._raw(status, b'{"error": {"message": "slow down"}}', {"Retry-After": self.server.retry_after})
            return
        if mode == "too_long":
            self._send(400, {"error": {"message": "This model's maximum context length is 10 tokens"}})
            return
        size = 3 if mode == "other_size" else self.server.dimensions
        texts = body["input"][:-1] if mode == "one_short" else body["input"]
        rows: list[Any] = [[float(place == ord(text[:1] or "x") % size) * 2 for place in range(size)] for text in texts]
        if mode in ODD_VECTORS:
            rows = [ODD_VECTORS[mode] for _ in rows]
        data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        self._send(200, {"object": "list", "model": body["model"], "data": data, "usage": usage})

    def _hang(self) -> None:
        self.server.released.wait(30)
        self.close_connection = True

    def _garbage(self) -> None:
        self._raw(200, b"<html>\xff\xfe not json", {})

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _redirect(self) -> None:
        self._raw(302, b"", {"Location": f"http://{self.server.place}/elsewhere"})

    def _huge(self) -> None:
        self._raw(200, b" " * (11 * 1024 * 1024), {})

    def _squeezed(self) -> None:
        self._raw(200, gzip.compress(b" " * 1024), {"Content-Encoding": "gzip"})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self._raw(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _raw(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


def _completion(body: dict[str, Any], text: str, *, usage: bool) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    counts = {"usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}} if usage else {}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **counts,
    }  # fmt: skip


def _message(body: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": text}] if text else [],
        "usage": {"input_tokens": 1000, "output_tokens": 200},
    }  # fmt: skip
