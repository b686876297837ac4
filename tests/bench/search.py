"""`python -m tests.bench.search`: how long a search's database work takes by the size of a space, scanned exactly and
through the index, and how many of the true ten nearest the index finds."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from config.embedded import temporary

SIZES = (1_000, 5_000, 20_000, 50_000, 100_000)
DIMENSIONS, TOPICS, QUERIES = 384, 200, 30
WORDS = [f"word{number}" for number in range(5_000)]


def main() -> None:
    with temporary.temporary() as services:
        os.environ.update(
            PARLEY_ENV="test", DATABASE_URL=services.database_url, REDIS_URL=services.redis_url,
            DJANGO_SETTINGS_MODULE="config.settings",
        )  # fmt: skip
        import django  # noqa: PLC0415 -- the addresses have to be known first

        django.setup()
        with _tenant() as measure:
            measure()


@contextmanager
def _tenant() -> Iterator[Callable[[], None]]:
    from django.core.management import call_command  # noqa: PLC0415 -- Django is set up by now

    from tenants import context, services  # noqa: PLC0415 -- same
    from tenants.provisioning import defaults  # noqa: PLC0415 -- same
    from tenants.types import Principal  # noqa: PLC0415 -- same

    call_command("migrate_schemas", verbosity=0)
    defaults.ensure()
    made = services.create_tenant(
        by=Principal(), name="Bench", slug="bench", plan="enterprise", email="b@bench.example", password="x" * 20
    )
    tenant = getattr(made, "tenant", made)
    with context.entered(tenant.ref):
        yield _measure


def _measure() -> None:
    from django.conf import settings  # noqa: PLC0415 -- same
    from django.db import connection  # noqa: PLC0415 -- same

    from knowledge.models import Dataset, EmbeddingSpace  # noqa: PLC0415 -- same
    from knowledge.search import index  # noqa: PLC0415 -- same

    random = np.random.default_rng(1)
    centres = random.normal(size=(TOPICS, DIMENSIONS))
    space = EmbeddingSpace.objects.create(provider="bench", model="bench", dimensions=DIMENSIONS)
    datasets = [Dataset.objects.create(name=name, active_space=space) for name in ("99 %", "1 %")]
    print("| chunks | asked | exact p50/p95, ms | index p50/p95, ms | recall@10 | build, s |")  # noqa: T201 -- its purpose
    print("|--:|---|--:|--:|--:|--:|")  # noqa: T201 -- same
    have = 0
    for size in SIZES:
        _fill(datasets, space.id, centres, random, count=size - have)
        have = size
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE knowledge_chunkvector; ANALYZE knowledge_chunk; ANALYZE knowledge_document")
        questions = [_near(centres, random, 1)[0] for _ in range(QUERIES)]
        asked = [([d.id for d in datasets], "all"), ([datasets[1].id], "1 % of it")]
        settings.SEARCH_INDEX_FROM = 10**9
        index.tend(space)
        exact = [_timed(ids, space, questions) for ids, _ in asked]
        settings.SEARCH_INDEX_FROM = 1
        began = time.perf_counter()
        index.tend(space)
        build = time.perf_counter() - began
        for (ids, name), (spent, truth) in zip(asked, exact, strict=True):
            indexed, found = _timed(ids, space, questions)
            recall = statistics.mean(len(set(a) & set(b)) / max(1, len(a)) for a, b in zip(truth, found, strict=True))
            print(  # noqa: T201 -- same
                f"| {size:,} | {name} | {_shown(spent)} | {_shown(indexed)} | {recall:.3f} | {build:.1f} |", flush=True
            )


def _near(centres: NDArray[Any], random: Any, count: int) -> list[list[float]]:
    """Vectors around a topic, as texts are: of length one."""
    rows = centres[random.integers(TOPICS, size=count)] + random.normal(size=(count, DIMENSIONS)) * 0.8
    normed: list[list[float]] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).tolist()
    return normed


def _fill(datasets: list[Any], space: UUID, centres: NDArray[Any], random: Any, *, count: int) -> None:
    from django.db import connection  # noqa: PLC0415 -- Django is set up by now
    from pgvector import HalfVector  # noqa: PLC0415 -- same

    from knowledge.models import Document  # noqa: PLC0415 -- same

    for first in range(0, count, 100):
        dataset = datasets[1] if first % 10_000 == 0 else datasets[0]
        document = Document.objects.create(
            dataset=dataset, title="T", source_type="text", size_bytes=1, content_hash=uuid4().hex, status="completed",
            generation=1, active_generation=1, chunk_count=100, search_config="english",
        )  # fmt: skip
        ids = [uuid4() for _ in range(100)]
        texts = [" ".join(random.choice(WORDS, size=120)) for _ in ids]
        with connection.cursor() as cursor:
            cursor.execute(
                'INSERT INTO knowledge_chunk (id, document_id, generation, "position", content, heading, start, "end",'
                " search, is_enabled) SELECT id, %s, 1, at, words, '', 0, 1, to_tsvector('english', words), true"
                " FROM unnest(%s::uuid[], %s::int[], %s::text[]) AS row (id, at, words)",
                [document.id, ids, list(range(100)), texts],
            )
            vectors = [HalfVector(vector).to_text() for vector in _near(centres, random, 100)]
            cursor.execute(
                "INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, is_enabled, vector)"
                " SELECT id, %s, %s, 1, true, vector::halfvec FROM unnest(%s::uuid[], %s::text[]) AS row (id, vector)",
                [space, document.id, ids, vectors],
            )


def _timed(ids: list[UUID], space: Any, questions: list[list[float]]) -> tuple[list[float], list[list[Any]]]:
    from django.db.models import Sum  # noqa: PLC0415 -- Django is set up by now
    from pgvector import HalfVector  # noqa: PLC0415 -- same

    from knowledge.models import Document  # noqa: PLC0415 -- same
    from knowledge.search import ranking, search  # noqa: PLC0415 -- same

    spent, found = [], []
    size = Document.objects.filter(dataset__in=ids).aggregate(size=Sum("chunk_count"))["size"]
    for number, question in enumerate(questions):
        words = " ".join(WORDS[(number * 37 + step) % len(WORDS)] for step in range(6))
        began = time.perf_counter()
        asked = search.Question(words, tuple(ids), copy_context(), spaces={space.id: space}, sizes={space.id: size})
        asked.vectors[space.id] = HalfVector(question).to_text()
        rows = ranking.rows(asked)
        spent.append((time.perf_counter() - began) * 1000)
        ranked = sorted((row[11], row[0]) for row in rows if row[11] is not None)
        found.append([chunk for _, chunk in ranked[:10]])
    return spent, found


def _shown(spent: list[float]) -> str:
    return f"{statistics.median(spent):.1f} / {sorted(spent)[int(len(spent) * 0.95)]:.1f}"


if __name__ == "__main__":
    main()
