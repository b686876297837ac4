"""Puts a turn on record, in one transaction: conversation, messages, citations, trace, usage.

In: the opened turn, what the bot said, and the notes of the turn. Out: the answer as it goes to the customer. What is
kept follows the operator's audit setting as it stands now. With conversations not logged, nothing that anybody said
is kept: a session is then its hash, its bot and its times, and each answer a row of figures (for the plan's limit
and the costs), so the bot remembers no earlier turn. With retrieval not logged, the trace holds no hits and no prompt.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from chat import tokens
from chat.enums import Role, Status
from chat.models import Citation, Conversation, Message
from chat.turn.speak import storable
from chat.turn.trace import Trace
from chat.turn.types import Answer, Opened, Said
from integrations.chatmodels.types import ChatReply
from integrations.services import DEAREST, MOST_COUNTED, book
from tenants.selectors import audit_settings

_RETRIEVAL = frozenset({"hits", "relevant", "parts", "prompt"})


def record(*, turn: Opened, said: Said, trace: Trace) -> Answer:
    kept = audit_settings()
    talk = bool(kept["enabled"] and kept["log_conversations"])
    facts = _facts(said, trace, retrieval=bool(kept["enabled"] and kept["log_knowledge_retrieval"]))
    latency, now = trace.latency(), timezone.now()
    with transaction.atomic():
        conversation, calls, position = _conversation(turn, said, now=now, talk=talk)
        message = _message(turn.id, conversation, position, said, latency)
        message.created_at = now
        rows = [message]
        if talk:
            message.position += 1
            message.content, message.trace = said.text, facts | {"timings": latency}
            asked = Message(conversation=conversation, position=position, role=Role.USER, content=turn.question)
            asked.created_at = now
            rows = [asked, message]
        if said.silent:  # only what the customer said is part of the talk, under the id that they are told
            rows[0].id = turn.id
            rows = rows[:1] if talk else []
        Message.objects.bulk_create(rows)
        if talk and said.quotes:
            Citation.objects.bulk_create(_citations(message, said))
        if trace.calls:
            book(trace.calls)
    return Answer(
        id=message.id,
        conversation_id=conversation.id,
        session_id=turn.session_id,
        bot_id=turn.profile.id,
        created_at=now,
        said=said,
        latency_ms=latency,
        calls=calls,
    )


def _conversation(turn: Opened, said: Said, *, now: datetime, talk: bool) -> tuple[Conversation, bool, int]:
    """The conversation, locked so that two turns at once keep their order; whether it is now that it calls for a
    person; and the place of the next message. Made anew where it was purged meanwhile."""
    row = None
    if turn.conversation_id:
        row = Conversation.objects.select_for_update().filter(id=turn.conversation_id).first()
    position = row.messages.count() if row else 0
    calls = bool(said.escalation) and (row is None or row.status == Status.OPEN)
    if row is None:
        row = Conversation(
            id=turn.conversation_id or uuid4(),
            bot_id=turn.profile.id,
            session_hash=tokens.hash_of(turn.session_id),
            source=turn.source,
            key_id=turn.key_id,
            started_at=now,
        )
    row.last_at = now
    if talk:
        row.metadata = {**row.metadata, **turn.metadata}
    if said.escalation:
        _wait(row, said, now=now)
    row.save(force_insert=position == 0 and row._state.adding)  # noqa: SLF001 -- Django's own word for a new row
    return row, calls, position


def _wait(row: Conversation, said: Said, *, now: datetime) -> None:
    """The customer waits for a person: for the one who has the talk, or for any."""
    if row.status == Status.CLOSED:
        return
    if row.status != Status.WITH_PERSON:
        row.status, row.escalation_reason = Status.ESCALATED, said.escalation or ""
    elif not said.silent:
        return  # the bot was still answering when somebody took over
    row.waiting_since = row.waiting_since or now


def _message(turn_id: UUID, conversation: Conversation, position: int, said: Said, latency: dict[str, int]) -> Message:
    reply = said.reply
    return Message(
        id=turn_id,
        conversation=conversation,
        position=position,
        role=Role.ASSISTANT,
        status=said.outcome,
        guardrail_action=said.verdict.action,
        guardrail_reason=said.verdict.reason or "",
        guardrail_topic=said.verdict.topic or "",
        latency_ms=latency,
        **(_cost(reply) if reply else {}),
    )


def _cost(reply: ChatReply) -> dict[str, Any]:
    """Names and counts are as the provider told them, whatever it told: they are made to fit."""
    cost = reply.cost_usd
    return {
        "model": storable(reply.model)[:200],
        "prompt_tokens": min(max(0, reply.prompt_tokens), MOST_COUNTED),
        "completion_tokens": min(max(0, reply.completion_tokens), MOST_COUNTED),
        "cost_usd": None if cost is None else min(max(Decimal(0), cost), DEAREST),
    }


def _citations(message: Message, said: Said) -> list[Citation]:
    return [
        Citation(
            message=message,
            number=quote.number,
            document_id=hit.document_id,
            document_title=hit.document_title[:500],
            chunk_id=hit.chunk_id,
            page=hit.page,
            heading=hit.heading,
            quote=quote.text,
            score=hit.score,
        )
        for quote in said.quotes
        for hit in (said.found.hits[quote.passage],)
    ]


def _facts(said: Said, trace: Trace, *, retrieval: bool) -> dict[str, Any]:
    facts = {name: fact for name, fact in trace.facts.items() if retrieval or name not in _RETRIEVAL}
    if said.reply:
        facts["provider"] = said.reply.provider
    return facts
