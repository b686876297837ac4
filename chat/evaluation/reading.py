"""Reads sets of questions, remarks and talks: JSON lines in the formats that docs/quality.md describes.

In: a folder. Out: what its files hold, checked. A line that does not fit is refused with its file and number
(`BadSet`): a set that is silently half read would measure something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chat.evaluation.types import Part, Question, QuestionSet, Remark, Talk, Text
from chat.turn import speak
from integrations.chatmodels.types import Turn
from tenants.errors import Invalid

CORPUS, QUESTIONS = ".corpus.jsonl", ".questions.jsonl"
UNTITLED = "Document"
_UNTITLED = "stackfaq."  # where the title is the question itself, which would make it too easy
_ROLES = ("user", "assistant")


class BadSet(Invalid):
    title = "A set cannot be read"


class Line:
    """A line of a file as an object, of which fields are asked for by name and kind."""

    def __init__(self, path: Path, number: int, fields: dict[str, Any]) -> None:
        self._path, self._number, self._fields = path, number, fields

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self._fields.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.refused(f"needs `{name}`, a text")
        return speak.storable(value)

    def choice(self, name: str, *, among: Sequence[str]) -> str:
        value = self.text(name)
        if value not in among:
            raise self.refused(f"has the {name} {value}, which is none of {', '.join(among)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.refused(f"has `{name}`, which should be a list of texts")
        return tuple(value)

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        value = self._fields.get(name, default)
        if value is not None and not isinstance(value, bool):
            raise self.refused(f"has `{name}`, which should be true or false")
        return value

    def optional(self, name: str) -> str | None:
        return None if self._fields.get(name) is None else self.text(name)

    def turns(self) -> tuple[Turn, ...]:
        given = self._fields.get("turns")
        if not isinstance(given, list) or not given:
            raise self.refused("needs `turns`, a list")
        turns = tuple(self._turn(item) for item in given)
        if turns[-1].role != "user":
            raise self.refused("should end with a turn of the user")
        return turns

    def inside(self, name: str) -> tuple[Line, ...]:
        """The objects of a list, with the line's own place."""
        given = self._fields.get(name) or []
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            raise self.refused(f"has `{name}`, which should be a list of objects")
        return tuple(Line(self._path, self._number, item) for item in given)

    def documents(self) -> frozenset[str]:
        """`doc_id`, and `doc_ids` where there are several."""
        one = self.optional("doc_id")
        return frozenset([*self.texts("doc_ids"), *([one] if one else [])])

    def refused(self, why: str) -> BadSet:
        return BadSet(f"{self._path}, line {self._number}: {why}.")

    def beside(self, name: str) -> Path:
        """A file that the line names, from where the set lies."""
        path = self._path.parent / self.text(name)
        if not path.is_file():
            raise self.refused(f"names the file {path}, which is not there")
        return path

    def is_of(self, set_name: str) -> bool:
        return self._path.name.startswith(set_name)

    def has(self, name: str) -> bool:
        return name in self._fields

    def _turn(self, item: object) -> Turn:
        if not isinstance(item, dict) or item.get("role") not in _ROLES or not isinstance(item.get("text"), str):
            raise self.refused("has a turn that is not `role` (user or assistant) and `text`")
        return Turn(item["role"], item["text"])


def lines(path: Path) -> Iterator[Line]:
    """The objects of a file. Raises `BadSet` for a file that cannot be read or a line that is none."""
    try:
        raw = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BadSet(f"{path} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(raw, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line.decode("utf-8"))
        except ValueError as error:
            raise BadSet(f"{path}, line {number}: not JSON in UTF-8 ({error}).") from None
        if not isinstance(fields, dict):
            raise BadSet(f"{path}, line {number}: not an object.")
        yield Line(path, number, fields)


def names(folder: Path) -> list[str]:
    """The question sets in a folder."""
    return sorted(path.name.removesuffix(QUESTIONS) for path in (folder / "retrieval").glob(f"*{QUESTIONS}"))


def question_set(folder: Path, name: str) -> QuestionSet:
    texts = corpus(folder / "retrieval" / f"{name}{CORPUS}")
    known = {text.id for text in texts}
    language: set[str] = set()
    given = []
    for line in _distinct(folder / "retrieval" / f"{name}{QUESTIONS}"):
        found = _question(line)
        if found.answerable and not found.documents & known:
            raise line.refused("names no document of its corpus")
        language.add(line.text("lang", default=""))
        given.append(found)
    return QuestionSet(name, texts, tuple(given), language.pop() if len(language) == 1 else "")


def corpus(path: Path) -> tuple[Text, ...]:
    return tuple(_text(line) for line in _distinct(path, by="doc_id"))


def questions(path: Path) -> tuple[Question, ...]:
    """Questions to documents that are elsewhere, for a bot that exists."""
    return tuple(_question(line) for line in _distinct(path))


def remarks(path: Path, *, labels: Sequence[str], kind: str) -> tuple[Remark, ...]:
    """`kind` is the field that says it more exactly than the label."""
    return tuple(
        Remark(str(number), line.text("text"), line.choice("label", among=labels), line.text(kind, default=""))
        for number, line in enumerate(lines(path), 1)
    )


def talks(path: Path) -> tuple[Talk, ...]:
    return tuple(
        Talk(
            id=line.text("id"),
            turns=line.turns(),
            standalone=line.optional("standalone"),
            documents=line.documents(),
            needs_history=line.flag("needs_history"),
        )
        for line in _distinct(path)
    )


def _distinct(path: Path, *, by: str = "id") -> Iterator[Line]:
    """The lines, each with a name of its own: cases are compared by it."""
    seen: set[str] = set()
    for line in lines(path):
        name = line.text(by)
        if name in seen:
            raise line.refused(f"has the `{by}` {name} twice")
        seen.add(name)
        yield line


def _text(line: Line) -> Text:
    name = line.text("doc_id")
    title = line.text("title", default="").strip()
    shown = title if title and not line.is_of(_UNTITLED) else UNTITLED
    if line.has("file"):
        return Text(name, shown, title or name, file=line.beside("file"))
    return Text(name, shown, title or name, line.text("text"))


def _question(line: Line) -> Question:
    parts = tuple(Part(each.documents(), _answers(each)) for each in line.inside("parts"))
    documents = line.documents().union(*(part.documents for part in parts))
    answerable = line.flag("answerable", default=not parts or bool(documents)) is not False
    if not documents and answerable:
        raise line.refused("needs `doc_id` or `doc_ids`, unless it is not `answerable`")
    return Question(
        id=line.text("id"),
        text=line.text("question"),
        documents=documents,
        answers=(*_answers(line), *(answer for part in parts for answer in part.answers)),
        answerable=answerable,
        parts=parts,
    )


def _answers(line: Line) -> tuple[str, ...]:
    return tuple(answer for answer in line.texts("answers") if answer.strip())
