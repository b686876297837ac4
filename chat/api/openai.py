"""OpenAI's shapes of a chat: what is sent, what is answered whole and in pieces, and how an error looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from chat import sse
from chat.api.serializers import ANSWER_CHARACTERS, MESSAGES, QUESTION_CHARACTERS, SESSION_CHARACTERS, MetadataField
from integrations.chatmodels.types import Turn
from tenants.http import can_be_kept

MOST_MESSAGES = 1000  # that are sent; the last of them count
# Each asks for an answer of another kind than a bot gives, unless it has one of these values.
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "tools": (None, []), "functions": (None, []), "n": (None, 1), "audio": (None,), "logprobs": (None, False),
    "response_format": (None, {"type": "text"}), "modalities": (None, ["text"]),
}  # fmt: skip
_EXTRAS = ("session_id", "citations", "guardrail", "escalation")


class CompletionIn(serializers.Serializer[Any]):
    """What else OpenAI's clients send is left aside."""

    model = serializers.UUIDField(help_text="The bot's id.")
    messages = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MOST_MESSAGES)
    stream = serializers.BooleanField(required=False, allow_null=True, default=False)
    stream_options = serializers.DictField(required=False, allow_null=True, default=None)
    session_id = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=SESSION_CHARACTERS, default=None
    )
    metadata = MetadataField(required=False, allow_null=True, default=dict)

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        if isinstance(data, Mapping):
            unlike = [name for name, values in _HARMLESS.items() if data.get(name) not in values]
            if unlike:
                raise serializers.ValidationError({name: ["Bots do not do this."] for name in unlike})
        return super().to_internal_value(data)

    def validate_messages(self, sent: list[dict[str, Any]]) -> list[Turn]:
        turns = [_turn(message) for message in sent if message.get("role") not in {"system", "developer"}][-MESSAGES:]
        if not turns or turns[-1].role != "user":
            raise serializers.ValidationError(["The last message is the user's."])
        return turns

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        options = attrs.pop("stream_options") or {}
        return attrs | {
            "stream": bool(attrs["stream"]),
            "metadata": attrs["metadata"] or {},
            "counts": options.get("include_usage") is True,
        }


def _turn(message: dict[str, Any]) -> Turn:
    role, text = message.get("role"), _text(message.get("content"))
    if role not in {"user", "assistant"}:
        raise serializers.ValidationError(["A role is system, developer, user or assistant."])
    most = QUESTION_CHARACTERS if role == "user" else ANSWER_CHARACTERS
    if len(text) > most:
        raise serializers.ValidationError([f"A message of the {role} has at most {most} characters."])
    if not text.strip() and role == "user":
        raise serializers.ValidationError(["A message of the user says something."])
    return Turn("user" if role == "user" else "assistant", text)


def _text(content: Any) -> str:  # noqa: ANN401 -- JSON
    """A text, or the texts of a list of parts."""
    if content is None:
        return ""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, Mapping) and part.get("type") == "text"]
    if len(texts) != len(parts) or not all(isinstance(text, str) for text in texts):
        raise serializers.ValidationError(["A message's content is text."])
    joined = "\n".join(map(str, texts))
    if not can_be_kept(joined):
        raise serializers.ValidationError(["NUL and half characters cannot be kept."])
    return joined


class CompletionOut(serializers.Serializer[Any]):
    """OpenAI's `chat.completion`, with what a bot's answer has besides."""

    id = serializers.CharField()
    object = serializers.CharField()
    created = serializers.IntegerField()
    model = serializers.UUIDField()
    choices = serializers.ListField(child=serializers.DictField())
    usage = serializers.DictField()
    session_id = serializers.CharField()
    citations = serializers.ListField(child=serializers.DictField())
    guardrail = serializers.DictField()
    escalation = serializers.DictField(allow_null=True)


class ModelOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    object = serializers.CharField()
    created = serializers.IntegerField()
    owned_by = serializers.CharField()
    name = serializers.CharField()


class ModelsOut(serializers.Serializer[Any]):
    object = serializers.CharField()
    data = ModelOut(many=True)  # type: ignore[assignment]  # OpenAI's name, DRF takes declared fields off the class


def completion(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer in the shape of `CompletionOut`."""
    return {
        "id": f"chatcmpl-{answer['id']}",
        "object": "chat.completion",
        "created": _seconds(answer["created_at"]),
        "model": str(answer["bot_id"]),
        "choices": [
            {"index": 0, "message": dict(answer["message"]), "finish_reason": "stop", "logprobs": None},
        ],
        "usage": _usage(answer),
        **{name: answer[name] for name in _EXTRAS},
    }


def head(*, answer_id: UUID | str, bot_id: UUID | str, created: int) -> dict[str, Any]:
    """What all chunks of a stream begin with."""
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": "chat.completion.chunk",
        "created": created,
        "model": str(bot_id),
    }


def piece(head: Mapping[str, Any], text: str, *, first: bool = False) -> bytes:
    delta = ({"role": "assistant"} if first else {}) | {"content": text}
    return sse.encode({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


def last(head: Mapping[str, Any], answer: Mapping[str, Any], *, usage: bool) -> list[bytes]:
    """The end of a stream: that it is one, what the answer rests on, the count if it was asked for."""
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    extras = {name: answer[name] for name in _EXTRAS}
    count = [sse.encode({**head, "choices": [], "usage": _usage(answer)})] if usage else []
    return [sse.encode({**head, **end, **extras}), *count, sse.encode("[DONE]")]


def error(problem: Mapping[str, Any], *, status: int) -> dict[str, Any]:
    """A problem as OpenAI's clients read errors."""
    fields = problem.get("errors") or {}
    said = [f"{name}: {sentence}" for name, sentences in fields.items() for sentence in sentences]
    detail = str(problem.get("detail") or problem.get("title") or "")
    kinds = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
             404: "not_found_error", 429: "rate_limit_error"}  # fmt: skip
    return {
        "error": {
            "message": " ".join([f"{detail.rstrip('.')}.", *said] if said else [detail]),
            "type": kinds.get(status, "invalid_request_error" if status < 500 else "server_error"),
            "param": next(iter(fields), None),
            "code": problem.get("code"),
        }
    }


def _usage(answer: Mapping[str, Any]) -> dict[str, int]:
    return {name: answer["usage"][name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}


def _seconds(created: Any) -> int:  # noqa: ANN401 -- a time, or its text where the answer comes from a store
    return int(serializers.DateTimeField().to_internal_value(created).timestamp())
