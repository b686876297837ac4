"""Search through an HNSW index, which finds what the exact scan finds and never less than there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from pgvector import HalfVector

from knowledge import selectors
from knowledge.models import Chunk, ChunkVector, Dataset, Document, EmbeddingSpace
from knowledge.search import index, lexical, search
from tenants import context
from tenants.models import Tenant
from tenants.types import TenantRef


class Pointing:
    """An embedder whose vector for a text is given by the number at its end."""

    def __init__(self, size: int) -> None:
        self.size = size

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        return [vector(int(text.split()[-1]), self.size) for text in texts]


def vector(seed: int, size: int = 8) -> list[float]:
    row = np.random.default_rng(seed).normal(size=size)
    return [float(value) for value in row / np.linalg.norm(row)]


@pytest.fixture
def tenant(django_db_blocker: Any, django_db_setup: None) -> Iterator[TenantRef]:
    """Acme without a transaction, outside of which an index is built; what a test made is deleted afterwards."""
    with django_db_blocker.unblock(), context.entered(Tenant.objects.get(slug="acme").ref) as acme:
        try:
            yield acme
        finally:
            with connection.cursor() as cursor:
                for space in EmbeddingSpace.objects.all():
                    cursor.execute(f"DROP INDEX IF EXISTS {index.name_of(space.id)}")
            Dataset.objects.all().delete()
            EmbeddingSpace.objects.all().delete()


@pytest.fixture
def space(tenant: TenantRef, monkeypatch: pytest.MonkeyPatch, settings: Any) -> EmbeddingSpace:
    settings.SEARCH_INDEX_FROM = 100
    monkeypatch.setattr(selectors, "embedder", lambda space: Pointing(space.dimensions))
    return EmbeddingSpace.objects.create(provider="test", model="pointing", dimensions=8)


def filled(space: EmbeddingSpace, count: int, *, first: int = 0) -> Dataset:
    """A dataset with a document of so many chunks, each with a vector of its own: `chunk <first>` and so on."""
    dataset = Dataset.objects.create(name=f"From {first}", active_space=space)
    document = Document.objects.create(
        dataset=dataset, title="T", source_type="text", size_bytes=1, content_hash=str(first), status="completed",
        generation=1, active_generation=1, chunk_count=count,
    )  # fmt: skip
    ids = [uuid4() for _ in range(count)]
    vectors = [HalfVector(vector(first + at, space.dimensions)).to_text() for at in range(count)]
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO knowledge_chunk (id, document_id, generation, "position", content, heading, start, "end",'
            " search, is_enabled) SELECT id, %s, 1, at, 'chunk ' || at, '', 0, 1, to_tsvector('simple', 'chunk' || at),"
            " true FROM unnest(%s::uuid[], %s::int[]) AS row (id, at)",
            [document.id, ids, list(range(first, first + count))],
        )
        cursor.execute(
            "INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, is_enabled, vector)"
            " SELECT id, %s, %s, 1, true, vector::halfvec FROM unnest(%s::uuid[], %s::text[]) AS row (id, vector)",
            [space.id, document.id, ids, vectors],
        )
    return dataset


@pytest.fixture
def big(space: EmbeddingSpace) -> Dataset:
    return filled(space, 400)


def found(*datasets: Dataset, seed: int, k: int = 20) -> list[str]:
    """The passages by their nearness."""
    answer = search.search(dataset_ids=[each.id for each in datasets], query=f"where {seed}", k=k)
    return [hit.content for hit in sorted(answer.passages, key=lambda hit: hit.dense_rank or 99)]


def scans(dataset: Dataset) -> int:
    """How often the index of the dataset's space was gone through."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT coalesce(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname = %s",
            [index.name_of(dataset.active_space_id)],
        )
        return int(cursor.fetchone()[0])


def address() -> str:
    given = django_settings.DATABASES["default"] | connection.settings_dict
    place = {name: given[key] for name, key in (("host", "HOST"), ("port", "PORT"), ("user", "USER")) if given[key]}
    return psycopg.conninfo.make_conninfo(dbname=given["NAME"], password=given["PASSWORD"] or None, **place)


def test_the_index_is_gone_through_and_finds_what_the_scan_finds(big: Dataset, settings: Any) -> None:
    exact = [found(big, seed=seed) for seed in range(1_000, 1_010)]
    assert index.tend(big.active_space) == "built"
    assert index.tend(big.active_space) == "kept"
    before = scans(big)
    for seed, nearest in enumerate(exact, 1_000):  # the index rounds, so neighbours may change places
        assert set(found(big, seed=seed)[:10]) <= set(nearest[:12])
    assert scans(big) == before + 10
    settings.SEARCH_INDEX_FROM = 401  # the datasets asked for are smaller: the exact scan is as fast
    assert found(big, seed=1_000) == exact[0]
    assert scans(big) == before + 10


def test_the_planner_takes_the_index_and_sorts_nothing(big: Dataset) -> None:
    index.tend(big.active_space)
    asked: dict[str, Any] = {"datasets": [big.id], "vector": HalfVector(vector(1)).to_text(), "depth": 10}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(index._SETTINGS)
        cursor.execute(f"EXPLAIN {index.statement(big.active_space)}", asked)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert f"Index Scan using {index.name_of(big.active_space_id)}" in plan
    assert "Sort" not in plan


def test_a_small_dataset_in_a_large_space_is_found_whole(big: Dataset, space: EmbeddingSpace, settings: Any) -> None:
    small = filled(space, 3, first=10_000)
    index.tend(space)
    settings.SEARCH_INDEX_FROM = 1
    before = scans(big)
    assert sorted(found(small, seed=1)) == ["chunk 10000", "chunk 10001", "chunk 10002"]
    assert scans(big) == before  # too small a share of the space
    assert found(big, small, seed=10_001)[0] == "chunk 10001"
    assert scans(big) == before + 1


def test_where_the_index_finds_too_few_the_scan_finds_the_rest(
    big: Dataset, space: EmbeddingSpace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = filled(space, 3, first=10_000)
    index.tend(space)
    settings.SEARCH_INDEX_FROM = 1
    monkeypatch.setattr(index, "_SHARE", 0)
    nearest = index.nearest(space, vector=HalfVector(vector(1)).to_text(), datasets=[small.id], depth=50)
    assert nearest is None
    assert sorted(found(small, seed=1)) == ["chunk 10000", "chunk 10001", "chunk 10002"]


def test_what_is_disabled_or_gone_is_not_found_through_the_index(big: Dataset) -> None:
    index.tend(big.active_space)
    first, second, third, *_ = found(big, seed=7)
    assert first == "chunk 7"
    disabled = Chunk.objects.get(content=first)
    ChunkVector.objects.filter(chunk=disabled.id).update(is_enabled=False)
    Chunk.objects.filter(id=disabled.id).update(is_enabled=False)
    assert found(big, seed=7)[0] == second
    Chunk.objects.filter(content=second).delete()
    assert found(big, seed=7)[0] == third
    ChunkVector.objects.filter(chunk=disabled.id).update(is_enabled=True)
    Chunk.objects.filter(id=disabled.id).update(is_enabled=True)
    assert found(big, seed=7)[:2] == [first, third]


def test_an_index_that_broke_off_is_not_used_and_is_built_anew(big: Dataset) -> None:
    name = index.name_of(big.active_space_id)
    with connection.cursor() as cursor, pytest.raises(Exception, match="duplicate"):
        # A unique index over equal values cannot be built, and leaves an invalid one behind.
        cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON knowledge_chunkvector (generation)")
    assert not index.pays(big.active_space_id, size=400)
    assert found(big, seed=7)[0] == "chunk 7"
    assert index.tend(big.active_space) == "built"
    assert index.pays(big.active_space_id, size=400)


def test_a_needless_index_goes_once_half_of_what_called_for_it_is_gone(big: Dataset, settings: Any) -> None:
    assert index.tend_all() == 1
    settings.SEARCH_INDEX_FROM = 800
    assert index.tend(big.active_space) == "kept"
    settings.SEARCH_INDEX_FROM = 802
    assert index.tend(big.active_space) == "dropped"
    assert index.tend(big.active_space) == "none"


def test_one_index_is_built_at_a_time_and_one_being_built_is_left_alone(big: Dataset) -> None:
    with psycopg.connect(address()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [index._LOCK])
        assert index.tend(big.active_space) == "busy"
        other.execute("SELECT pg_advisory_unlock(%s)", [index._LOCK])  # the server takes a moment to see who left
    assert index.tend(big.active_space) == "built"


def test_datasets_in_two_spaces_are_ranked_apart(big: Dataset) -> None:
    other = filled(EmbeddingSpace.objects.create(provider="test", model="pointing", dimensions=16), 5, first=10_000)
    index.tend_all()
    answer = search.search(dataset_ids=[big.id, other.id], query="where 10003", k=100).passages
    there = [hit for hit in answer if hit.dataset_id == other.id]
    assert sorted(hit.dense_rank or 0 for hit in there) == [1, 2, 3, 4, 5]
    assert next(hit.content for hit in there if hit.dense_rank == 1) == "chunk 10003"
    here = [hit for hit in answer if hit.dataset_id == big.id]
    assert sorted(hit.dense_rank or 0 for hit in here) == list(range(1, 51))
    assert found(big, seed=7)[0] == "chunk 7"


def test_of_common_words_those_chunks_are_ranked_that_hold_a_rarer_one(
    big: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE knowledge_chunk SET search = to_tsvector('simple', content)")
        cursor.execute("ANALYZE knowledge_chunk")

    def by_words(query: str) -> list[str]:
        answer = search.search(dataset_ids=[big.id], query=query, k=200).passages
        return [hit.content for hit in answer if hit.lexical_rank]

    assert len(by_words("chunk 7")) == 50
    monkeypatch.setattr(lexical, "FEW", 100)
    assert by_words("chunk 7") == ["chunk 7"]
    assert len(by_words("chunk 5000")) == 50  # no chunk holds the rarer one
    assert len(by_words("chunk with 3")) == 1  # "with" is in none either


def test_a_limit_holds_in_the_index_too(big: Dataset) -> None:
    other = Document.objects.create(
        dataset=big, title="Tagged", source_type="text", size_bytes=1, content_hash="tagged", status="completed",
        generation=1, active_generation=1, chunk_count=200, tags=["public"],
    )  # fmt: skip
    odd = Chunk.objects.filter(position__gte=200)
    ChunkVector.objects.filter(chunk__in=odd).update(document=other)
    odd.update(document=other)
    index.tend(big.active_space)
    limits = {big.id: search.Filter(tags=("public",))}
    before = scans(big)
    answer = search.search(dataset_ids=[big.id], query="where 7", k=50, limits=limits)
    places = [int(hit.content.split()[-1]) for hit in answer.passages]
    assert scans(big) == before + 1
    assert len(places) == 50
    assert min(places) >= 200
