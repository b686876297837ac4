"""Whether a question matches one of a bot's escalation triggers, by meaning.

`billing_dispute` is a phrase, not a keyword: it is stood for by what people say when they dispute a bill, and by the
bot's own examples. Ordinary questions on the same subject are the contrast, so that asking what a fee is for, or where
a refund has got to, reaches no person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bots.enums import Threshold
from bots.guardrails import library, topics
from bots.guardrails.library import Vectors
from bots.types import ScopePolicy

NEAREST = 3
WAYS = ("{}", "I have a {}.", "This is a {}.", "I want to report a {}.")
SAME_NAME = 0.65
LEAST, MARGIN = 0.35, 0.08
# How far a trigger has to be ahead of the ordinary questions that are listed beside it.
AHEAD = 0.06


@dataclass(frozen=True)
class Trigger:
    """A phrase as it is compared; `unlike` are ordinary questions on its subject."""

    vectors: Vectors
    texts: tuple[str, ...]
    unlike: Vectors


@dataclass(frozen=True)
class Match:
    topic: str | None
    scores: Mapping[str, float]
    nearest: str | None = None
    doubtful: bool = False
    ahead: float = 0.0
    closest: str = ""


def match(vector: Vectors, *, policy: ScopePolicy) -> Match:
    """The trigger that the question matches, if any."""
    if not policy.escalation_triggers:
        return Match(topic=None, scores={})
    moved = policy.thresholds.get(Threshold.ESCALATION, 0.0)
    ordinary = topics.contrast(vector, beside=())
    found = {
        phrase: (_ahead(vector, trigger(phrase, policy.examples(phrase)), ordinary) - moved, phrase)
        for phrase in policy.escalation_triggers
    }
    ahead, phrase = max(found.values())
    asked = trigger(phrase, policy.examples(phrase))
    return Match(
        topic=phrase if ahead >= 0 else None,
        scores={"trigger": round(library.nearest(vector, asked.vectors, NEAREST), 4)},
        nearest=asked.texts[int((asked.vectors @ vector).argmax())],
        doubtful=abs(ahead) <= topics.GREY,
        ahead=round(ahead, 4),
        closest=phrase,
    )


def _ahead(vector: Vectors, asked: Trigger, ordinary: float) -> float:
    """How far beyond its limits a trigger is; below 0 it does not hold."""
    score = library.nearest(vector, asked.vectors, NEAREST)
    ahead = min(score - LEAST, score - ordinary - MARGIN)
    if len(asked.unlike):
        ahead = min(ahead, score - library.nearest(vector, asked.unlike, NEAREST) - AHEAD)
    return ahead


@lru_cache(maxsize=1024)
def trigger(phrase: str, examples: tuple[str, ...] = ()) -> Trigger:
    """The library's examples where it knows the phrase, else the phrase itself; the bot's own beside them."""
    books = library.load()
    plain = phrase.replace("_", " ").strip()
    known = topics.named(plain, books, books.triggers)
    if not known:
        key, likeness = topics.closest_name(plain, books, books.triggers)
        known = key if likeness >= SAME_NAME else None
    if known:
        group = books.triggers[known]
        vectors, texts, unlike = group.examples, group.texts, group.unlike
    else:
        vectors, texts = books.embed([way.format(plain) for way in WAYS]), (phrase,) * len(WAYS)
        unlike = vectors[:0]
    if examples:
        vectors, texts = np.vstack([vectors, books.embed(examples)]), (*texts, *examples)
    return Trigger(vectors, texts, unlike)
