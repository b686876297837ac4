"""Which of a bot's topics a question is about, by meaning.

A topic is a phrase. One that the library knows (by name or by meaning) is stood for by the library's examples; any
other by itself in a few ways of asking. A question is compared with the topics of the policy and, as a contrast, with
those topics of the library that the policy does not name. A forbidden one holds only where it beats both by a margin.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from bots.guardrails import library
from bots.guardrails.library import BACKGROUND, Group, Library, Vectors

NEAREST = 7
WAYS = ("{}", "a question about {}", "Can you give me {}?", "I have a question about {}.")

# A phrase stands for a topic of the library where one of the topic's names means the same and its questions agree.
SAME_NAME, SAME_QUESTIONS = 0.5, 0.2
# A topic of the library this near to a phrase of the tenant's own is no contrast to it: it is the wider subject.
WIDER = 0.2

FORBIDDEN_LEAST, FORBIDDEN_MARGIN = 0.15, 0.034
ALLOWED_LEAST, ALLOWED_MARGIN = 0.15, -0.03
# For phrases that the library does not know.
OWN_FORBIDDEN_LEAST, OWN_FORBIDDEN_MARGIN = 0.2, -0.1
OWN_ALLOWED_LEAST, OWN_ALLOWED_MARGIN = 0.15, -0.1
SAID_OUTRIGHT = 0.12


@dataclass(frozen=True)
class Topic:
    """A phrase as it is compared; `known` is the library's topic it stands for, `near` the wider ones."""

    phrase: str
    known: str | None
    near: frozenset[str]
    vectors: Vectors


@dataclass(frozen=True)
class Match:
    kind: Literal["forbidden", "allowed", "unlisted"]
    topic: str | None
    scores: Mapping[str, float]


@dataclass(frozen=True)
class _Best:
    topic: Topic | None = None
    score: float = -1.0


def vector_of(question: str) -> Vectors:
    vector: Vectors = library.load().embed([question])[0]
    return vector


def match(*, question: str, vector: Vectors, allowed: Sequence[str], forbidden: Sequence[str]) -> Match:
    """The topic a question is about: a forbidden one, an allowed one, or none of the policy's."""
    no, yes = [topic(phrase) for phrase in forbidden], [topic(phrase) for phrase in allowed]
    worst, best = _best(no, vector, question), _best(yes, vector, question)
    rest = contrast(vector, beside=[*no, *yes])
    scores = {
        name: round(value, 4)
        for name, value in (("forbidden", worst.score), ("allowed", best.score), ("other", rest))
        if value > -1
    }
    if worst.topic and _holds(worst, against=max(best.score, rest), limits=_limits("forbidden", worst.topic)):
        return Match(kind="forbidden", topic=worst.topic.phrase, scores=scores)
    if best.topic and _holds(best, against=max(worst.score, rest), limits=_limits("allowed", best.topic)):
        return Match(kind="allowed", topic=best.topic.phrase, scores=scores)
    return Match(kind="unlisted", topic=None, scores=scores)


def contrast(vector: Vectors, *, beside: Sequence[Topic]) -> float:
    """How near the question is to what the library knows apart from these topics."""
    spoken_for = {found.known for found in beside}.union(*(found.near for found in beside))
    groups = [group for key, group in library.load().topics.items() if key not in spoken_for]
    return max((library.nearest(vector, group.examples, NEAREST) for group in groups), default=-1.0)


@lru_cache(maxsize=4096)
def topic(phrase: str) -> Topic:
    """A tenant's phrase, looked up in the library."""
    books = library.load()
    plain = phrase.replace("_", " ").strip()
    asked = books.embed([way.format(plain) for way in WAYS])
    near = {key: _nearness(asked, group) for key, group in books.topics.items() if key != BACKGROUND}
    known = named(plain, books, books.topics) or _same(plain, books, near)
    if known:
        return Topic(phrase=phrase, known=known, near=frozenset(), vectors=books.topics[known].examples)
    wider = frozenset(key for key, value in near.items() if value >= WIDER)
    return Topic(phrase=phrase, known=None, near=wider, vectors=asked)


def named(plain: str, books: Library, groups: Mapping[str, Group]) -> str | None:
    """The group that bears exactly this name."""
    wanted = plain.casefold()
    return next((key for key, group in groups.items() if wanted in map(str.casefold, group.names)), None)


def closest_name(plain: str, books: Library, groups: Mapping[str, Group]) -> tuple[str, float]:
    """The group with the name that means most nearly the same, and how nearly."""
    seen = library.raw_vectors([plain])[0] - books.names_center
    seen /= max(float(np.linalg.norm(seen)), 1e-9)
    found = {key: float((group.name_vectors @ seen).max()) for key, group in groups.items() if group.names}
    key = max(found, key=found.__getitem__)
    return key, found[key]


def _same(plain: str, books: Library, near: Mapping[str, float]) -> str | None:
    key, likeness = closest_name(plain, books, books.topics)
    agrees = key == max(near, key=near.__getitem__) and near[key] >= SAME_QUESTIONS
    return key if agrees and likeness >= SAME_NAME else None


def _nearness(asked: Vectors, group: Group) -> float:
    return float(np.mean([library.nearest(vector, group.examples, NEAREST) for vector in asked]))


def _best(topics: Sequence[Topic], vector: Vectors, question: str) -> _Best:
    found = [_Best(topic=each, score=_score(each, vector, question)) for each in topics]
    return max(found, key=lambda each: each.score, default=_Best())


def _score(each: Topic, vector: Vectors, question: str) -> float:
    score = library.nearest(vector, each.vectors, NEAREST)
    return score + SAID_OUTRIGHT if each.known is None and mentions(question, each.phrase) else score


def _limits(kind: str, each: Topic) -> tuple[float, float]:
    if kind == "forbidden":
        own, known = (OWN_FORBIDDEN_LEAST, OWN_FORBIDDEN_MARGIN), (FORBIDDEN_LEAST, FORBIDDEN_MARGIN)
    else:
        own, known = (OWN_ALLOWED_LEAST, OWN_ALLOWED_MARGIN), (ALLOWED_LEAST, ALLOWED_MARGIN)
    return known if each.known else own


def _holds(best: _Best, *, against: float, limits: tuple[float, float]) -> bool:
    least, margin = limits
    return best.score >= least and best.score - against >= margin


def mentions(question: str, phrase: str) -> bool:
    """Whether the question says the topic's words, endings aside. Pure."""
    if any(unicodedata.category(sign) == "Lo" for sign in phrase):  # scripts that may have no spaces
        return phrase.casefold() in question.casefold()
    said, wanted = _words(question), _words(phrase)
    return bool(wanted) and all(any(word.startswith(_stem(needed)) for word in said) for needed in wanted)


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2]


def _stem(word: str) -> str:
    return word if len(word) <= 4 else word[: max(4, len(word) - 2)]
