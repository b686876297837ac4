"""What is measured with, and what a measurement comes to; frozen, and free of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from integrations.chatmodels.types import Turn

Values = Mapping[str, float]  # what each case, by its id, adds to a mean


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a corpus: a text, or a `file`. What shares its `group` is about the same thing."""

    id: str
    title: str
    group: str
    text: str = ""
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of several things that a question asks; without documents where nothing answers it."""

    documents: frozenset[str]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """`documents` are all that answer it, by their ids in the corpus; `answers` the words that do, where known. `parts`
    are what it asks, where that is several things."""

    id: str
    text: str
    documents: frozenset[str]
    answers: tuple[str, ...] = ()
    answerable: bool = True
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """`language` is that of its questions, where all share one."""

    name: str
    texts: tuple[Text, ...]
    questions: tuple[Question, ...]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A question set with its documents as rows, by their ids in the set. Those of `withheld` are in the second
    dataset, which no bot answers from; `weights` are the datasets' where they differ."""

    questions: QuestionSet
    datasets: tuple[UUID, ...]
    documents: Mapping[str, UUID]
    withheld: frozenset[str] = frozenset()
    weights: Mapping[UUID, float] = field(default_factory=dict)

    def relevant(self, question: Question) -> frozenset[UUID]:
        return frozenset(self.documents[name] for name in question.documents if name in self.documents)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is said to a bot, and the class it should be put into. `kind` is the coarser one."""

    id: str
    text: str
    label: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """The last turn asks; `standalone` is that question as a person puts it who has to do without the talk."""

    id: str
    turns: tuple[Turn, ...]
    standalone: str | None
    documents: frozenset[str]
    needs_history: bool | None

    @property
    def question(self) -> str:
        return self.turns[-1].content

    @property
    def history(self) -> tuple[Turn, ...]:
        return self.turns[:-1]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. A measure is the mean of its cases and can be compared case by case; a fact is a figure."""

    name: str
    measures: Mapping[str, Values] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """`note` is what has to be known to read it."""

    part: str
    title: str
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """How a measure moved against the baseline, on the `cases` that both have; `p` is how likely chance does that."""

    before: float
    after: float
    p: float
    cases: int

    @property
    def is_real(self) -> bool:
        return self.p < 0.05
