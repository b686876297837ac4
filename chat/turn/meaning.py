"""How alike a sentence and some sentences of a passage are, by the built-in embedder; work for a thread.

Of one answer at most MOST sentences are settled so, and none after SECONDS have been spent on it: then, and where the
embedder is not there, words alone decide, and what they leave in doubt counts as not supported.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from integrations.embedders import registry
from tenants.errors import Unavailable

MOST, SECONDS, NEAREST = 60, 3.0, 6


class Meaning:
    """One answer's; what was embedded for it is kept until it is given."""

    def __init__(self) -> None:
        self._vectors: dict[str, list[float]] = {}
        self._asked = 0
        self._spent = 0.0

    def near(self, text: str, others: Sequence[str]) -> list[float]:
        """The cosines with the first of the others; none where the budget is spent."""
        if self._asked >= MOST or self._spent >= SECONDS:
            return []
        self._asked += 1
        began = time.monotonic()
        try:
            own, *theirs = self._embedded([text, *others[:NEAREST]])
        except Unavailable:
            return []
        finally:
            self._spent += time.monotonic() - began
        return [sum(a * b for a, b in zip(own, one, strict=True)) for one in theirs]

    def _embedded(self, texts: Sequence[str]) -> list[list[float]]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            self._vectors |= zip(missing, registry.builtin().embed_queries(missing), strict=True)
        return [self._vectors[text] for text in texts]
