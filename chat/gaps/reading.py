"""Reads the questions that were not answered, from where the last reading ended.

Two kinds of record tell of them: answers of the bot (it had nothing to say, refused as off topic, called for a person)
and what customers thought of answers. Each is read in the order of its time by a cursor of its own; what is younger
than a minute waits, so that no transaction that is still under way is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from bots.guardrails import rules
from chat.enums import GapKind, Outcome, Rating, Role
from chat.models import GapCursor, Message

BATCH = 50
SETTLED = timedelta(minutes=1)
WISH = "human_requested"
_OF_ANSWERS = (
    Q(guardrail_reason="nothing_found") | Q(guardrail_reason="off_topic") | Q(guardrail_action="escalate")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A question that was not answered, by the bot's message that shows it."""

    message_id: UUID
    bot_id: UUID
    kind: GapKind
    text: str
    at: datetime


def _answers(cursor: GapCursor, until: datetime) -> QuerySet[Message, Any]:
    return _questions().filter(_OF_ANSWERS).annotate(at=F("created_at")).filter(_after(cursor), created_at__lt=until)


def _opinions(cursor: GapCursor, until: datetime) -> QuerySet[Message, Any]:
    rows = _questions().filter(feedback__rating=Rating.DOWN).annotate(at=F("feedback__created_at"))
    return rows.filter(_after(cursor), at__lt=until)


SOURCES: dict[str, Callable[[GapCursor, datetime], QuerySet[Message, Any]]] = {
    "answers": _answers,
    "opinions": _opinions,
}


def cursor(name: str, *, lock: bool = False) -> GapCursor | None:
    """Where the reading stands. With `lock` it is nobody else's meanwhile; `None` where somebody reads already."""
    GapCursor.objects.get_or_create(name=name, defaults={"at": datetime(2000, 1, 1, tzinfo=UTC)})
    rows = GapCursor.objects.filter(name=name)
    return (rows.select_for_update(skip_locked=True) if lock else rows).first()


def is_waiting() -> bool:
    """Whether there is anything to read."""
    until = timezone.now() - SETTLED
    return any(SOURCES[name](found, until).exists() for name in SOURCES if (found := cursor(name)))


def batch(name: str, place: GapCursor) -> list[Message]:
    """What comes next; the cursor is moved behind it, and kept by who asked."""
    rows = list(SOURCES[name](place, timezone.now() - SETTLED).order_by("at", "id")[:BATCH])  # type: ignore[misc]  # annotated
    if rows:
        place.at, place.last_id = rows[-1].at, rows[-1].id
    return rows


def shown(rows: list[Message]) -> Iterator[Shown]:
    """The questions of those rows."""
    for row in rows:
        text = _of_a_wish(row) if row.guardrail_reason == WISH else (row.trace.get("question") or row.asked)  # type: ignore[attr-defined]  # annotated
        if text and str(text).strip():
            yield Shown(row.id, row.bot_id, _kind(row), str(text).strip(), row.at)  # type: ignore[attr-defined]  # as above


def _of_a_wish(row: Message) -> str:
    """What somebody wants a person for: what they say beside the wish, else what they asked before. What they asked
    before and got no answer to is a question of its own already, and counts once."""
    said = rules.besides_the_wish(row.asked or "")  # type: ignore[attr-defined]  # annotated
    return said or ("" if row.earlier_counts else row.earlier or "")  # type: ignore[attr-defined]  # as above


def _kind(row: Message) -> GapKind:
    if row.guardrail_reason == "off_topic":
        return GapKind.REFUSED
    if row.guardrail_reason == "nothing_found":
        return GapKind.UNANSWERED
    return GapKind.ESCALATED if row.guardrail_action == "escalate" else GapKind.DISLIKED


def _questions() -> QuerySet[Message, Any]:
    """Answers with the customer's message before them, and the one before that; those counted already left out."""
    said = Message.objects.filter(
        conversation=OuterRef("conversation"), role=Role.USER, position__lt=OuterRef("position")
    ).order_by("-position")
    before = Message.objects.filter(
        conversation=OuterRef(OuterRef("conversation")),
        role=Role.ASSISTANT,
        position__lt=OuterRef(OuterRef("position")),
    ).order_by("-position")
    answers = Message.objects.filter(id=Subquery(before.values("id")[:1]))
    return Message.objects.filter(role=Role.ASSISTANT, status=Outcome.COMPLETE, gap_question__isnull=True).annotate(
        bot_id=F("conversation__bot_id"),
        asked=Subquery(said.values("content")[:1]),
        earlier=Subquery(said.values("content")[1:2]),
        earlier_counts=Exists(answers.filter(_OF_ANSWERS)),
    )


def _after(place: GapCursor) -> Q:
    later = Q(at__gt=place.at)
    return later | Q(at=place.at, id__gt=place.last_id) if place.last_id else later
