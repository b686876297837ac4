"""Chunks and vectors into the database, many rows a statement; whoever calls holds the lease in the same transaction.

Chunks are written under a generation that nobody reads until `documents.finish` makes it the active one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from pgvector import HalfVector

from knowledge.models import EmbeddingSpace
from knowledge.tokens import bigrams

_ROWS = 500  # a statement
Place = tuple[UUID, int]  # a document and a position in it

_CHUNKS = """
INSERT INTO knowledge_chunk
  (id, document_id, generation, "position", content, page, heading, start, "end", search, fingerprint, is_enabled)
SELECT id, %s, %s, "position", content, page, heading, start, "end", to_tsvector(%s::regconfig, words), fingerprint,
  true
FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::int[], %s::text[], %s::int[], %s::int[], %s::text[], %s::uuid[])
  AS row (id, "position", content, page, heading, start, "end", words, fingerprint)
"""
# A chunk that somebody disabled stays so when the document is read again and says the same there.
_KEEP_DISABLED = """
UPDATE knowledge_chunk new SET is_enabled = false
FROM knowledge_chunk old
WHERE new.document_id = %s AND new.generation = %s
  AND old.document_id = new.document_id AND old.generation = %s
  AND old.fingerprint = new.fingerprint AND NOT old.is_enabled
"""
_SCOPE = """
knowledge_chunk c JOIN knowledge_document d ON d.id = c.document_id
  LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id AND v.space_id = %(space)s
WHERE (d.id = %(document)s OR %(document)s::uuid IS NULL)
  AND (d.dataset_id = %(dataset)s OR %(dataset)s::uuid IS NULL)
  AND c.generation = coalesce(%(generation)s::int, d.active_generation)
"""
_COUNTS = f"SELECT count(*), count(v.id) FROM {_SCOPE}"  # noqa: S608 -- joined from this module's own constants
_LACKING = f"""
SELECT c.id, c.document_id, c."position", c.fingerprint, d.title, c.heading, c.content FROM {_SCOPE}
  AND v.id IS NULL
  AND (%(after)s::uuid IS NULL OR (c.document_id, c."position") > (%(after)s::uuid, %(position)s::int))
ORDER BY c.document_id, c."position" LIMIT %(most)s
"""  # noqa: S608 -- same
_SHARE = f"""
INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, is_enabled, vector)
SELECT c.id, %(space)s, c.document_id, c.generation, c.is_enabled, same.vector
FROM (SELECT c.id, c.document_id, c.generation, c.is_enabled, c.fingerprint FROM {_SCOPE} AND v.id IS NULL) c
CROSS JOIN LATERAL (
  SELECT w.vector FROM knowledge_chunk o JOIN knowledge_chunkvector w ON w.chunk_id = o.id AND w.space_id = %(space)s
  WHERE o.fingerprint = c.fingerprint LIMIT 1
) same
ON CONFLICT DO NOTHING
"""  # noqa: S608 -- same
# Whoever was edited, disabled or deleted while its vector was made is as it is now.
_VECTORS = """
INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, is_enabled, vector)
SELECT c.id, %s, c.document_id, c.generation, c.is_enabled, row.vector::halfvec
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS row (id, fingerprint, vector)
JOIN knowledge_chunk c ON c.id = row.id AND c.fingerprint = row.fingerprint
ON CONFLICT (chunk_id, space_id) DO UPDATE SET vector = excluded.vector
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The chunks to look after: of one generation of a document, or all that readers see of a dataset."""

    document_id: UUID | None = None
    generation: int | None = None
    dataset_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A piece as a chunk: `words` are what the full text search is to see of it."""

    position: int
    content: str
    page: int | None
    heading: str
    start: int
    end: int
    words: str
    fingerprint: UUID


@dataclass(frozen=True, slots=True)
class Lacking:
    """A chunk without a vector in some space."""

    id: UUID
    document_id: UUID
    position: int
    fingerprint: UUID
    title: str
    heading: str
    content: str

    @property
    def place(self) -> Place:
        return self.document_id, self.position


def add_chunks(rows: Sequence[Row], *, document_id: UUID, generation: int, active: int, search_config: str) -> None:
    with connection.cursor() as cursor:
        for first in range(0, len(rows), _ROWS):
            part = rows[first : first + _ROWS]
            columns: list[list[Any]] = [
                [uuid4() for _ in part],
                [row.position for row in part],
                [row.content for row in part],
                [row.page for row in part],
                [row.heading for row in part],
                [row.start for row in part],
                [row.end for row in part],
                [bigrams(row.words) for row in part],
                [row.fingerprint for row in part],
            ]
            cursor.execute(_CHUNKS, [document_id, generation, search_config, *columns])
        if active:
            cursor.execute(_KEEP_DISABLED, [document_id, generation, active])


def set_words(chunk_id: UUID, words: str, *, search_config: str) -> None:
    """What the full text search is to see of a chunk that was edited."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE knowledge_chunk SET search = to_tsvector(%s::regconfig, %s) WHERE id = %s",
            [search_config, bigrams(words), chunk_id],
        )


def counts(scope: Scope, space: EmbeddingSpace) -> tuple[int, int]:
    """How many chunks there are, and how many of them have their vector."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, _facts(scope, space))
        total, done = cursor.fetchone()
    return total, done


def share(scope: Scope, space: EmbeddingSpace) -> None:
    """Copy the vectors of equal chunks, wherever the tenant has some."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, _facts(scope, space))


def lacking(scope: Scope, space: EmbeddingSpace, *, after: Place | None, most: int) -> list[Lacking]:
    """The next chunks without a vector, in reading order."""
    document, position = after or (None, None)
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, {**_facts(scope, space), "after": document, "position": position, "most": most})
        return [Lacking(*row) for row in cursor.fetchall()]


def add_vectors(batch: Sequence[Lacking], vectors: Sequence[Sequence[float]], space: EmbeddingSpace) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _VECTORS,
            [
                space.id,
                [item.id for item in batch],
                [item.fingerprint for item in batch],
                [HalfVector(list(vector)).to_text() for vector in vectors],
            ],
        )


def _facts(scope: Scope, space: EmbeddingSpace) -> dict[str, Any]:
    return {
        "space": space.id,
        "document": scope.document_id,
        "dataset": scope.dataset_id,
        "generation": scope.generation,
    }
