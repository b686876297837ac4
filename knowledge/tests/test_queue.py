"""The tables of work as a queue: nothing is lost, doubled or stuck, whatever happens to a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from redis import Redis

from integrations.embedders import registry
from integrations.errors import ProviderBadKey, ProviderRateLimited, ProviderUnreachable
from knowledge import selectors, services, tasks
from knowledge.enums import Stage, Status
from knowledge.ingest import documents, queue, reading, store, turns
from knowledge.models import Chunk, ChunkVector, Document
from knowledge.tests.conftest import upload
from tenants import context
from tenants.types import Principal, TenantRef

Add = Callable[..., Document]
Process = Callable[[Document], Document]
LONG = "\n\n".join(
    f"Paragraph {number} says that hall {number * 7} is open on day {number}. " * 8 for number in range(40)
)


class Killed(BaseException):
    """What a SIGKILL is to the code that it hits: nothing after it runs."""


class FakeEmbedder:
    """Vectors without a model; `after` batches it does what the test says."""

    model, dimensions, batch = registry.BUILTIN_MODEL, registry.DEFAULT_DIMENSIONS, 4

    def __init__(self, *, after: int = 10**6, then: BaseException | None = None) -> None:
        self.left, self.then, self.texts = after, then, list[str]()

    def embed_documents(self, texts: Any, *, on_wait: Any = None) -> list[list[float]]:
        if not self.left and self.then is not None:
            raise self.then
        self.left -= 1
        self.texts.extend(texts)
        return [[1.0, *([0.0] * (self.dimensions - 1))] for _ in texts]


@pytest.fixture
def embed_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeEmbedder], FakeEmbedder]:
    def use(fake: FakeEmbedder) -> FakeEmbedder:
        monkeypatch.setattr(selectors, "embedder", lambda space: fake)
        return fake

    return use


def lapse(document: Document) -> None:
    """The worker fell silent and its lease ran out."""
    Document.objects.filter(id=document.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def taken() -> queue.Claim:
    claim = queue.claim_next()
    assert claim is not None
    return claim


def serve_killed() -> None:
    with pytest.raises(Killed):
        tasks.serve()


def test_a_document_goes_from_pending_to_completed(add: Add, process: Process) -> None:
    document = add()
    assert (document.status, document.progress, document.chunk_count) == (Status.PENDING, 0, 0)
    process(document)
    assert (document.status, document.progress, document.stage) == (Status.COMPLETED, 100, "")
    assert (document.active_generation, document.language) == (1, "en")
    assert document.chunk_count == document.chunks_done == Chunk.objects.filter(document=document).count() == 1
    assert document.started_at is not None
    assert document.finished_at is not None


def test_work_is_taken_once_and_in_its_order(add: Add) -> None:
    first, second = add(), add("Another text.")
    assert [taken().id, taken().id] == [first.id, second.id]
    assert queue.claim_next() is None


def test_a_call_when_nothing_waits_does_nothing(add: Add, process: Process) -> None:
    document = process(add())
    finished = document.finished_at
    assert not tasks.serve()
    tasks.take_turn()
    document.refresh_from_db()
    assert document.finished_at == finished


def test_embedding_goes_on_where_a_killed_worker_left_it(
    add: Add, process: Process, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    document = add(LONG)
    killed = embed_with(FakeEmbedder(after=3, then=Killed()))
    serve_killed()
    document.refresh_from_db()
    assert (document.status, document.stage, document.chunks_done) == (Status.PROCESSING, Stage.EMBEDDING, 12)
    chunks = set(Chunk.objects.values_list("id", flat=True))
    assert queue.claim_next() is None, "the lease still runs"
    lapse(document)
    after = embed_with(FakeEmbedder())
    process(document)
    assert (document.status, document.active_generation, document.chunks_done) == (Status.COMPLETED, 1, len(chunks))
    assert len(killed.texts) + len(after.texts) == len(chunks) == ChunkVector.objects.count()
    assert set(Chunk.objects.values_list("id", flat=True)) == chunks


def test_what_was_killed_before_it_was_split_is_read_again_and_doubles_nothing(
    add: Add, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = add(LONG)
    with monkeypatch.context() as patch:
        patch.setattr(store, "add_chunks", _killed)
        serve_killed()
    document.refresh_from_db()
    assert (document.chunk_total, Chunk.objects.count()) == (0, 0)
    lapse(document)
    process(document)
    assert (document.status, document.active_generation) == (Status.COMPLETED, 2)
    assert Chunk.objects.count() == document.chunk_count == ChunkVector.objects.count()


def _killed(*_: Any, **__: Any) -> None:
    raise Killed


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(add: Add) -> None:
    document = add()
    late = taken()
    lapse(document)
    current = taken()
    acts: list[Callable[[], None]] = [
        lambda: queue.Lease(late).change(stage=Stage.EMBEDDING),
        lambda: queue.Lease(late).advance(chunks_done=0),
        lambda: queue.complete(late, progress=100),
        lambda: queue.fail(late, code="no_text", reason="There is no text."),
        lambda: queue.give_back(late),
        lambda: queue.put_down(late),
        lambda: queue.postpone(late, seconds=1, code="x", notice="Wait."),
    ]
    for act in acts:
        with pytest.raises(queue.LeaseLost):
            act()
    queue.complete(current, progress=100)
    document.refresh_from_db()
    assert document.status == Status.COMPLETED


def test_a_worker_whose_document_is_deleted_stops(
    add: Add, principal: Principal, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    document = add(LONG)

    class Deleting(FakeEmbedder):
        def embed_documents(self, texts: Any, *, on_wait: Any = None) -> list[list[float]]:
            if not self.texts:
                services.delete_document(by=principal, document=document)
            return super().embed_documents(texts, on_wait=on_wait)

    fake = embed_with(Deleting())
    assert tasks.serve()
    assert len(fake.texts) == fake.batch
    assert not Chunk.objects.exists()
    assert not ChunkVector.objects.exists()


def test_readers_see_the_old_generation_until_the_new_one_is_whole(
    add: Add, process: Process, principal: Principal, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    document = process(add(LONG))
    before = set(selectors.chunks(document).values_list("id", flat=True))
    services.update_document(by=principal, document=document, title="Another")
    embed_with(FakeEmbedder(after=2, then=Killed()))
    serve_killed()
    document.refresh_from_db()
    assert (document.status, document.active_generation) == (Status.PROCESSING, 1)
    assert set(selectors.chunks(document).values_list("id", flat=True)) == before
    lapse(document)
    embed_with(FakeEmbedder())
    process(document)
    assert document.active_generation == 2
    assert set(Chunk.objects.values_list("generation", flat=True)) == {2}


def test_what_stayed_the_same_is_not_embedded_again(
    add: Add, process: Process, principal: Principal, dataset: Any, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    first = embed_with(FakeEmbedder())
    document = process(add(LONG))
    chunks = document.chunk_count
    assert len(first.texts) == chunks
    again = embed_with(FakeEmbedder())
    services.reprocess_document(by=principal, document=document)
    process(document)
    elsewhere = services.create_dataset(by=principal, name="Elsewhere")
    copy = process(add(LONG, to=elsewhere))
    assert (again.texts, copy.chunk_count) == ([], chunks)
    assert ChunkVector.objects.count() == 2 * chunks


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


def test_a_document_that_kills_every_worker_fails_and_the_others_go_on(
    add: Add, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, other = add(), add("Another text.")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "extract", _killed)
        for _ in range(settings.INGEST_MAX_ATTEMPTS):
            serve_killed()
            lapse(document)
    tasks.sweep()
    while tasks.serve():
        pass
    document.refresh_from_db()
    other.refresh_from_db()
    assert (document.status, document.error_code, document.attempts) == (Status.FAILED, "processing_failed", 3)
    assert "3 times" in document.error
    assert other.status == Status.COMPLETED


@pytest.mark.parametrize("error", [ProviderRateLimited(retry_after=90), ProviderUnreachable()])
def test_a_provider_that_is_busy_or_away_pauses_and_never_fails_a_document(
    add: Add, process: Process, embed_with: Callable[[FakeEmbedder], FakeEmbedder], error: Any
) -> None:
    document = add(LONG)
    for _ in range(5):
        embed_with(FakeEmbedder(after=0, then=error))
        process(document)
        assert (document.status, document.notice) == (Status.PENDING, error.owner_detail)
        assert document.available_at > timezone.now() + timedelta(seconds=(error.retry_after or 15) - 5)
        Document.objects.update(available_at=timezone.now())
    embed_with(FakeEmbedder())
    process(document)
    assert (document.status, document.notice, document.waiting_since) == (Status.COMPLETED, "", None)


def test_waiting_for_a_provider_has_an_end(
    add: Add, process: Process, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    document = add()
    embed_with(FakeEmbedder(after=0, then=ProviderUnreachable()))
    process(document)
    Document.objects.update(available_at=timezone.now(), waiting_since=timezone.now() - timedelta(hours=25))
    process(document)
    assert (document.status, document.error_code) == (Status.FAILED, "provider_unreachable")


def test_what_a_provider_refuses_fails_with_its_reason_and_goes_on_after_a_retry(
    add: Add, process: Process, principal: Principal, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    document = add(LONG)
    embed_with(FakeEmbedder(after=2, then=ProviderBadKey()))
    process(document)
    assert (document.status, document.error_code, document.chunks_done) == (Status.FAILED, "provider_bad_key", 8)
    mended = embed_with(FakeEmbedder())
    services.retry_document(by=principal, document=document)
    process(document)
    assert (document.status, len(mended.texts)) == (Status.COMPLETED, document.chunk_count - 8)


def test_a_turn_ends_where_another_tenant_waits_and_not_before(
    add: Add, globex: TenantRef, settings: Any, embed_with: Callable[[FakeEmbedder], FakeEmbedder]
) -> None:
    settings.INGEST_SLICE_SECONDS = -1
    document = add(LONG)
    fake = embed_with(FakeEmbedder())
    turns.join(globex)
    tasks.serve()
    document.refresh_from_db()
    assert (len(fake.texts), document.status, document.attempts) == (4, Status.PROCESSING, 0)
    assert queue.has_due()
    assert turns.take() == globex.id
    tasks.serve()
    document.refresh_from_db()
    assert document.status == Status.COMPLETED


def test_tenants_take_turns_however_much_one_of_them_has(acme: TenantRef, globex: TenantRef) -> None:
    turns.join(acme)
    turns.join(globex)
    served = []
    for _ in range(4):
        tenant = turns.take()
        served.append(tenant)
        turns.join(acme if tenant == acme.id else globex)
    assert sorted(map(str, served[:2])) == sorted(map(str, [acme.id, globex.id]))
    assert served[:2] == served[2:]


def test_who_was_not_served_lately_is_next(acme: TenantRef, globex: TenantRef) -> None:
    turns.join(acme)
    assert turns.take() == acme.id
    turns.join(acme)
    turns.join(globex)
    assert [turns.take(), turns.take(), turns.take()] == [globex.id, acme.id, None]


def test_work_that_cannot_be_put_down_gives_way_only_where_a_tenant_keeps_every_worker_busy(
    acme: TenantRef, globex: TenantRef, settings: Any
) -> None:
    settings.INGEST_SLICE_SECONDS = -1
    first, second = turns.Turn(acme), turns.Turn(acme)
    latest = max((first, second), key=lambda turn: turn._name)
    other = first if latest is second else second
    for turn in (first, second):
        turn._asked -= 5
    latest.check_reluctantly()
    turns.join(globex)
    for turn in (first, second):
        turn._asked -= 5
    other.check_reluctantly()
    with pytest.raises(turns.TurnOver):
        latest.check_reluctantly()
    theirs = turns.Turn(globex)
    latest._asked -= 5
    latest.check_reluctantly()
    theirs.end()


def test_adding_calls_a_worker_once_the_row_is_there(
    add: Add, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    broker = Redis.from_url(settings.REDIS_URL)
    with django_capture_on_commit_callbacks(execute=True):
        add()
        assert broker.llen("parley:ingest") == 0
    assert broker.llen("parley:ingest") == 1
    broker.close()


def test_the_sweep_calls_for_what_nobody_heard_and_does_not_pile_calls_up(add: Add, settings: Any) -> None:
    broker = Redis.from_url(settings.REDIS_URL)
    add()
    for _ in range(3):
        assert tasks.sweep() == 1
        assert broker.llen("parley:ingest") == 1
    broker.flushdb()
    assert tasks.sweep_recent() == 0, "nobody is known to have been served"
    assert tasks.sweep() == 1
    assert broker.llen("parley:ingest") == 1
    assert tasks.sweep_recent() == 1
    claim = taken()
    assert tasks.sweep() == 0, "somebody is at work"
    queue.put_down(claim)
    assert tasks.sweep() == 1
    broker.close()


def test_a_worker_is_called_for_the_rest_before_the_first_is_begun(add: Add, settings: Any) -> None:
    broker = Redis.from_url(settings.REDIS_URL)
    add()
    add("Another text.")
    turns.join(context.current())
    tasks.take_turn()
    assert broker.llen("parley:ingest") == 1
    tasks.take_turn()
    assert set(Document.objects.values_list("status", flat=True)) == {Status.COMPLETED}
    broker.close()


def test_an_idle_sweep_asks_each_tenant_little(acme: Any, globex: Any, statements: Any) -> None:
    with statements(3):  # who is live, and for each of the two one question
        tasks.sweep()


def test_the_database_refuses_states_that_nobody_would_move_on_from(add: Add) -> None:
    document = add()
    for wrong in (
        {"status": "processing"},
        {"status": "completed", "lease_token": uuid4()},
        {"status": "failed"},
        {"status": "nonsense"},
        {"progress": 101},
        {"active_generation": 5},
        {"chunks_done": 5},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.filter(id=document.id).update(**wrong)
    Document.objects.filter(id=document.id).update(status="failed", error="It is empty.", error_code="empty_file")


def test_a_finished_document_waits_for_vectors_where_its_dataset_moved(
    add: Add, process: Process, dataset: Any, principal: Principal
) -> None:
    document = add()
    claim = taken()
    lease = queue.Lease(claim)
    job = documents.begin(lease)
    old = documents.space_of(job)
    other = type(old).objects.create(provider="test", model="other", dimensions=384)
    dataset.active_space = other
    dataset.save()
    with pytest.raises(documents.SpaceMoved):
        documents.finish(claim, job, space=old)
    documents.finish(claim, job, space=other)
    document.refresh_from_db()
    assert document.status == Status.COMPLETED
