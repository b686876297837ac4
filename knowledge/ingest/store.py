"""Writes embedded pieces as chunks of a generation that nobody reads yet.

Each batch is one short transaction that first makes sure of the lease: a worker that lost it writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import connection, transaction
from pgvector import HalfVector

from knowledge.enums import Stage
from knowledge.ingest.embed import Embedded
from knowledge.ingest.queue import Lease

_CHUNKS = """
INSERT INTO knowledge_chunk (id, document_id, generation, "position", content, page, heading, start, "end", search)
SELECT id, %s, %s, "position", content, page, heading, start, "end", to_tsvector(%s::regconfig, words)
FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::int[], %s::text[], %s::int[], %s::int[], %s::text[])
  AS row (id, "position", content, page, heading, start, "end", words)
"""
_VECTORS = """
INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, vector)
SELECT id, %s, %s, %s, vector::halfvec FROM unnest(%s::uuid[], %s::text[]) AS row (id, vector)
"""


def write(batch: Sequence[Embedded], *, lease: Lease, search_config: str, progress: int) -> None:
    """Raises `LeaseLost`, with nothing written, where the document is no longer ours."""
    claim = lease.claim
    ids: list[UUID] = [uuid4() for _ in batch]
    pieces = [item.piece for item in batch]
    with transaction.atomic(), connection.cursor() as cursor:
        lease.report(stage=Stage.EMBEDDING, progress=progress)
        cursor.execute(
            _CHUNKS,
            [
                claim.document_id,
                claim.generation,
                search_config,
                ids,
                [piece.position for piece in pieces],
                [piece.content for piece in pieces],
                [piece.page for piece in pieces],
                [piece.heading for piece in pieces],
                [piece.start for piece in pieces],
                [piece.end for piece in pieces],
                [item.words for item in batch],
            ],
        )
        vectors = [HalfVector(item.vector).to_text() for item in batch]
        cursor.execute(_VECTORS, [claim.space.id, claim.document_id, claim.generation, ids, vectors])
