"""Puts questions that were not answered into gaps: a batch a call, each question once, killed anywhere without harm.

In: what `reading` found. Out: gaps and their questions, and the cursor behind them, in one transaction. A gap that was
answered is open again where somebody asks after the answer could be found; a dismissed one stays dismissed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.db import transaction

from chat.enums import GapStatus
from chat.gaps import grouping, reading
from chat.gaps.grouping import Vectors
from chat.gaps.reading import Shown
from chat.models import Gap, GapQuestion
from integrations.embedders import registry
from knowledge.enums import Status
from knowledge.models import Document

MOST = 5_000  # gaps of a bot that a question is compared with, the latest asked first


def gather() -> bool:
    """Take up the next batch of each kind; answers whether there may be more. Raises `EmbedderUnavailable`."""
    more = [_gather(name) for name in reading.SOURCES]
    return any(more)


def _gather(name: str) -> bool:
    with transaction.atomic():
        place = reading.cursor(name, lock=True)
        if place is None:
            return False
        rows = reading.batch(name, place)
        found = list(reading.shown(rows))
        if found:
            embedder = registry.builtin()
            vectors = np.asarray(embedder.embed_queries([each.text for each in found]), np.float32)
            for bot_id in {each.bot_id for each in found}:
                mine = [(each, vectors[at]) for at, each in enumerate(found) if each.bot_id == bot_id]
                _put(bot_id, mine, embedder=embedder.model)
        if rows:
            place.save()
    return len(rows) == reading.BATCH


def _put(bot_id: UUID, asked: Sequence[tuple[Shown, Vectors]], *, embedder: str) -> None:
    gaps = list(Gap.objects.select_for_update().filter(bot_id=bot_id, embedder=embedder).order_by("-last_at")[:MOST])
    known: list[Vectors] = [np.asarray(gap.vector, np.float32) for gap in gaps]
    for shown, vector in asked:
        at = grouping.nearest(vector, known, embedder=embedder)
        if at is None:
            gap = _begin(bot_id, shown, vector, embedder=embedder)
            gaps.append(gap)
            known.append(vector)
        else:
            gap = gaps[at]
            _seen_again(gap, shown)
        GapQuestion.objects.get_or_create(
            message_id=shown.message_id,
            defaults={"gap": gap, "kind": shown.kind, "text": shown.text, "asked_at": shown.at},
        )


def _begin(bot_id: UUID, shown: Shown, vector: Vectors, *, embedder: str) -> Gap:
    return Gap.objects.create(
        bot_id=bot_id, question=shown.text, origin_id=shown.message_id, embedder=embedder, vector=vector.tolist(),
        first_at=shown.at, last_at=shown.at,
    )  # fmt: skip


def _seen_again(gap: Gap, shown: Shown) -> None:
    gap.first_at, gap.last_at = min(gap.first_at, shown.at), max(gap.last_at, shown.at)
    fields = ["first_at", "last_at"]
    if gap.status == GapStatus.ANSWERED and _could_answer(gap, shown):
        gap.status, gap.reopened_at = GapStatus.OPEN, shown.at
        fields += ["status", "reopened_at"]
    gap.save(update_fields=fields)


def _could_answer(gap: Gap, shown: Shown) -> bool:
    """Whether the answer that was written could be found when this was asked. One that is gone answers nothing."""
    document = Document.objects.filter(id=gap.document_id).first() if gap.document_id else None
    if document is None:
        return gap.settled_at is None or shown.at > gap.settled_at
    ready = document.status == Status.COMPLETED and document.finished_at
    return bool(ready and shown.at > ready)


def tidy() -> None:
    """After conversations went: a gap without questions goes, and none keeps words that were deleted."""
    Gap.objects.filter(questions__isnull=True).delete()
    for gap in Gap.objects.exclude(origin_id__in=GapQuestion.objects.values("message_id")).iterator():
        oldest = gap.questions.order_by("asked_at").first()
        if oldest:
            gap.question, gap.origin_id, gap.first_at = oldest.text, oldest.message_id, oldest.asked_at
            gap.save(update_fields=["question", "origin_id", "first_at"])
