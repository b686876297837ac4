"""Makes one ranking of two, by meaning and by words, and drops what says the same again; pure.

Each half is stretched to 0..1, similarities from the least of the nearest, weights of words from none at all, and then
they are added. Words count as much as they tell: less where no passage holds half of the question's words. Reciprocal
rank fusion, which this replaced, knows places and not how good they are: to a question in another language than the
passages any stray word was worth as much as the best similarity. docs/quality.md has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from uuid import UUID

from knowledge.types import Hit

WORDS: Final = 0.5  # the share of the words; the meaning has the rest
TELLING: Final = 0.5  # of the question's words in one passage, for words to count in full
SAME: Final = 0.9
WHOLE: Final = 0.95  # what the best passage for a question as a whole counts, beside the best for one of its parts

_WORD = re.compile(r"\w+")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Range:
    """From where to where a half's figures go."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float], *, low: float | None = None) -> Range:
        found = list(values)
        return cls(min(found, default=0.0) if low is None else low, max(found, default=0.0))

    def stretch(self, value: float) -> float:
        """0 to 1; what is below or above has the end's figure. Where all are the same, all are the best."""
        if self.high <= self.low:
            return 1.0 if value >= self.high else 0.0
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def telling(coverage: float) -> float:
    """How much words count, by the greatest share of the question's words that a passage holds: 0 to 1."""
    return min(1.0, coverage / TELLING)


def score(near: float | None, words: float, *, weight: float = 1.0) -> float:
    """0 to 1, where 1 is best in both halves at full weight. `near` and `words` are stretched, `weight` is 0 to 1.
    A passage whose meaning is not compared counts by its words alone."""
    return weight * ((1 - WORDS) * (words if near is None else near) + WORDS * words)


def together(parts: Iterable[Sequence[Hit]], *, whole: Sequence[Hit]) -> list[Hit]:
    """One ranking of a question's parts, each best first. Scores of two rankings say nothing beside each other, so a
    passage counts by its share of the best one's, and each part has its own best among the first. The whole's come
    along: a question may have been taken apart that asks one thing."""
    best: dict[UUID, Hit] = {}
    for hits, most in (*((part, 1.0) for part in parts), (whole, WHOLE)):
        for hit in hits:
            share = round(most * hit.score / hits[0].score, 6) if hits[0].score else 0.0
            if hit.chunk_id not in best or best[hit.chunk_id].score < share:
                best.pop(hit.chunk_id, None)  # so that equals stand as they were asked for
                best[hit.chunk_id] = replace(hit, score=share)
    return sorted(best.values(), key=lambda hit: -hit.score)


def distinct(items: Iterable[_Item], *, text: Callable[[_Item], str]) -> Iterator[_Item]:
    """The items without those that hardly differ from one before."""
    kept: list[frozenset[str]] = []
    for item in items:
        words = frozenset(_WORD.findall(text(item).casefold()))
        if not any(_alike(words, other) for other in kept):
            kept.append(words)
            yield item


def _alike(words: frozenset[str], others: frozenset[str]) -> bool:
    smaller, larger = sorted((len(words), len(others)))
    if smaller < SAME * larger:
        return False
    together = len(words & others)
    return together >= SAME * (len(words) + len(others) - together)
