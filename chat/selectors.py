"""Reads of the current tenant's conversations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from bots.models import KeyBot
from chat import tokens
from chat.enums import Outcome, Role
from chat.errors import SessionNotFound
from chat.models import Citation, Conversation, Message
from integrations.chatmodels.types import Turn
from tenants.errors import NotFound
from tenants.types import Principal

LONGEST_TALK = 200  # messages that a customer is shown again


def session(*, bot_id: UUID, session_id: str) -> Conversation:
    """The conversation of this session with this bot. Raises `SessionNotFound`."""
    found = None
    if tokens.bot_of(session_id) == bot_id:
        found = Conversation.objects.filter(bot_id=bot_id, session_hash=tokens.hash_of(session_id)).first()
    if found is None:
        raise SessionNotFound
    return found


def history(*, conversation_id: UUID, most: int) -> tuple[Turn, ...]:
    """The last messages of a conversation, in their order, without those that failed."""
    rows = Message.objects.filter(conversation_id=conversation_id, status=Outcome.COMPLETE).exclude(content="")
    last = list(rows.order_by("-position").values_list("role", "content")[:most])
    return tuple(Turn("user" if role == Role.USER else "assistant", content) for role, content in reversed(last))


def answers_since(since: datetime) -> int:
    """How many messages the bots have answered; what a plan counts."""
    return Message.objects.filter(role=Role.ASSISTANT, created_at__gte=since).count()


def conversations() -> QuerySet[Conversation]:
    """For lists: with `message_count` and the `first_question`."""
    first = Message.objects.filter(conversation=OuterRef("id"), role=Role.USER).order_by("position")
    return (
        Conversation.objects.select_related("bot")
        .annotate(message_count=Count("messages"), first_question=Subquery(first.values("content")[:1]))
        .order_by("-last_at", "id")
    )


def saying(rows: QuerySet[Conversation], text: str) -> QuerySet[Conversation]:
    """Those in which somebody says `text`."""
    return rows.filter(Q(id__in=Message.objects.filter(content__icontains=text).values("conversation_id")))


def visible(rows: QuerySet[Conversation], *, by: Principal) -> QuerySet[Conversation]:
    """Those the caller may read: a key that is tied to bots reads theirs alone."""
    if by.key_id is None:
        return rows
    tied = KeyBot.objects.filter(key_id=by.key_id)
    return rows.filter(bot__in=tied.values("bot_id")) if tied.exists() else rows


def conversation(conversation_id: UUID, *, by: Principal) -> Conversation:
    """With its messages and their citations. Raises `NotFound`."""
    found = visible(conversations(), by=by).prefetch_related(_messages()).filter(id=conversation_id).first()
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


def messages_of(row: Conversation) -> list[Message]:
    """The last messages with their citations, in their order, as their customer sees them: without the trace."""
    rows = Message.objects.filter(conversation=row).defer("trace").prefetch_related(_citations())
    return list(rows.order_by("-position")[:LONGEST_TALK])[::-1]


def _messages() -> Prefetch[str, QuerySet[Message], str]:
    rows = Message.objects.order_by("position").prefetch_related(_citations()).select_related("feedback")
    return Prefetch("messages", rows)


def _citations() -> Prefetch[str, QuerySet[Citation], str]:
    return Prefetch("citations", Citation.objects.order_by("number"))
