"""Search through an HNSW index, which finds what the exact scan finds and never less than there is."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import connection
from pgvector import HalfVector

from integrations.errors import ProviderUnreachable
from knowledge import selectors, services
from knowledge.models import Chunk, ChunkVector, Dataset, Document, EmbeddingSpace
from knowledge.search import index, search
from tenants import context
from tenants.types import Principal, TenantRef

SIZE = 8


class Pointing:
    """An embedder whose vector for a text is given by the numbers in it."""

    model, dimensions, batch = "pointing", SIZE, 64

    def embed_query(self, text: str) -> list[float]:
        return vector(int(text.split()[-1]))


def vector(seed: int) -> list[float]:
    row = np.random.default_rng(seed).normal(size=SIZE)
    return [float(value) for value in row / np.linalg.norm(row)]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SEARCH_INDEX_FROM = 100
    monkeypatch.setattr(selectors, "embedder", lambda space: Pointing())


def filled(principal: Principal, count: int, *, first: int = 0, space: EmbeddingSpace | None = None) -> Dataset:
    """A dataset with a document of so many chunks, each with a vector of its own."""
    dataset = services.create_dataset(by=principal, name=f"From {first}")
    space = space or EmbeddingSpace.objects.get_or_create(provider="test", model="pointing", dimensions=SIZE)[0]
    dataset.active_space = space
    dataset.save()
    document = Document.objects.create(
        dataset=dataset, title="T", source_type="text", size_bytes=1, content_hash=str(first), status="completed",
        generation=1, active_generation=1, chunk_count=count,
    )  # fmt: skip
    ids = [uuid4() for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.executemany(
            'INSERT INTO knowledge_chunk (id, document_id, generation, "position", content, heading, start, "end",'
            " search, is_enabled) VALUES (%s, %s, 1, %s, %s, '', 0, 1, to_tsvector('simple', %s), true)",
            [(chunk, document.id, at, f"chunk {first + at}", f"chunk{first + at}") for at, chunk in enumerate(ids)],
        )
        cursor.executemany(
            "INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, is_enabled, vector)"
            " VALUES (%s, %s, %s, 1, true, %s::halfvec)",
            [(chunk, space.id, document.id, HalfVector(vector(first + at)).to_text()) for at, chunk in enumerate(ids)],
        )
    return dataset


def ranks(dataset_ids: list[UUID], seed: int, depth: int = 20) -> list[str]:
    found = search.search(dataset_ids=dataset_ids, query=f"where {seed}", k=depth).passages
    return [hit.content for hit in sorted(found, key=lambda hit: hit.dense_rank or 99)]


@pytest.fixture
def big(db_outside: None, principal_outside: Principal, plain: None) -> Dataset:
    return filled(principal_outside, 400)


@pytest.fixture
def db_outside(transactional_acme: TenantRef) -> None:
    """An index is built outside of transactions, so these tests have none around them."""


@pytest.fixture
def principal_outside(transactional_acme: TenantRef) -> Principal:
    return Principal(kind="user", tenant=transactional_acme)


@pytest.fixture
def transactional_acme(django_db_blocker: Any, django_db_setup: None) -> Any:
    """Acme, entered without a transaction; what a test made is deleted afterwards."""
    from tenants.models import Tenant  # noqa: PLC0415 -- Django is set up by now

    with django_db_blocker.unblock(), context.entered(Tenant.objects.get(slug="acme").ref) as tenant:
        yield tenant
        for space in EmbeddingSpace.objects.all():
            with connection.cursor() as cursor:
                cursor.execute(f"DROP INDEX IF EXISTS {index.name_of(space.id)}")
        Dataset.objects.all().delete()
        EmbeddingSpace.objects.all().delete()


def test_the_index_is_built_used_and_finds_what_the_scan_finds(big: Dataset, settings: Any) -> None:
    exact = [set(ranks([big.id], seed)) for seed in range(1_000, 1_010)]
    assert index.tend(big.active_space) == "built"
    assert index.tend(big.active_space) == "kept"
    assert [set(ranks([big.id], seed)) for seed in range(1_000, 1_010)] == exact
    sql = index._NEAREST.format(space=big.active_space_id, size=SIZE)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", {"datasets": [big.id], "vector": HalfVector(vector(1)).to_text(), "depth": 10})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert index.name_of(big.active_space_id) in plan


def test_a_small_dataset_in_a_large_space_is_found_whole(big: Dataset, principal_outside: Principal) -> None:
    small = filled(principal_outside, 3, first=10_000, space=big.active_space)
    index.tend(big.active_space)
    assert sorted(ranks([small.id], 1)) == ["chunk 10000", "chunk 10001", "chunk 10002"]
    assert index.nearest(big.active_space, vector=HalfVector(vector(1)).to_text(), datasets=[small.id], depth=5) is None
    assert "chunk 10001" in ranks([big.id, small.id], 10_001)


def test_what_is_disabled_or_gone_is_not_found_through_the_index(big: Dataset) -> None:
    index.tend(big.active_space)
    first, second, *_ = ranks([big.id], 7)
    assert first == "chunk 7"
    gone = Chunk.objects.get(content=first)
    ChunkVector.objects.filter(chunk=gone.id).update(is_enabled=False)
    Chunk.objects.filter(id=gone.id).update(is_enabled=False)
    assert ranks([big.id], 7)[0] == second
    Chunk.objects.filter(content=second).delete()
    assert second not in ranks([big.id], 7)


def test_a_broken_index_is_not_used_and_is_built_anew_and_a_needless_one_goes(big: Dataset, settings: Any) -> None:
    index.tend(big.active_space)
    name = index.name_of(big.active_space_id)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {name}")
        # A unique index over equal values cannot be built, and leaves an invalid one behind.
        cursor.execute("SELECT count(*) FROM knowledge_chunkvector")
        with pytest.raises(Exception, match="duplicate"):
            cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON knowledge_chunkvector (generation)")
    assert not index.is_valid(big.active_space_id)
    assert ranks([big.id], 7)[0] == "chunk 7"
    assert index.tend(big.active_space) == "built"
    settings.SEARCH_INDEX_FROM = 10_000
    assert index.tend(big.active_space) == "dropped"
    assert index.tend(big.active_space) == "none"


def test_a_provider_that_does_not_embed_the_question_leaves_the_words(
    acme: TenantRef, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(Pointing):
        def embed_query(self, text: str) -> list[float]:
            raise ProviderUnreachable

    dataset = filled(principal, 5)
    monkeypatch.setattr(selectors, "embedder", lambda space: Away())
    found = search.search(dataset_ids=[dataset.id], query="chunk3")
    assert [hit.content for hit in found.passages] == ["chunk 3"]
    assert (found.passages[0].dense_rank, found.relevant) == (None, True)
    assert not search.search(dataset_ids=[dataset.id], query="chunk3 where and when and why").relevant
