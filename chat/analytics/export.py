"""Conversations as lines of a file: a line a message in CSV, a line a conversation in JSON.

In: the conversations that were asked for, a batch at a time. Out: text. The trace stays here, since it holds the
documents' words; figures, citations and feedback go along. Read by the time of the last word, the newest first, and
never more than `MOST` conversations.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from chat import selectors
from chat.analytics import tables
from chat.models import Conversation, Message
from tenants.types import Principal

Form = Literal["csv", "jsonl"]
MOST, BATCH = 10_000, 200
TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
_HEAD = (
    "conversation_id", "bot", "source", "status", "position", "time", "role", "author", "content", "guardrail_action",
    "guardrail_reason", "model", "prompt_tokens", "completion_tokens", "cost_usd", "citations", "feedback", "comment",
)  # fmt: skip


def head(form: str) -> str:
    return tables.lines([_HEAD]) if form == "csv" else ""


def ids(*, by: Principal, asked: Mapping[str, Any]) -> list[UUID]:
    rows = selectors.filtered(selectors.visible(Conversation.objects.all(), by=by), asked)
    return list(rows.order_by("-last_at", "id").values_list("id", flat=True)[:MOST])


def batches(found: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(found), BATCH):
        yield found[start : start + BATCH]


def text(batch: Sequence[UUID], *, by: Principal, form: str) -> str:
    """What is gone meanwhile is left out."""
    rows = {row.id: row for row in selectors.told(batch, by=by)}
    found = [rows[each] for each in batch if each in rows]
    if form == "csv":
        return tables.lines(_cells(row, message) for row in found for message in row.messages.all())
    return "".join(json.dumps(_object(row), ensure_ascii=False) + "\n" for row in found)


def _cells(row: Conversation, message: Message) -> list[object]:
    cited = "; ".join(f"[{each.number}] {each.document_title}" for each in message.citations.all())
    opinion = getattr(message, "feedback", None)
    return [
        row.id, row.bot.name, row.source, row.status, message.position, message.created_at.isoformat(), message.role,
        message.author_name, message.content, message.guardrail_action, message.guardrail_reason, message.model,
        message.prompt_tokens, message.completion_tokens, message.cost_usd, cited,
        opinion.rating if opinion else "", opinion.comment if opinion else "",
    ]  # fmt: skip


def _object(row: Conversation) -> dict[str, Any]:
    return {
        "id": str(row.id), "bot_id": str(row.bot_id), "bot": row.bot.name, "source": row.source, "status": row.status,
        "started_at": row.started_at.isoformat(), "last_at": row.last_at.isoformat(), "metadata": row.metadata,
        "messages": [_message(message) for message in row.messages.all()],
    }  # fmt: skip


def _message(row: Message) -> dict[str, Any]:
    opinion = getattr(row, "feedback", None)
    return {
        "id": str(row.id), "time": row.created_at.isoformat(), "role": row.role, "author": row.author_name or None,
        "content": row.content, "status": row.status, "guardrail_action": row.guardrail_action or None,
        "guardrail_reason": row.guardrail_reason or None, "model": row.model or None,
        "prompt_tokens": row.prompt_tokens, "completion_tokens": row.completion_tokens,
        "cost_usd": None if row.cost_usd is None else float(row.cost_usd),
        "citations": [
            {
                "number": each.number, "document_id": str(each.document_id), "title": each.document_title,
                "quote": each.quote,
            }
            for each in row.citations.all()
        ],
        "feedback": {"rating": opinion.rating, "comment": opinion.comment} if opinion else None,
    }  # fmt: skip
