"""Finds the passages of some datasets that answer a question: few round trips and one embedding a space.

Only active generations are read. Half of the ranking is by meaning, half by words; each passage keeps its rank in both.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from pgvector import HalfVector

from integrations.errors import ProviderError
from knowledge import selectors
from knowledge.language import detect
from knowledge.models import EmbeddingSpace
from knowledge.search import dense, fuse, index, lexical, relevance
from knowledge.tokens import bigrams, config_for
from knowledge.types import Hit, SearchResult

__all__ = ["Hit", "SearchResult", "search"]

log = logging.getLogger(__name__)
_DEPTH = 50  # of each ranking
_SQL = f"""
WITH spaces (space_id, vector, is_exact) AS MATERIALIZED (
  SELECT * FROM unnest(%(spaces)s::uuid[], %(vectors)s::text[]::halfvec[], %(exact)s::bool[])
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
    """The best `k` passages, best first. `weights` multiplies the scores of a dataset's passages; unnamed means 1.

    Where a space's provider does not embed the question, its passages are found by words alone.
    """
    clock = _Clock()
    spaces = _spaces(dataset_ids)
    vectors = _vectors(spaces, query)
    clock.lap("embed")
    found = _find(datasets=list(dataset_ids), query=query, vectors=vectors)
    clock.lap("find")
    weigh = _relative(weights or {}, dataset_ids)
    language = detect(query)
    spoken = config_for(language) if language else ""
    ranked = sorted((_hit(row, weigh, spoken) for row in found), key=lambda hit: (-hit.score, hit.chunk_id))
    passages = tuple(islice(fuse.distinct(ranked, text=lambda hit: hit.content), k))
    clock.lap("rank")
    calibrated = all(space.ai_provider is None for space in vectors)
    relevant = relevance.likely(ranked, calibrated=calibrated, blind=len(vectors) < len(spaces))
    return SearchResult(passages=passages, relevant=relevant, timings=clock.steps)


def _spaces(dataset_ids: Sequence[UUID]) -> list[EmbeddingSpace]:
    """The spaces that the datasets are in, each with the `size` of what they have there."""
    rows = EmbeddingSpace.objects.select_related("ai_provider").filter(datasets__in=dataset_ids)
    return list(rows.annotate(size=Sum("datasets__documents__chunk_count")))


def _vectors(spaces: Sequence[EmbeddingSpace], query: str) -> dict[EmbeddingSpace, str]:
    """The question in each space; without those whose embedder does not answer."""
    vectors: dict[EmbeddingSpace, str] = {}
    for space in spaces:
        try:
            embedder = selectors.embedder(space)
            if space.ai_provider is not None and not connection.in_atomic_block:
                connection.close()  # nobody holds one while a provider thinks
            vectors[space] = HalfVector(embedder.embed_query(query)).to_text()
        except ProviderError as error:
            log.warning("The question cannot be embedded in %s: %s", space, error.owner_detail)
    return vectors


def _find(*, datasets: list[UUID], query: str, vectors: Mapping[EmbeddingSpace, str]) -> list[tuple[Any, ...]]:
    near = _through_indexes(datasets, vectors)
    asked: dict[str, Any] = {
        "datasets": datasets,
        "spaces": [space.id for space in vectors],
        "vectors": list(vectors.values()),
        "exact": [space not in near for space in vectors],
        "near": [chunk for found in near.values() for chunk in found],
        "near_ranks": [rank for found in near.values() for rank in range(1, len(found) + 1)],
        "words": bigrams(query),
        "depth": _DEPTH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _through_indexes(datasets: list[UUID], vectors: Mapping[EmbeddingSpace, str]) -> dict[EmbeddingSpace, list[UUID]]:
    """The nearest chunks in those spaces where an index pays: there is one, and the datasets are large themselves."""
    near: dict[EmbeddingSpace, list[UUID]] = {}
    for space, vector in vectors.items():
        if (getattr(space, "size", 0) or 0) >= settings.SEARCH_INDEX_FROM and index.is_valid(space.id):
            found = index.nearest(space, vector=vector, datasets=datasets, depth=_DEPTH)
            if found is not None:
                near[space] = found
    return near


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
