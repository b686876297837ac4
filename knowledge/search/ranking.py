"""One text's ranking of the passages: by meaning and by words, each passage with its rank in both.

In: a question whose vectors are there. Out: all that was found, best first, and whether it is likely to answer. One
round trip, two where an index is asked first or no rarer word was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from integrations.embedders.registry import MULTILINGUAL
from knowledge.language import detect
from knowledge.search import dense, fuse, index, lexical, relevance, within, words
from knowledge.search.question import Question
from knowledge.search.relevance import Scale
from knowledge.tokens import bigrams, config_for
from knowledge.types import Hit

_DEPTH = 50  # of each ranking
_SQL = """
WITH spaces (space_id, vector, is_exact) AS MATERIALIZED (
  SELECT * FROM unnest(%(spaces)s::uuid[], %(vectors)s::text[]::halfvec[], %(exact)s::bool[])
),
documents AS MATERIALIZED (
  SELECT d.id, d.title, d.dataset_id, d.active_generation, d.search_config, s.active_space_id AS space_id
  FROM knowledge_document d JOIN knowledge_dataset s ON s.id = d.dataset_id
  WHERE d.dataset_id = ANY(%(datasets)s) AND d.active_generation > 0 {within}
),
{dense},
{lexical}
SELECT c.id, d.id, d.title, d.dataset_id, c.content, c.page, c.heading, c.start, c."end",
  1 - (v.vector <=> spaces.vector) AS similarity,
  ARRAY(SELECT place FROM unnest(q.each) WITH ORDINALITY AS asked (word, place) WHERE c.search @@ word) AS held,
  cardinality(q.each) AS asked, length(c.search) AS size, dense.rank, lexical.rank, d.search_config, d.space_id
FROM dense FULL JOIN lexical USING (id)
JOIN knowledge_chunk c USING (id)
JOIN documents d ON d.id = c.document_id
JOIN questions q ON q.config = d.search_config
LEFT JOIN spaces ON spaces.space_id = d.space_id
LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id AND v.space_id = d.space_id
"""


class Ranking(NamedTuple):
    """`relevant`: likely to answer; `surely`: so much so that it need not be a whole question's."""

    hits: tuple[Hit, ...]
    relevant: bool
    surely: bool


def rank(question: Question, *, weights: Mapping[UUID, float]) -> Ranking:
    found = rows(question)
    hits = tuple(sorted(_hits(question, found, weights), key=_order))
    scales = _scales(question, found)
    relevant = relevance.likely(hits, scales=scales)
    return Ranking(hits, relevant, relevant and relevance.likely(hits, scales=scales, surer=relevance.SURER))


def _order(hit: Hit) -> tuple[float, float, UUID]:
    return -hit.score, -(hit.similarity or 0.0), hit.chunk_id


class _Row(NamedTuple):
    """What the statement answers, in its order; `held` are the numbers of the question's words that the passage holds,
    of as many as `asked`; `size` is how many different words it has."""

    chunk_id: UUID
    document_id: UUID
    document_title: str
    dataset_id: UUID
    content: str
    page: int | None
    heading: str
    start: int
    end: int
    similarity: float | None
    held: list[int]
    asked: int
    size: int
    dense_rank: int | None
    lexical_rank: int | None
    config: str
    space_id: UUID

    @property
    def coverage(self) -> float:
        return len(self.held) / max(1, self.asked)


def rows(question: Question) -> list[_Row]:
    near = _through_indexes(question)
    asked: dict[str, Any] = {
        "datasets": list(question.dataset_ids),
        "spaces": list(question.vectors),
        "vectors": list(question.vectors.values()),
        "exact": [space_id not in near for space_id in question.vectors],
        "near": [chunk for each in near.values() for chunk in each],
        "near_ranks": [place for each in near.values() for place in range(1, len(each) + 1)],
        "words": bigrams(question.text),
        "size": question.size,
        "few": lexical.FEW,
        "depth": _DEPTH,
        "within": within.parameter(question.within),
    }
    sql = _SQL.format(
        within=within.clause(question.within),
        dense=dense.CTE.strip(),
        lexical=lexical.cte(size=question.size).strip(),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        found = [_Row(*row) for row in cursor.fetchall()]
        if question.size > lexical.FEW and not any(row.lexical_rank for row in found):
            # No chunk holds one of the rarer words, a misspelt one perhaps: then all words count.
            cursor.execute(sql, asked | {"few": question.size})
            found = [_Row(*row) for row in cursor.fetchall()]
    return found


def _through_indexes(question: Question) -> dict[UUID, list[UUID]]:
    """The nearest chunks in those spaces where an index pays."""
    near: dict[UUID, list[UUID]] = {}
    for space_id, vector in question.vectors.items():
        if index.pays(space_id, size=question.sizes[space_id]):
            space = question.spaces[space_id]
            found = index.nearest(
                space, vector=vector, datasets=question.dataset_ids, depth=_DEPTH, limits=question.within
            )
            if found is not None:
                near[space_id] = found
    return near


def _scales(question: Question, rows: Sequence[_Row]) -> dict[UUID, Scale]:
    """What the similarities of each dataset's passages are measured with."""
    known = {space.id: space.ai_provider is None and space.model == MULTILINGUAL for space in question.spaces.values()}
    return {row.dataset_id: Scale(space=row.space_id, is_known=known.get(row.space_id, True)) for row in rows}


def _relative(weights: Mapping[UUID, float], dataset_ids: Sequence[UUID]) -> dict[UUID, float]:
    """Weights as shares of the greatest, so that scores stay within 0 to 1."""
    given = {dataset_id: max(0.0, weights.get(dataset_id, 1.0)) for dataset_id in dataset_ids}
    greatest = max(given.values(), default=0) or 1.0
    return {dataset_id: weight / greatest for dataset_id, weight in given.items()}


def _hits(question: Question, rows: Sequence[_Row], weights: Mapping[UUID, float]) -> Iterator[Hit]:
    weigh = _relative(weights, question.dataset_ids)
    language = detect(question.text)
    spoken = config_for(language) if language else ""
    near = {space_id: _nearest(rows, space_id) for space_id in {row.space_id for row in rows}}
    by_words = _by_words(rows)
    for row in rows:
        score = fuse.score(
            None if row.similarity is None else near[row.space_id].stretch(row.similarity),
            by_words[row.chunk_id].weight,
            weight=weigh[row.dataset_id],
        )
        yield Hit(
            chunk_id=row.chunk_id,
            document_id=row.document_id,
            document_title=row.document_title,
            dataset_id=row.dataset_id,
            content=row.content,
            page=row.page,
            heading=row.heading,
            start=row.start,
            end=row.end,
            score=round(score, 6),
            similarity=None if row.similarity is None else round(row.similarity, 4),
            coverage=round(row.coverage, 4),
            dense_rank=row.dense_rank,
            lexical_rank=row.lexical_rank,
            foreign=bool(spoken) and spoken != row.config,
            telling=round(by_words[row.chunk_id].share, 4),
        )


class _Words(NamedTuple):
    """How well the question's words fit a passage beside the others, and its share of the question: 0 to 1."""

    weight: float
    share: float


def _by_words(rows: Sequence[_Row]) -> dict[UUID, _Words]:
    """A question has other words in each language."""
    found: dict[UUID, _Words] = {}
    for config in {row.config for row in rows}:
        spoken = [row for row in rows if row.config == config]
        held = [words.Held(row.held, row.size) for row in spoken]
        pairs = zip(words.weights(held), words.shares(held, asked=spoken[0].asked), strict=True)
        found |= {row.chunk_id: _Words(*pair) for row, pair in zip(spoken, pairs, strict=True)}
    best = fuse.Range.of((each.weight for each in found.values()), low=0.0)
    telling = fuse.telling(max((row.coverage for row in rows), default=0.0))
    return {
        chunk: each._replace(weight=telling * best.stretch(each.weight) if each.weight else 0.0)
        for chunk, each in found.items()
    }


def _nearest(rows: Sequence[_Row], space_id: UUID) -> fuse.Range:
    """The similarities of a space's nearest: those of two spaces have two scales."""
    found = ((row.similarity, row.dense_rank) for row in rows if row.space_id == space_id)
    return fuse.Range.of(similarity for similarity, rank in found if similarity is not None and rank)
