"""A part of a set that stands for it, the same part in every run; pure.

The order is that of the ids' hashes, so that a larger sample holds the smaller one. Questions come with all their
documents; what room is left is filled with documents that nobody asks about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from chat.evaluation.types import Question, QuestionSet


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_Named)


@dataclass(frozen=True, slots=True)
class Caps:
    """`None` is no cap."""

    documents: int | None = None
    questions: int | None = None


def place(name: str) -> bytes:
    """Where a name stands in the order."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def shuffled(items: Iterable[_Item]) -> list[_Item]:
    return sorted(items, key=lambda item: place(item.id))


def first(items: Iterable[_Item], most: int | None) -> list[_Item]:
    return shuffled(items)[:most]


def sample(whole: QuestionSet, caps: Caps) -> QuestionSet:
    """In the order of the sample."""
    known = {text.id for text in whole.texts}
    room = len(known) if caps.documents is None else caps.documents
    wanted: set[str] = set()
    questions: list[Question] = []
    for question in shuffled(whole.questions):
        needed = question.documents & known
        if len(wanted | needed) <= room and (caps.questions is None or len(questions) < caps.questions):
            wanted |= needed
            questions.append(replace(question, documents=needed))
    asked = [text for text in whole.texts if text.id in wanted]
    others = [text for text in shuffled(whole.texts) if text.id not in wanted]
    return replace(whole, texts=tuple(asked + others[: room - len(asked)]), questions=tuple(questions))
