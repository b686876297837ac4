"""The figures of a ranking and of a classification; pure.

A ranking comes in as the places, counted from 1, where something relevant stands.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

CUTS: Final = (1, 5, 10)
DEPTH: Final = 10


def ranking(places: Sequence[int], *, relevant: int) -> dict[str, float]:
    """All figures of one question; `relevant` is how many there are to be found."""
    found = {f"recall@{cut}": recall(places, cut=cut) for cut in CUTS}
    return {**found, "MRR@10": reciprocal_rank(places), "nDCG@10": gain(places, relevant=relevant)}


def recall(places: Sequence[int], *, cut: int) -> float:
    """1 where something relevant is among the first `cut`."""
    return float(any(place <= cut for place in places))


def reciprocal_rank(places: Sequence[int]) -> float:
    first = min(places, default=DEPTH + 1)
    return 1 / first if first <= DEPTH else 0.0


def gain(places: Sequence[int], *, relevant: int) -> float:
    """The discounted gain of what was found, as a share of the most that could be had."""
    most = sum(_discount(place) for place in range(1, min(relevant, DEPTH) + 1))
    return sum(_discount(place) for place in places if place <= DEPTH) / most if most else 0.0


def mean(values: Iterable[float]) -> float:
    given = list(values)
    return math.fsum(given) / len(given) if given else math.nan


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed."""
    given = sorted(values)
    return given[max(0, math.ceil(share * len(given)) - 1)] if given else math.nan


def confusion(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How often each (expected, said) came."""
    return dict(Counter(pairs))


def scores(table: Mapping[tuple[str, str], int], *, label: str) -> dict[str, float]:
    """Precision, recall and F1 of one label of a confusion table; not a number where there is nothing to divide by."""
    right = table.get((label, label), 0)
    said = sum(count for (_, given), count in table.items() if given == label)
    there = sum(count for (expected, _), count in table.items() if expected == label)
    precision = right / said if said else math.nan
    found = right / there if there else math.nan
    both = said + there
    return {"precision": precision, "recall": found, "F1": 2 * right / both if both else math.nan}


def _discount(place: int) -> float:
    return 1 / math.log2(place + 1)
