"""Which of a bot's topics a question is about, by meaning.

A topic is a phrase with, perhaps, examples. One that the library knows (by name or by meaning) is stood for by the
library's examples, any other by itself in a few ways of asking; the bot's own examples come beside either. A question
is compared with the topics of the policy and, as a contrast, with those topics of the library that the policy does not
name. A forbidden one holds only where it beats both by a margin.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np

from bots.enums import Threshold
from bots.guardrails import library
from bots.guardrails.library import BACKGROUND, Group, Library, Vectors
from bots.types import ScopePolicy

NEAREST, NEAREST_OWN = 5, 3
WAYS = ("{}", "a question about {}", "Can you give me {}?", "I have a question about {}.")

# A phrase stands for a topic of the library where one of the topic's names means the same and its questions agree.
SAME_NAME, SAME_QUESTIONS = 0.5, 0.2
# A topic of the library this near to a phrase of the tenant's own is no contrast to it: it is the wider subject.
WIDER = 0.2
SAID_OUTRIGHT = 0.12
# The most that the threshold of a narrow topic lies above that of a wide one.
CLOSEST = 0.15
# Figures this near to where they would decide otherwise are in doubt.
GREY = 0.03

Source = Literal["library", "examples", "phrase"]
# What a topic has to reach, and by how much it has to be ahead, by what it is compared by.
LIMITS: dict[tuple[str, Source], tuple[float, float]] = {
    (Threshold.FORBIDDEN, "library"): (0.15, 0.028),
    (Threshold.FORBIDDEN, "examples"): (0.21, 0.0),
    (Threshold.FORBIDDEN, "phrase"): (0.2, -0.1),
    (Threshold.ALLOWED, "library"): (0.15, -0.03),
    (Threshold.ALLOWED, "examples"): (0.18, -0.1),
    (Threshold.ALLOWED, "phrase"): (0.15, -0.1),
}


@dataclass(frozen=True)
class Side:
    """What a topic is compared by: vectors, what they say, how many of the nearest count, and what its threshold lies
    above the usual."""

    source: Source
    vectors: Vectors
    texts: tuple[str, ...]
    nearest: int
    above: float = 0.0

    def score(self, vector: Vectors) -> float:
        return library.nearest(vector, self.vectors, self.nearest)

    def closest(self, vector: Vectors) -> str:
        return self.texts[int((self.vectors @ vector).argmax())]


@dataclass(frozen=True)
class Topic:
    """A phrase as it is compared; `known` is the library's topic it stands for, `near` the wider ones."""

    phrase: str
    known: str | None
    near: frozenset[str]
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class Match:
    """`nearest` is the example the question is nearest to; `doubtful`: a little more or less would decide otherwise.
    `ahead` is how far beyond its limits the best topic of a kind is, `closest` which one that is."""

    kind: Literal["forbidden", "allowed", "unlisted"]
    topic: str | None
    scores: Mapping[str, float]
    nearest: str | None = None
    doubtful: bool = False
    ahead: Mapping[str, float] = field(default_factory=dict)
    closest: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Best:
    """The topic that comes nearest to its threshold, or goes farthest beyond it."""

    topic: Topic | None = None
    side: Side | None = None
    score: float = -1.0
    least: float = 1.0
    margin: float = 1.0

    def ahead(self, against: float) -> float:
        """How far beyond its limits it is; below 0 it does not hold."""
        return min(self.score - self.least, self.score - against - self.margin) if self.topic else -9.0


def vector_of(question: str) -> Vectors:
    return place(library.raw_vectors([question])[0])


def vectors_of(questions: Sequence[str]) -> list[Vectors]:
    """As `vector_of`, in one go."""
    return [place(raw) for raw in library.raw_vectors(questions)]


def place(raw: Vectors) -> Vectors:
    """The embedder's vector of a text as it is compared with topics."""
    return library.load().place(raw)


def match(*, question: str, vector: Vectors, policy: ScopePolicy) -> Match:
    """The topic a question is about: a forbidden one, an allowed one, or none of the policy's."""
    no = [topic(phrase, policy.examples(phrase)) for phrase in policy.forbidden_topics]
    yes = [topic(phrase, policy.examples(phrase)) for phrase in policy.allowed_topics]
    worst = _best(no, vector, question, Threshold.FORBIDDEN, policy)
    best = _best(yes, vector, question, Threshold.ALLOWED, policy)
    rest = contrast(vector, beside=[*no, *yes])
    scores = {
        name: round(value, 4)
        for name, value in (("forbidden", worst.score), ("allowed", best.score), ("other", rest))
        if value > -1
    }
    refused, taken = worst.ahead(max(best.score, rest)), best.ahead(max(worst.score, rest))
    ahead = {
        name.value: round(value, 4)
        for name, value, found in ((Threshold.FORBIDDEN, refused, worst), (Threshold.ALLOWED, taken, best))
        if found.topic
    }
    closest = {
        name.value: found.topic.phrase
        for name, found in ((Threshold.FORBIDDEN, worst), (Threshold.ALLOWED, best))
        if found.topic
    }
    doubtful = abs(refused) <= GREY or (refused < 0 and abs(taken) <= GREY)
    if worst.topic and worst.side and refused >= 0:
        return Match("forbidden", worst.topic.phrase, scores, worst.side.closest(vector), doubtful, ahead, closest)
    if best.topic and best.side and taken >= 0:
        return Match("allowed", best.topic.phrase, scores, best.side.closest(vector), doubtful, ahead, closest)
    return Match("unlisted", None, scores, None, doubtful, ahead, closest)


def contrast(vector: Vectors, *, beside: Sequence[Topic]) -> float:
    """How near the question is to what the library knows apart from these topics."""
    spoken_for = {found.known for found in beside}.union(*(found.near for found in beside))
    groups = [group for key, group in library.load().topics.items() if key not in spoken_for]
    return max((library.nearest(vector, group.examples, NEAREST) for group in groups), default=-1.0)


@lru_cache(maxsize=4096)
def topic(phrase: str, examples: tuple[str, ...] = ()) -> Topic:
    """A tenant's phrase, looked up in the library, with the tenant's examples."""
    books = library.load()
    plain = phrase.replace("_", " ").strip()
    asked = books.embed([way.format(plain) for way in WAYS])
    near = {key: _nearness(asked, group) for key, group in books.topics.items() if key != BACKGROUND}
    known = named(plain, books, books.topics) or _same(plain, books, near)
    given = books.embed(examples) if examples else asked[:0]
    if known:
        group = books.topics[known]
        sides = [Side("library", group.examples, group.texts, NEAREST)]
        sides += [Side("examples", given, examples, NEAREST_OWN, _closeness(given))] if examples else []
        return Topic(phrase=phrase, known=known, near=frozenset(), sides=tuple(sides))
    wider = frozenset(key for key, value in near.items() if value >= WIDER)
    if examples:
        own = Side("examples", np.vstack([given, asked[:1]]), (*examples, phrase), NEAREST_OWN, _closeness(given))
    else:
        own = Side("phrase", asked, (phrase,) * len(WAYS), len(WAYS))
    return Topic(phrase=phrase, known=None, near=wider, sides=(own,))


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


def _closeness(examples: Vectors) -> float:
    """Examples that are close to each other tell of a narrow topic: what is about it is close to them too."""
    if len(examples) < 2:
        return CLOSEST
    alike = examples @ examples.T
    np.fill_diagonal(alike, -1)
    nearest = np.sort(alike, axis=1)[:, -min(2, len(examples) - 1) :]
    return float(np.clip(0.25 * nearest.mean(), CLOSEST / 5, CLOSEST))


def _nearness(asked: Vectors, group: Group) -> float:
    return float(np.mean([library.nearest(vector, group.examples, NEAREST) for vector in asked]))


def _best(topics: Sequence[Topic], vector: Vectors, question: str, kind: Threshold, policy: ScopePolicy) -> _Best:
    moved = policy.thresholds.get(kind, 0.0)
    found = []
    for each in topics:
        bonus = SAID_OUTRIGHT if each.known is None and mentions(question, each.phrase) else 0.0
        for side in each.sides:
            least, margin = LIMITS[kind, side.source]
            found.append(_Best(each, side, side.score(vector) + bonus, least + side.above + moved, margin + moved))
    return max(found, key=lambda each: each.score - each.least, default=_Best())


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
