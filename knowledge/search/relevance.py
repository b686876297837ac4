"""Whether what was found is likely to answer."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.types import Hit


def likely(passages: Sequence[Hit]) -> bool:
    return any(hit.similarity is not None and hit.similarity > 0.82 for hit in passages[:3])
