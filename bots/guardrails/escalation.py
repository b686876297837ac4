"""Whether a question matches one of a bot's escalation triggers, by meaning.

`billing_dispute` is a phrase, not a keyword: it is stood for by what people say when they dispute a bill. Ordinary
questions on the same subject are the contrast, so that asking what a fee is for reaches no person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bots.guardrails import library, topics
from bots.guardrails.library import Vectors

NEAREST = 3
WAYS = ("{}", "I have a {}.", "This is a {}.", "I want to report a {}.")
SAME_NAME = 0.65
LEAST, MARGIN = 0.3, 0.08


@dataclass(frozen=True)
class Match:
    topic: str | None
    scores: Mapping[str, float]


def match(vector: Vectors, *, triggers: Sequence[str]) -> Match:
    """The trigger that the question matches, if any."""
    if not triggers:
        return Match(topic=None, scores={})
    found = {trigger: library.nearest(vector, examples(trigger), NEAREST) for trigger in triggers}
    trigger = max(found, key=found.__getitem__)
    ordinary = topics.contrast(vector, beside=())
    holds = found[trigger] >= LEAST and found[trigger] - ordinary >= MARGIN
    return Match(topic=trigger if holds else None, scores={"trigger": round(found[trigger], 4)})


@lru_cache(maxsize=1024)
def examples(trigger: str) -> Vectors:
    """What a trigger is compared by: the library's examples where it knows it, else its own phrase."""
    books = library.load()
    plain = trigger.replace("_", " ").strip()
    known = topics.named(plain, books, books.triggers)
    if not known:
        key, likeness = topics.closest_name(plain, books, books.triggers)
        known = key if likeness >= SAME_NAME else None
    return books.triggers[known].examples if known else books.embed([way.format(plain) for way in WAYS])
