"""Finds the passages of some datasets that answer a question: two round trips and one embedding a space.

Only active generations are read. Half of the ranking is by meaning, half by words; each passage keeps its rank in both.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from pgvector import HalfVector

from knowledge import selectors
from knowledge.language import detect
from knowledge.models import EmbeddingSpace
from knowledge.search import dense, fuse, lexical, relevance
from knowledge.tokens import bigrams, config_for
from knowledge.types import Hit, SearchResult

__all__ = ["Hit", "SearchResult", "search"]

_DEPTH = 50  # of each ranking
_SQL = f"""
WITH spaces (space_id, vector) AS MATERIALIZED (
  SELECT * FROM unnest(%(spaces)s::uuid[], %(vectors)s::text[]::halfvec[])
),
documents AS MATERIALIZED (
  SELECT d.id, d.title, d.dataset_id, d.active_generation, d.search_config, s.active_space_id AS space_id
  FROM knowledge_document d JOIN knowledge_dataset s ON s.id = d.dataset_id
  WHERE d.dataset_id = ANY(%(datasets)s) AND d.active_generation > 0
),
{dense.CTE.strip()},
{lexical.CTE.strip()}
SELECT c.id, d.id, d.title, d.dataset_id, c.content, c.page, c.heading, c.start, c."end",
  1 - (v.vector <=> spaces.vector) AS similarity,
  (length(c.search) - length(ts_delete(c.search, q.lexemes)))::float / greatest(1, cardinality(q.lexemes)) AS coverage,
  dense.rank, lexical.rank, d.search_config
FROM dense FULL JOIN lexical USING (id)
JOIN knowledge_chunk c USING (id)
JOIN documents d ON d.id = c.document_id
JOIN questions q ON q.config = d.search_config
LEFT JOIN spaces ON spaces.space_id = d.space_id
LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id AND v.space_id = d.space_id
"""  # noqa: S608 -- joined from this package's own constants


@dataclass(slots=True)
class _Clock:
    began: float = field(default_factory=time.perf_counter)
    steps: dict[str, float] = field(default_factory=dict)

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.steps[step] = round((now - self.began) * 1000, 2)
        self.began = now


def search(
    *, dataset_ids: Sequence[UUID], query: str, k: int = 10, weights: Mapping[UUID, float] | None = None
) -> SearchResult:
    """The best `k` passages, best first. `weights` multiplies the scores of a dataset's passages; unnamed means 1."""
    clock = _Clock()
    spaces = list(EmbeddingSpace.objects.filter(datasets__in=dataset_ids).distinct())
    vectors = [HalfVector(selectors.embedder(space).embed_query(query)).to_text() for space in spaces]
    clock.lap("embed")
    found = _find(datasets=list(dataset_ids), query=query, spaces=[space.id for space in spaces], vectors=vectors)
    clock.lap("find")
    weigh = _relative(weights or {}, dataset_ids)
    language = detect(query)
    spoken = config_for(language) if language else ""
    ranked = sorted((_hit(row, weigh, spoken) for row in found), key=lambda hit: (-hit.score, hit.chunk_id))
    passages = tuple(islice(fuse.distinct(ranked, text=lambda hit: hit.content), k))
    clock.lap("rank")
    return SearchResult(passages=passages, relevant=relevance.likely(ranked), timings=clock.steps)


def _find(*, datasets: list[UUID], query: str, spaces: list[UUID], vectors: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {"datasets": datasets, "spaces": spaces, "vectors": vectors, "words": bigrams(query), "depth": _DEPTH},
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _relative(weights: Mapping[UUID, float], dataset_ids: Sequence[UUID]) -> dict[UUID, float]:
    """Weights as shares of the greatest, so that scores stay within 0 to 1."""
    given = {dataset_id: max(0.0, weights.get(dataset_id, 1.0)) for dataset_id in dataset_ids}
    greatest = max(given.values(), default=0) or 1.0
    return {dataset_id: weight / greatest for dataset_id, weight in given.items()}


def _hit(row: tuple[Any, ...], weights: Mapping[UUID, float], spoken: str) -> Hit:
    (
        chunk,
        document,
        title,
        dataset,
        content,
        page,
        heading,
        start,
        end,
        similarity,
        coverage,
        dense_rank,
        lexical_rank,
        config,
    ) = row
    return Hit(
        chunk_id=chunk,
        document_id=document,
        document_title=title,
        dataset_id=dataset,
        content=content,
        page=page,
        heading=heading,
        start=start,
        end=end,
        score=round(fuse.score(dense_rank, lexical_rank, weight=weights[dataset]), 6),
        similarity=None if similarity is None else round(similarity, 4),
        coverage=round(coverage, 4),
        dense_rank=dense_rank,
        lexical_rank=lexical_rank,
        foreign=bool(spoken) and spoken != config,
    )
