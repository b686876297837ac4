"""HNSW indexes over the vectors of large spaces, and the dense ranking through them.

Below `SEARCH_INDEX_FROM` vectors an exact scan is as fast and finds everything, so there is no index
(docs/performance.md has the figures). An index is of one space of one tenant: a partial one over a cast, since the
column holds vectors of all sizes. It is built beside what goes on (CONCURRENTLY), one at a time in the whole database;
one that broke off is invalid, is never used, and is built anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from knowledge.models import ChunkVector, EmbeddingSpace
from knowledge.search import within
from knowledge.types import Filter

Tended = Literal["none", "kept", "built", "dropped", "busy"]

_EF_SEARCH: Final = 100
_MOST_TUPLES: Final = 40_000  # that a filtered search walks through before the exact scan takes over
_SHARE: Final = 0.1  # of the space that the datasets must have: of less, the index finds too few of the nearest
_LOCK: Final = 7_302_571  # any number: one build at a time
_STATE: Final = """
SELECT i.indisvalid, c.reltuples FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indexrelid = to_regclass(%s)
"""
_NEAREST: Final = """
SELECT v.chunk_id
FROM knowledge_chunkvector v JOIN knowledge_document d ON d.id = v.document_id AND d.active_generation = v.generation
WHERE v.space_id = '{space}' AND v.is_enabled AND d.dataset_id = ANY(%(datasets)s) {within}
ORDER BY v.vector::halfvec({size}) <=> %(vector)s::halfvec({size}) LIMIT %(depth)s
"""
# The planner does not know that the index is walked only as far as is needed: other plans are closed to it.
_SETTINGS: Final = f"""
SET LOCAL hnsw.ef_search = {_EF_SEARCH}; SET LOCAL hnsw.iterative_scan = strict_order;
SET LOCAL hnsw.max_scan_tuples = {_MOST_TUPLES}; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off
"""
_BUILD: Final = """
CREATE INDEX CONCURRENTLY {name} ON knowledge_chunkvector
USING hnsw ((vector::halfvec({size})) halfvec_cosine_ops) WHERE space_id = '{space}'
"""


def name_of(space_id: UUID) -> str:
    return f"hnsw_{space_id.hex}"


def pays(space_id: UUID, *, size: int) -> bool:
    """Whether datasets with so many chunks in the space are better searched through its index, which must be valid."""
    if size < settings.SEARCH_INDEX_FROM:
        return False
    is_valid, whole = _state(name_of(space_id)) or (False, 0)
    return is_valid and size >= _SHARE * whole


def nearest(
    space: EmbeddingSpace,
    *,
    vector: str,
    datasets: Sequence[UUID],
    depth: int,
    limits: Mapping[UUID, Filter] | None = None,
) -> list[UUID] | None:
    """The nearest chunks of the datasets, nearest first, through the index; `None` where it found fewer than asked
    for, so that the exact scan finds what there is."""
    asked: dict[str, Any] = {"datasets": list(datasets), "vector": vector, "depth": depth}
    asked["within"] = within.parameter(limits or {})
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(statement(space, limits), asked)
        found = [row[0] for row in cursor.fetchall()]
    return found if len(found) == depth else None


def statement(space: EmbeddingSpace, limits: Mapping[UUID, Filter] | None = None) -> str:
    """With the space as a constant, which a partial index asks for: a UUID and a number, both of ours."""
    return _NEAREST.format(space=space.id, size=int(space.dimensions), within=within.clause(limits or {}))


def tend_all() -> int:
    """See to the indexes of the current tenant; answers how many were built. Not inside a transaction."""
    return sum(tend(space) == "built" for space in EmbeddingSpace.objects.order_by("created_at", "id"))


def tend(space: EmbeddingSpace) -> Tended:
    """Build the space's index where it became large, drop it where it is small again, mend it where it broke off."""
    with connection.cursor() as cursor:
        # Held for looking too: an index that another process is building looks like one that broke off.
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return "busy"
        try:
            return _tend(cursor, space)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _tend(cursor: Any, space: EmbeddingSpace) -> Tended:  # noqa: ANN401 -- Django's cursor
    count = ChunkVector.objects.filter(space=space).count()
    name, threshold = name_of(space.id), settings.SEARCH_INDEX_FROM
    state = _state(name)
    if state is not None:
        if state[0] and count >= threshold // 2:
            return "kept"
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    if count < threshold:
        return "none" if state is None else "dropped"
    try:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute(_BUILD.format(name=name, space=space.id, size=int(space.dimensions)))
    finally:
        cursor.execute("RESET maintenance_work_mem")
    return "built"


def _state(name: str) -> tuple[bool, float] | None:
    """Whether the index is valid, and how many vectors it had when last looked at; `None` where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [name])
        row: tuple[bool, float] | None = cursor.fetchone()
    return row
