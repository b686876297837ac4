"""The documents table as a queue: nothing is lost, doubled or stuck, whatever happens to a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from redis import Redis

from knowledge import services, tasks
from knowledge.enums import Stage, Status
from knowledge.ingest import embed, pipeline, queue, store
from knowledge.ingest.types import Piece
from knowledge.models import Chunk, ChunkVector, Document
from knowledge.tests.conftest import upload
from tenants.types import Principal

Add = Callable[..., Document]
Process = Callable[[Document], Document]


def lapse(document: Document) -> None:
    """The worker fell silent and its lease ran out."""
    Document.objects.filter(id=document.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def taken(document: Document) -> queue.Claim:
    claim = queue.claim(document.id)
    assert claim is not None
    return claim


def outcome(chunks: int = 1) -> queue.Outcome:
    return queue.Outcome(chunks=chunks, pages=None, characters=10, language="en", search_config="english")


def written(claim: queue.Claim, text: str = "Some text.") -> None:
    batch = [embed.Embedded(Piece(0, text, "", None, 0, len(text)), [0.5] * 384, text)]
    store.write(batch, lease=queue.Lease(claim), search_config="english", progress=50)


def test_a_document_goes_from_pending_to_completed(add: Add, process: Process) -> None:
    document = add()
    assert (document.status, document.progress, document.chunk_count) == (Status.PENDING, 0, 0)
    process(document)
    assert (document.status, document.progress, document.stage) == (Status.COMPLETED, 100, "")
    assert (document.attempts, document.active_generation, document.language) == (1, 1, "en")
    assert document.chunk_count == Chunk.objects.filter(document=document).count() == 1
    assert document.started_at is not None
    assert document.finished_at is not None


def test_one_worker_takes_a_document(add: Add) -> None:
    document = add()
    assert queue.claim(document.id) is not None
    assert queue.claim(document.id) is None


def test_a_message_for_a_document_that_is_done_or_gone_does_nothing(add: Add, process: Process) -> None:
    document = process(add())
    finished = document.finished_at
    process(document)
    assert (document.finished_at, document.attempts) == (finished, 1)
    pipeline.run(uuid4())


def test_what_a_killed_worker_left_is_taken_again_and_doubles_nothing(add: Add, process: Process) -> None:
    document = add()
    written(taken(document), "Half of it.")
    assert queue.claim(document.id) is None
    lapse(document)
    process(document)
    assert (document.status, document.attempts, document.active_generation) == (Status.COMPLETED, 2, 2)
    assert [chunk.generation for chunk in Chunk.objects.filter(document=document)] == [2]
    assert ChunkVector.objects.filter(document=document).count() == 1


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(add: Add) -> None:
    document = add()
    late = taken(document)
    lapse(document)
    current = taken(document)
    acts: list[Callable[[], None]] = [
        lambda: written(late),
        lambda: queue.Lease(late).report(stage=Stage.EMBEDDING, progress=50),
        lambda: queue.complete(late, outcome=outcome()),
        lambda: queue.fail(late, code="no_text", reason="There is no text."),
        lambda: queue.give_back(late),
    ]
    for act in acts:
        with pytest.raises(queue.LeaseLost):
            act()
    assert not Chunk.objects.filter(document=document).exists()
    written(current)
    queue.complete(current, outcome=outcome())
    document.refresh_from_db()
    assert (document.status, document.active_generation) == (Status.COMPLETED, 2)


def test_a_worker_whose_document_is_deleted_stops(add: Add, principal: Principal) -> None:
    document = add()
    claim = taken(document)
    services.delete_document(by=principal, document=document)
    with pytest.raises(queue.LeaseLost):
        written(claim)
    assert not Chunk.objects.exists()


def test_readers_see_the_old_generation_until_the_new_one_is_whole(
    add: Add, process: Process, principal: Principal
) -> None:
    document = process(add())
    before = Chunk.objects.get(document=document).id
    services.reprocess_document(by=principal, document=document)
    claim = taken(document)
    written(claim)
    document.refresh_from_db()
    assert (document.status, document.active_generation) == (Status.PROCESSING, 1)
    assert Chunk.objects.filter(document=document, generation=1).get().id == before
    queue.complete(claim, outcome=outcome())
    assert [chunk.generation for chunk in Chunk.objects.filter(document=document)] == [2]


def test_a_file_that_cannot_be_read_fails_at_once_with_a_reason(
    dataset: Any, principal: Principal, process: Process
) -> None:
    file = upload("broken.pdf", b"%PDF-1.4 and then nothing of the kind")
    added = services.add_files(by=principal, dataset=dataset, files=[file])[0]
    document = process(added.document)
    assert (document.status, document.error_code, document.attempts) == (Status.FAILED, "corrupt_file", 1)
    assert document.error.endswith(".")


def test_trouble_of_ours_is_tried_again_later_and_fails_after_the_last_attempt(
    add: Add, process: Process, stored: Callable[[], list[str]], tmp_path: Any, settings: Any
) -> None:
    settings.INGEST_MAX_ATTEMPTS = 2
    document = add()
    (tmp_path / stored()[0]).unlink()
    process(document)
    assert (document.status, document.attempts, document.error) == (Status.PENDING, 1, "")
    assert document.available_at > timezone.now()
    process(document)
    assert document.attempts == 1, "not before its time"
    Document.objects.filter(id=document.id).update(available_at=timezone.now())
    process(document)
    assert (document.status, document.error_code) == (Status.FAILED, "processing_failed")


def test_a_document_that_kills_every_worker_fails_and_leaves_no_chunks(add: Add, settings: Any) -> None:
    settings.INGEST_MAX_ATTEMPTS = 2
    document, other = add(), add("Another text.")
    for _ in range(2):
        written(taken(document))
        assert tasks.sweep() == 0
        lapse(document)
    taken(other)
    assert tasks.sweep() == 0
    document.refresh_from_db()
    assert (document.status, document.error_code, document.attempts) == (Status.FAILED, "processing_failed", 2)
    assert "2 times" in document.error
    assert not Chunk.objects.filter(document=document).exists()
    other.refresh_from_db()
    assert other.status == Status.PROCESSING


def test_the_sweep_rings_for_what_nobody_heard_and_does_not_ring_twice(add: Add) -> None:
    document = add()
    assert tasks.sweep() == 0, "it was rung for when it was added"
    Document.objects.update(rung_at=timezone.now() - timedelta(minutes=5))
    assert tasks.sweep() == 1
    assert tasks.sweep() == 0
    taken(document)
    Document.objects.update(rung_at=timezone.now() - timedelta(minutes=5))
    assert tasks.sweep() == 0, "somebody is at work"
    lapse(document)
    assert tasks.sweep() == 1


def test_adding_rings_once_the_row_is_there(add: Add, django_capture_on_commit_callbacks: Any, settings: Any) -> None:
    broker = Redis.from_url(settings.REDIS_URL)
    with django_capture_on_commit_callbacks(execute=True):
        add()
        assert broker.llen("parley:celery") == 0
    assert broker.llen("parley:celery") == 1
    broker.close()


def test_an_idle_sweep_asks_each_tenant_one_question(acme: Any, globex: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(6):  # who is live, and for each of the two one question; each enters its schema
        tasks.sweep()


def test_progress_never_falls_within_an_attempt(add: Add) -> None:
    document = add()
    lease = queue.Lease(taken(document))
    for said, shown in ((10, 10), (40, 40), (30, 40), (95, 95)):
        lease.report(stage=Stage.EMBEDDING, progress=said)
        document.refresh_from_db()
        assert document.progress == shown


def test_the_database_refuses_states_that_nobody_would_move_on_from(add: Add) -> None:
    document = add()
    for wrong in (
        {"status": "processing"},
        {"status": "completed", "lease_token": uuid4()},
        {"status": "failed"},
        {"status": "nonsense"},
        {"progress": 101},
        {"active_generation": 5},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.filter(id=document.id).update(**wrong)
    Document.objects.filter(id=document.id).update(status="failed", error="It is empty.", error_code="empty_file")
