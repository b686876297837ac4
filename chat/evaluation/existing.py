"""A bot that exists, measured with questions of its tenant's own.

In: the bot and a file of questions, whose documents are named as they are in Parley: by id, by the `doc_id` in their
metadata, by file name or by title. Out: a corpus as the other parts know it. Nothing is written but what models cost.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from bots import selectors as bots
from chat.evaluation import reading
from chat.evaluation.reading import BadSet
from chat.evaluation.types import Corpus, QuestionSet
from knowledge.models import Document


def corpus(*, bot_id: UUID, questions: Path) -> Corpus:
    """Raises `NotFound` for the bot, `BadSet` for the questions."""
    profile = bots.profile(bot_id)
    given = reading.questions(questions)
    documents = _documents(profile.dataset_ids)
    unknown = sorted({name for question in given for name in question.documents if name not in documents})
    if unknown:
        raise BadSet(f"{questions} names what is no document of this bot's datasets: {', '.join(unknown[:10])}.")
    asked = QuestionSet(profile.name, (), given)
    return Corpus(asked, profile.dataset_ids, documents, weights=profile.weights)


def _documents(datasets: tuple[UUID, ...]) -> dict[str, UUID]:
    """Every name of every document; the surer ones win."""
    rows = list(Document.objects.filter(dataset__in=datasets).order_by("created_at", "id"))
    names: dict[str, UUID] = {}
    for name in ("title", "file_name"):
        names |= {getattr(row, name): row.id for row in reversed(rows) if getattr(row, name)}
    names |= {str(row.metadata["doc_id"]): row.id for row in rows if "doc_id" in row.metadata}
    return names | {str(row.id): row.id for row in rows}
