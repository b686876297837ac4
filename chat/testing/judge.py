"""Whether an answer is what a case expects; pure.

In: the case, and what the bot said. Out: what it did in one word, and a sentence for each expectation that it missed.
Words are compared as they are read: without regard to case, marks and line breaks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from chat.turn import cite
from chat.turn.speak import NOTHING_FOUND

Got = Literal["answer", "refuse", "escalate", "unknown"]
_DID = {
    "answer": "answered", "refuse": "refused", "escalate": "handed over to a person", "unknown": "had nothing to say",
}  # fmt: skip
_SHOULD = {
    "answer": "answer", "refuse": "refuse", "escalate": "hand over to a person", "unknown": "have nothing to say",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    expect: str
    documents: Sequence[UUID] = ()
    titles: Sequence[str] = ()
    words: Sequence[str] = ()
    forbidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bot said; `cited` are documents by id and title."""

    text: str
    action: str
    reason: str = ""
    topic: str = ""
    cited: Sequence[tuple[UUID, str]] = ()


def got(*, action: str, reason: str) -> Got:
    """What the bot did. One that has nothing to say does `unknown`, also where it hands over for that."""
    if reason == NOTHING_FOUND:
        return "unknown"
    return "refuse" if action == "refuse" else "escalate" if action == "escalate" else "answer"


def failures(*, expected: Expected, heard: Heard) -> list[str]:
    """Empty: the case has passed."""
    return [*_behaviour(expected, heard), *_documents(expected, heard), *_words(expected, heard)]


def _behaviour(expected: Expected, heard: Heard) -> Iterable[str]:
    did = got(action=heard.action, reason=heard.reason)
    handed_over = heard.action == "escalate" and expected.expect == "escalate"
    if did != expected.expect and not handed_over:
        why = ", ".join(part for part in (heard.reason, heard.topic) if part)
        yield f"It should {_SHOULD[expected.expect]}, and it {_DID[did]}{f' ({why})' if why else ''}."


def _documents(expected: Expected, heard: Heard) -> Iterable[str]:
    if not (expected.documents or expected.titles):
        return
    titles = {title.casefold() for title in expected.titles}
    if not any(found in expected.documents or title.casefold() in titles for found, title in heard.cited):
        wanted = " or ".join(f"“{title}”" for title in expected.titles) or "one of the expected documents"
        cited = ", ".join(dict.fromkeys(f"“{title}”" for _, title in heard.cited)) or "nothing"
        yield f"It should cite {wanted}, and it cites {cited}."


def _words(expected: Expected, heard: Heard) -> Iterable[str]:
    said = _plain(cite.without_marks(heard.text))
    missed = [word for word in expected.words if _plain(word) not in said]
    if missed:
        yield f"The answer lacks {_quoted(missed)}."
    spoken = [word for word in expected.forbidden if _plain(word) in said]
    if spoken:
        yield f"The answer says {_quoted(spoken)}."


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
