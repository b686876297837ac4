"""What a search is limited to and answers with: frozen, and free of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents of a dataset count: those with any of the tags, and with all that the metadata says. As it is
    made here, all of them."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tags or self.metadata)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, where it stands, and why it is ranked as it is.

    `score` is 0 to 1 and falls with the rank; `similarity` is the cosine of its vector and the question's; `coverage`
    is the share of the question's words that are in it, `telling` the same where rare words count for more than those
    that many passages have; a rank is empty where that half of the search found nothing.
    `foreign` says that the question is surely in another language than the passage, so that shared words say nothing.
    """

    chunk_id: UUID
    document_id: UUID
    document_title: str
    dataset_id: UUID
    content: str
    page: int | None
    heading: str
    start: int
    end: int
    score: float
    similarity: float | None
    coverage: float
    dense_rank: int | None
    lexical_rank: int | None
    foreign: bool = False
    telling: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`relevant` says whether what was found is likely to answer; `timings` are milliseconds by step. `parts` are those
    of a question that asks several things, as they were searched and as far as the passages are likely to answer."""

    passages: tuple[Hit, ...]
    relevant: bool
    timings: Mapping[str, float]
    parts: tuple[str, ...] = ()
