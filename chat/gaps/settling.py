"""What people do with a gap: write the answer, say that it is answered, dismiss it, open it again.

An answer becomes a document of one of the bot's datasets, a question with its answer, which ingestion takes up like any
other; the gap remembers which. Raises `GapNotFound`, and what adding a document raises.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import selectors
from chat.enums import GapStatus
from chat.models import Gap
from knowledge import selectors as knowledge
from knowledge import services as documents
from tenants import audit
from tenants.errors import Invalid
from tenants.types import Principal

ANSWER_CHARACTERS, QUESTION_CHARACTERS = 20_000, 1_000


def answer(*, by: Principal, gap_id: UUID, dataset_id: UUID, question: str, answer: str, title: str = "") -> Gap:
    """Only what stands in a dataset that the bot answers from helps its customers."""
    asked, said = question.strip(), answer.strip()
    _check(asked, said)
    with transaction.atomic():
        gap = selectors.gap(gap_id, by=by, lock=True)
        if not gap.bot.links.filter(dataset_id=dataset_id).exists():
            raise Invalid(errors={"dataset_id": [_("The bot does not answer from this dataset.")]})
        added = documents.add_pairs(
            by=by, dataset=knowledge.dataset(dataset_id), title=(title.strip() or asked)[:200],
            pairs=[{"question": asked, "answer": said}],
        )  # fmt: skip
        gap.dataset_id, gap.document_id = dataset_id, added.document.id
        _settle(gap, GapStatus.ANSWERED, by=by)
        audit.record(by=by, action="gap.answer", target=gap.id, data={"document": str(added.document.id)})
    return gap


def solve(*, by: Principal, gap_id: UUID) -> Gap:
    """The documents answer it by now, without one that was written for it; asked again it is open again."""
    return _moved(by, gap_id, GapStatus.ANSWERED, action="gap.solve")


def dismiss(*, by: Principal, gap_id: UUID) -> Gap:
    """It is nothing that the bot should answer; asked again it stays dismissed."""
    return _moved(by, gap_id, GapStatus.DISMISSED, action="gap.dismiss")


def reopen(*, by: Principal, gap_id: UUID) -> Gap:
    return _moved(by, gap_id, GapStatus.OPEN, action="gap.reopen")


def _moved(by: Principal, gap_id: UUID, status: GapStatus, *, action: str) -> Gap:
    with transaction.atomic():
        gap = selectors.gap(gap_id, by=by, lock=True)
        if gap.status != status:
            _settle(gap, status, by=by)
            audit.record(by=by, action=action, target=gap.id)
    return gap


def _settle(gap: Gap, status: GapStatus, *, by: Principal) -> None:
    gap.status = status
    gap.settled_at = None if status == GapStatus.OPEN else timezone.now()
    gap.settled_by = "" if status == GapStatus.OPEN else by.label[:254]
    gap.save(update_fields=["status", "settled_at", "settled_by", "dataset_id", "document_id"])


def _check(question: str, answer: str) -> None:
    wrong = {}
    if not 1 <= len(question) <= QUESTION_CHARACTERS:
        wrong["question"] = [_("Between 1 and %(most)s characters.") % {"most": QUESTION_CHARACTERS}]
    if not 1 <= len(answer) <= ANSWER_CHARACTERS:
        wrong["answer"] = [_("Between 1 and %(most)s characters.") % {"most": ANSWER_CHARACTERS}]
    if wrong:
        raise Invalid(errors=wrong)
