"""What vendors send, to the letter: OpenAI's chat completions and Anthropic's messages, whole and as streams."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ANSWER = "Orders over $50 ship free [1]."
OPENAI_ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "bad_key": (401, {"message": "Incorrect API key provided: {key}", "code": "invalid_api_key"}),
    "not_allowed": (403, {"message": "{key} may not do this", "code": None}),
    "unknown_model": (404, {"message": "The model does not exist", "code": "model_not_found"}),
    "bad_request": (400, {"message": "Unsupported value for {key}", "code": "unsupported_value"}),
    "no_quota": (429, {"message": "You exceeded your current quota, {key}", "code": "insufficient_quota"}),
    "rate_limited": (
        429,
        {"message": "Rate limit reached for {key}. See /account/billing for more.", "code": "rate_limit_exceeded"},
    ),
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
# Of both vendors, and of whatever stands before them.
ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "timed_out": (408, {"message": "Request timeout"}),
    "conflict": (409, {"message": "Conflict with {key}"}),
    "too_large": (413, {"message": "Request too large"}),
    "unprocessable": (422, {"message": "Cannot process {key}"}),
    "no_service": (503, {"message": "Service unavailable"}),
    "site_overloaded": (529, {"message": "Site is overloaded"}),
    "long_prompt": (400, {"message": "This model's maximum context length is 10 tokens"}),
}

# How an embeddings endpoint may behave; the last ones answer with vectors that are none.
ODD_VECTORS: dict[str, list[Any] | str] = {
    "zeros": [0.0] * 8, "not_numbers": ["a"] * 8, "nan": [math.nan] * 8, "nothing": [None] * 8, "nested": [[1.0]] * 8,
    "endless": [1e300] * 8, "base64": "AACAPw==",
}  # fmt: skip
EMBEDDINGS = frozenset({"ok", "slow_down", "busy", "too_long", "other_size", "one_short", *ODD_VECTORS})
MODELS = ("model-b", "model-a")


@dataclass(frozen=True, slots=True)
class Script:
    """An answer in pieces: what comes before the first word, a piece for each word, and what follows the last."""

    before: list[bytes]
    words: list[bytes]
    after: list[bytes]

    @property
    def pieces(self) -> list[bytes]:
        return [*self.before, *self.words, *self.after]


def pieces_of(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def whole(body: dict[str, Any], text: str, *, anthropic: bool, usage: bool = True) -> dict[str, Any]:
    return _message(body, text, usage=usage) if anthropic else _completion(body, text, usage=usage)


def script(body: dict[str, Any], text: str, *, anthropic: bool, usage: bool = True) -> Script:
    if not body.get("stream"):
        sent = _bytes(whole(body, text, anthropic=anthropic, usage=usage))
        return Script([], [sent[at : at + 8] for at in range(0, 40, 8)], [sent[40:]])
    return (_message_events if anthropic else _chunks)(body, text, usage=usage)


def error(mode: str, key: str, *, anthropic: bool) -> tuple[int, dict[str, Any]] | None:
    """The status and body of a refusal that quotes the key, as some real ones do."""
    found = (ANTHROPIC_ERRORS if anthropic else OPENAI_ERRORS).get(mode) or ERRORS.get(mode)
    if found is None:
        return None
    status, said = found
    said = said | {"message": said["message"].replace("{key}", key)}
    return status, {"type": "error", "error": said} if anthropic else {"error": said}


def error_event(key: str, *, anthropic: bool) -> bytes:
    said = {"type": "overloaded_error", "message": f"Overloaded, {key}"}
    body = {"type": "error", "error": said} if anthropic else {"error": said}
    return event(body, name="error" if anthropic else "")


def word_event(body: dict[str, Any], word: str, *, anthropic: bool) -> bytes:
    if anthropic:
        delta = {"type": "text_delta", "text": word}
        return _named({"type": "content_block_delta", "index": 0, "delta": delta})
    return event(_chunk(body, [_choice({"content": word})]))


def event(said: object, *, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + _bytes(said) + b"\n\n"


def models(names: Sequence[object], *, anthropic: bool) -> dict[str, Any]:
    if anthropic:
        about = {"type": "model", "display_name": "A model", "created_at": "2025-01-01T00:00:00Z"}
        data = [about | {"id": name} for name in names]
        return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}
    data = [{"id": name, "object": "model", "created": 1, "owned_by": "vendor"} for name in names]
    return {"object": "list", "data": data}


def _bytes(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()


def _completion(body: dict[str, Any], text: str, *, usage: bool) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    counts = {"usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}} if usage else {}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **counts,
    }  # fmt: skip


def _message(body: dict[str, Any], text: str, *, usage: bool) -> dict[str, Any]:
    counts = {"usage": {"input_tokens": 1000, "output_tokens": 200}} if usage else {}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": text}] if text else [], **counts,
    }  # fmt: skip


def _chunk(body: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    return {**head, "system_fingerprint": "fp_1", "choices": choices}


def _choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _chunks(body: dict[str, Any], text: str, *, usage: bool) -> Script:
    counts = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    asked = usage and (body.get("stream_options") or {}).get("include_usage")
    return Script(
        [event(_chunk(body, [_choice({"role": "assistant", "content": ""})]))],
        [word_event(body, word, anthropic=False) for word in pieces_of(text)],
        [
            event(_chunk(body, [_choice({}, "stop")])),
            *([event(_chunk(body, []) | {"usage": counts})] if asked else []),
            b"data: [DONE]\n\n",
        ],
    )


def _named(said: dict[str, Any]) -> bytes:
    return event(said, name=said["type"])


def _message_events(body: dict[str, Any], text: str, *, usage: bool) -> Script:
    head = _message(body, "", usage=False) | {"stop_reason": None}
    if usage:
        head["usage"] = {"input_tokens": 1000, "output_tokens": 1}
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    return Script(
        [
            _named({"type": "message_start", "message": head}),
            _named({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
            _named({"type": "ping"}),
        ],
        [word_event(body, word, anthropic=True) for word in pieces_of(text)],
        [
            _named({"type": "content_block_stop", "index": 0}),
            _named(stop | ({"usage": {"output_tokens": 200}} if usage else {})),
            _named({"type": "message_stop"}),
        ],
    )
