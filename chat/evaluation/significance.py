"""Whether a difference is more than noise; pure, and the same in every run.

In: the values that the same cases had before and have now. Out: how likely chance alone makes a difference as large.
Where every value is 0 or 1, McNemar's exact test; elsewhere a paired randomisation test, which asks how often the
difference comes out as large when each case's two values are swapped by the toss of a coin.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Final

import numpy as np

ROUNDS: Final = 10_000
_SEED: Final = 20_251
_AT_ONCE: Final = 500  # rounds, so that a large set does not fill the memory
_SLACK: Final = 1e-9  # sums of the same numbers in another order


def p_value(before: Sequence[float], after: Sequence[float]) -> float:
    if set(before) | set(after) <= {0.0, 1.0}:
        lost = sum(1 for old, new in zip(before, after, strict=True) if old > new)
        won = sum(1 for old, new in zip(before, after, strict=True) if old < new)
        return exact(lost, won)
    return randomised(before, after)


def exact(lost: int, won: int) -> float:
    """McNemar's test, of the cases that changed sides: two-sided, by the binomial distribution."""
    changed = lost + won
    if not changed:
        return 1.0
    tail = sum(comb(changed, count) for count in range(min(lost, won) + 1))
    return min(1.0, 2 * tail / (1 << changed))


def randomised(before: Sequence[float], after: Sequence[float]) -> float:
    """The paired randomisation test, two-sided; the observed arrangement counts as one of the rounds."""
    differences = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    differences = differences[differences != 0]
    if not differences.size:
        return 1.0
    observed = abs(differences.sum()) - _SLACK
    random = np.random.default_rng(_SEED)
    as_large = 0
    for first in range(0, ROUNDS, _AT_ONCE):
        signs = random.choice((-1.0, 1.0), size=(min(_AT_ONCE, ROUNDS - first), differences.size))
        as_large += int((abs(signs @ differences) >= observed).sum())
    return float((as_large + 1) / (ROUNDS + 1))
