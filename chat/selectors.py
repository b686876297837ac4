"""Reads of the current tenant's conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from bots.models import KeyBot
from chat import tokens
from chat.enums import Outcome, Role
from chat.errors import GapNotFound, SessionNotFound
from chat.models import Citation, Conversation, Gap, GapQuestion, Message
from integrations.chatmodels.types import Turn
from tenants.errors import NotFound
from tenants.selectors import audit_settings
from tenants.types import Principal

OfBot = TypeVar("OfBot", Conversation, Gap)
LONGEST_TALK = 200  # messages that a customer is shown again


def session(*, bot_id: UUID, session_id: str) -> Conversation:
    """The conversation of this session with this bot. Raises `SessionNotFound`."""
    found = None
    if tokens.bot_of(session_id) == bot_id:
        found = Conversation.objects.filter(bot_id=bot_id, session_hash=tokens.hash_of(session_id)).first()
    if found is None:
        raise SessionNotFound
    return found


def is_kept() -> bool:
    """Whether the operator keeps what is said; where not, no person could read what they are asked."""
    logged = audit_settings()
    return bool(logged["enabled"] and logged["log_conversations"])


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
    said = Message.objects.filter(conversation=OuterRef("id")).order_by()
    counted = said.values("conversation").annotate(count=Count("id"))
    first = Message.objects.filter(conversation=OuterRef("id"), role=Role.USER).order_by("position")
    return (
        Conversation.objects.select_related("bot")
        .annotate(
            message_count=Coalesce(Subquery(counted.values("count")), 0),
            first_question=Subquery(first.values("content")[:1]),
        )
        .order_by("-last_at", "id")
    )


def at_the_desk() -> QuerySet[Conversation]:
    """As above, with the `last_words` of the customer and `answered_by`, the last person who wrote to them."""
    said = Message.objects.filter(conversation=OuterRef("id")).order_by("-position")
    return conversations().annotate(
        last_words=Subquery(said.filter(role=Role.USER).values("content")[:1]),
        answered_by=Subquery(said.filter(role=Role.PERSON).values("author_name")[:1]),
    )


_FILTERS = {"bot": "bot_id", "status": "status", "source": "source", "since": "last_at__gte", "until": "last_at__lt"}
_OF_MESSAGES: dict[str, Callable[[Any], Q]] = {
    "feedback": lambda wanted: Q(feedback__rating=wanted),
    "refused": lambda _: Q(guardrail_action="refuse"),
    "unanswered": lambda _: Q(guardrail_reason="nothing_found"),
    "escalated": lambda _: Q(guardrail_action="escalate"),
    "failed": lambda _: Q(status=Outcome.FAILED),
    "search": lambda text: Q(content__icontains=text),
}


def filtered(rows: QuerySet[Conversation], asked: Mapping[str, Any]) -> QuerySet[Conversation]:
    """Those that fit what is asked; what is empty or unknown limits nothing. `refused`, `unanswered`, `escalated` and
    `failed` ask whether any answer was."""
    rows = rows.filter(**{_FILTERS[name]: value for name, value in asked.items() if name in _FILTERS and value})
    for name, condition in _OF_MESSAGES.items():
        wanted = asked.get(name)
        if wanted in (None, ""):
            continue
        some = Exists(Message.objects.filter(condition(wanted), conversation=OuterRef("id")))
        rows = rows.filter(~some if wanted is False else some)
    return rows


def visible(rows: QuerySet[OfBot], *, by: Principal) -> QuerySet[OfBot]:
    """Those the caller may read: a key that is tied to bots reads theirs alone."""
    if by.key_id is None:
        return rows
    tied = KeyBot.objects.filter(key_id=by.key_id)
    return rows.filter(bot__in=tied.values("bot_id")) if tied.exists() else rows


def conversation(conversation_id: UUID, *, by: Principal, whole: bool = True) -> Conversation:
    """With its messages and their citations, if the `whole` is wanted. Raises `NotFound`."""
    rows = visible(conversations(), by=by)
    found = (rows.prefetch_related(_messages()) if whole else rows).filter(id=conversation_id).first()
    if found is None:
        raise NotFound(_("There is no such conversation."))
    return found


def stretch(row: Conversation, *, start: int | None = None, before: int | None = None, most: int) -> list[Message]:
    """A part of a conversation in its order, with citations, feedback and traces: from the place `start` on, or the
    last there are, `before` a place where one is named."""
    rows = _whole().filter(conversation=row)
    if start is not None:
        return list(rows.filter(position__gte=start).order_by("position")[:most])
    if before is not None:
        rows = rows.filter(position__lt=before)
    return list(rows.order_by("-position")[:most])[::-1]


def turn(row: Conversation, message_id: UUID, *, before: int) -> list[Message]:
    """A question with its answer, either of which is named, behind the last so many messages `before` them: in their
    order, without traces. Nothing where it is no message of this conversation."""
    rows = Message.objects.filter(conversation=row).defer("trace").prefetch_related(_citations())
    named = rows.filter(id=message_id).values_list("position", "role").first()
    if named is None:
        return []
    asked = named[0] if named[1] == Role.USER else named[0] - 1
    earlier = rows.filter(position__lt=asked, status=Outcome.COMPLETE).exclude(content="").order_by("-position")
    return [*list(earlier[:before])[::-1], *rows.filter(position__in=(asked, asked + 1)).order_by("position")]


def is_unchanged(conversation_id: UUID, *, by: Principal, after: str, status: str) -> bool:
    """Whether nothing was said behind this place and the status is still this: cheap, for pages that ask often."""
    rows = visible(Conversation.objects.filter(id=conversation_id, status=status), by=by)
    later = Message.objects.filter(conversation=conversation_id, position__gt=int(after))
    return rows.exists() and not later.exists()


def told(ids: Sequence[UUID], *, by: Principal) -> QuerySet[Conversation]:
    """Some conversations whole, as they are taken along in a file: without the traces."""
    rows = Message.objects.defer("trace").order_by("position").select_related("feedback")
    messages = Prefetch("messages", rows.prefetch_related(_citations()))
    return visible(Conversation.objects.filter(id__in=ids), by=by).select_related("bot").prefetch_related(messages)


def messages_of(row: Conversation, *, after: int = -1) -> list[Message]:
    """The last messages with their citations, in their order, as their customer sees them: without the trace."""
    rows = Message.objects.filter(conversation=row, position__gt=after).defer("trace").prefetch_related(_citations())
    return list(rows.order_by("-position")[:LONGEST_TALK])[::-1]


def gaps() -> QuerySet[Gap]:
    """For lists: with how often each was asked, the most asked first."""
    return (
        Gap.objects.select_related("bot")
        .annotate(
            count=Count("questions"),
            kinds=ArrayAgg("questions__kind", distinct=True, default=[]),
        )
        .order_by("-count", "-last_at", "id")
    )


def filtered_gaps(rows: QuerySet[Gap], asked: Mapping[str, Any]) -> QuerySet[Gap]:
    named = {"bot": "bot_id", "status": "status"}
    rows = rows.filter(**{named[name]: value for name, value in asked.items() if name in named and value})
    if asked.get("kind"):
        rows = rows.filter(Exists(GapQuestion.objects.filter(gap=OuterRef("id"), kind=asked["kind"])))
    if asked.get("search"):
        said = GapQuestion.objects.filter(gap=OuterRef("id"), text__icontains=asked["search"])
        rows = rows.filter(Q(question__icontains=asked["search"]) | Exists(said))
    return rows.order_by("-last_at", "id") if asked.get("order") == "latest" else rows


def questions_of(row: Gap) -> QuerySet[GapQuestion]:
    """The latest first, each with the message that showed it."""
    return row.questions.select_related("message").order_by("-asked_at", "message_id")


def gap(gap_id: UUID, *, by: Principal, lock: bool = False) -> Gap:
    """Raises `GapNotFound`."""
    rows = Gap.objects.select_related("bot").select_for_update(of=("self",)) if lock else gaps()
    found = visible(rows, by=by).filter(id=gap_id).first()
    if found is None:
        raise GapNotFound
    return found


def _messages() -> Prefetch[str, QuerySet[Message], str]:
    return Prefetch("messages", _whole().order_by("position"))


def _whole() -> QuerySet[Message]:
    return Message.objects.prefetch_related(_citations()).select_related("feedback")


def _citations() -> Prefetch[str, QuerySet[Citation], str]:
    return Prefetch("citations", Citation.objects.order_by("number"))
