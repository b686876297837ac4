"""Makes one ranking of several, and drops what says the same again; pure.

Reciprocal rank fusion: a passage gets 1 / (K + rank) from each ranking that found it. K = 10, not the customary 60,
because the lists are short and both are good: the first places should count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

K: Final = 10
SAME: Final = 0.9

_WORD = re.compile(r"\w+")
_Item = TypeVar("_Item")


def score(*ranks: int | None, weight: float = 1.0) -> float:
    """0 to 1, where 1 is first in every ranking at full weight. `weight` is 0 to 1."""
    best = len(ranks) / (K + 1)
    return weight * sum(1 / (K + rank) for rank in ranks if rank is not None) / best


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
