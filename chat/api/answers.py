"""The answer of every chat endpoint."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chat.enums import Role, Status
from chat.models import Citation
from chat.turn.types import Answer, Said


class CitationOut(serializers.ModelSerializer[Citation]):
    class Meta:
        model = Citation
        fields = ["number", "document_id", "document_title", "chunk_id", "page", "heading", "quote", "score"]


class SaidOut(serializers.Serializer[Any]):
    role = serializers.CharField()
    content = serializers.CharField()


class GuardrailOut(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=["allow", "refuse", "escalate"])
    reason = serializers.CharField(allow_null=True)
    topic = serializers.CharField(allow_null=True)


class EscalationOut(serializers.Serializer[Any]):
    """`escalated`: a person was called, and the bot goes on answering. `with_person`: one has the talk and will answer
    in the session; the message only says so, and `id` is the customer's message."""

    status = serializers.ChoiceField(choices=[Status.ESCALATED, Status.WITH_PERSON])
    reason = serializers.CharField()


class UsageOut(serializers.Serializer[Any]):
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    total_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField(allow_null=True)


class LatencyOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    guard = serializers.IntegerField()
    retrieve = serializers.IntegerField()
    generate = serializers.IntegerField()


class AnswerOut(serializers.Serializer[Any]):
    """What every chat endpoint answers. `model` is null where no model was asked."""

    id = serializers.UUIDField()
    session_id = serializers.CharField()
    bot_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    message = SaidOut()
    citations = CitationOut(many=True)
    guardrail = GuardrailOut()
    escalation = EscalationOut(allow_null=True)
    model = serializers.CharField(allow_null=True)
    usage = UsageOut()
    latency_ms = LatencyOut()


def answer(given: Answer) -> dict[str, Any]:
    """An answer in the shape of `AnswerOut`."""
    said, reply = given.said, given.said.reply
    prompt, completion = (reply.prompt_tokens, reply.completion_tokens) if reply else (0, 0)
    return {
        "id": given.id,
        "session_id": given.session_id,
        "bot_id": given.bot_id,
        "created_at": given.created_at,
        "message": {"role": Role.ASSISTANT.value, "content": said.text},
        "citations": [_citation(given, at) for at in range(len(said.quotes))],
        "guardrail": {
            "action": said.verdict.action, "reason": said.verdict.reason, "topic": said.verdict.topic,
        },
        "escalation": _escalation(said),
        "model": reply.model if reply else None,
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "cost_usd": float(reply.cost_usd) if reply and reply.cost_usd is not None else None,
        },
        "latency_ms": {name: given.latency_ms[name] for name in ("total", "guard", "retrieve", "generate")},
    }  # fmt: skip


def _escalation(said: Said) -> dict[str, Any] | None:
    if not said.escalation:
        return None
    status = Status.WITH_PERSON if said.silent else Status.ESCALATED
    return {"status": status.value, "reason": said.escalation}


def _citation(given: Answer, at: int) -> dict[str, Any]:
    quote = given.said.quotes[at]
    hit = given.said.found.hits[quote.passage]
    return {
        "number": quote.number,
        "document_id": hit.document_id,
        "document_title": hit.document_title,
        "chunk_id": hit.chunk_id,
        "page": hit.page,
        "heading": hit.heading,
        "quote": quote.text,
        "score": hit.score,
    }
