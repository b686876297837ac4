"""What can be done with a document that is there, and with its chunks."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas
from rest_framework.test import APIClient

from integrations.tests.site import Site
from knowledge import services, tasks
from knowledge.enums import Status
from knowledge.ingest import documents, incoming, queue
from knowledge.ingest.extract import ocr
from knowledge.models import Chunk, ChunkVector, Dataset, Document, WebImport
from knowledge.search import search
from knowledge.services.chunks import BeingProcessed
from knowledge.services.documents import NotFailed, NotWaiting, SameContent
from knowledge.tests.conftest import pdf, upload
from tenants.errors import Conflict, Invalid, LimitReached
from tenants.models import Plan
from tenants.types import Principal, TenantRef

Add = Callable[..., Document]
Process = Callable[[Document], Document]
ROOT = "/v1/tenant/datasets"


@pytest.fixture
def site(settings: Any) -> Any:
    server = Site()
    settings.OUTBOUND_ALLOWED_PRIVATE = [server.place]
    yield server
    server.stop()


def found(dataset: Dataset, query: str) -> list[str]:
    return [hit.content for hit in search.search(dataset_ids=[dataset.id], query=query).passages]


def replaced(document: Document, text: str, by: Principal) -> Document:
    new = services.new_version(document=document, content=text)
    return services.replace_document(by=by, document=document, new=new)


def test_the_old_version_answers_until_the_new_one_is_complete(
    dataset: Dataset, add: Add, process: Process, principal: Principal, stored: Callable[[], list[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    document = process(add("Orders over $50 ship free."))
    old = document.file_key
    replaced(document, "Orders over $80 ship free.", principal)
    assert document.status == Status.PENDING
    assert found(dataset, "free shipping") == ["Orders over $50 ship free."]
    assert len(stored()) == 2
    with django_capture_on_commit_callbacks(execute=True):
        process(document)
    assert (document.status, document.replaced) == (Status.COMPLETED, None)
    assert found(dataset, "free shipping") == ["Orders over $80 ship free."]
    assert stored() == [document.file_key] != [old]


def test_a_new_version_that_is_cancelled_or_cannot_be_read_leaves_the_old_one(
    dataset: Dataset, add: Add, process: Process, principal: Principal, stored: Callable[[], list[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    document = process(add("Orders over $50 ship free."))
    before = (document.file_key, document.content_hash)
    broken = incoming.checked([upload("new.pdf", b"%PDF-1.4 and nothing")])[0]
    services.replace_document(by=principal, document=document, new=broken)
    process(document)
    assert (document.status, document.error_code) == (Status.FAILED, "corrupt_file")
    assert found(dataset, "free shipping") == ["Orders over $50 ship free."]
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel_document(by=principal, document=document)
    assert (document.status, document.progress, document.replaced) == (Status.COMPLETED, 100, None)
    assert (document.file_key, document.content_hash) == before
    assert stored() == [before[0]]
    process(services.reprocess_document(by=principal, document=document))
    assert document.status == Status.COMPLETED


def test_a_version_that_is_another_document_is_refused(add: Add, process: Process, principal: Principal) -> None:
    document, other = process(add("One.")), add("Two.")
    with pytest.raises(SameContent):
        replaced(document, "Two.", principal)
    document.refresh_from_db()
    assert document.status == Status.COMPLETED
    assert other.status == Status.PENDING


def test_what_waits_can_be_cancelled_and_retried(add: Add, process: Process, principal: Principal) -> None:
    document = add()
    services.cancel_document(by=principal, document=document)
    assert (document.status, document.error_code) == (Status.FAILED, "cancelled")
    assert not tasks.serve()
    with pytest.raises(NotWaiting):
        services.cancel_document(by=principal, document=document)
    services.retry_document(by=principal, document=document)
    process(document)
    assert document.status == Status.COMPLETED
    with pytest.raises(NotFailed):
        services.retry_document(by=principal, document=document)


def test_all_that_failed_is_retried_and_all_that_waits_is_cancelled_at_once(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    done, *waiting = process(add("Done.")), add("One."), add("Two.")
    assert services.cancel_documents(by=principal, dataset=dataset) == len(waiting) == 2
    assert services.retry_documents(by=principal, dataset=dataset) == 2
    assert services.retry_documents(by=principal, dataset=dataset) == 0
    while tasks.serve():
        pass
    assert set(Document.objects.values_list("status", flat=True)) == {Status.COMPLETED}
    done.refresh_from_db()
    assert done.attempts == 1


def test_changed_settings_split_anew_what_was_split_by_the_old(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    text = "\n\n".join(f"Sentence number {number} stands here for the count." for number in range(40))
    document = process(add(text))
    chunks = document.chunk_count
    services.update_dataset(by=principal, dataset=dataset, chunk_size=300, chunk_overlap=0)
    fresh = process(add("Short and new."))
    assert services.reprocess_documents(by=principal, dataset=dataset, which="outdated") == 1
    process(document)
    assert document.chunk_count > chunks
    assert (document.chunk_size, fresh.chunk_size) == (300, 300)
    assert services.reprocess_documents(by=principal, dataset=dataset, which="outdated") == 0
    assert services.reprocess_documents(by=principal, dataset=dataset, which="all") == 2
    for wrong in ({"chunk_size": 100}, {"chunk_size": 5_000}, {"chunk_overlap": 200}):
        with pytest.raises(Invalid):
            services.update_dataset(by=principal, dataset=dataset, **wrong)


def test_an_edited_chunk_is_found_by_its_words_at_once_and_embedded_by_a_worker(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    document = process(add("Orders over $50 ship free."))
    chunk = Chunk.objects.get(document=document)
    before = ChunkVector.objects.get(chunk=chunk.id).vector
    services.update_chunk(by=principal, chunk=chunk, content="Pineapples are sold in Hawaii.")
    hit = search.search(dataset_ids=[dataset.id], query="pineapples").passages[0]
    assert (hit.content, hit.dense_rank) == ("Pineapples are sold in Hawaii.", None)
    process(document)
    assert (document.status, document.active_generation, document.chunk_count) == (Status.COMPLETED, 1, 1)
    assert ChunkVector.objects.get(chunk=chunk.id).vector != before
    assert search.search(dataset_ids=[dataset.id], query="pineapples").passages[0].dense_rank == 1


def test_edits_are_not_undone_by_accident(dataset: Dataset, add: Add, process: Process, principal: Principal) -> None:
    document, other = process(add("Orders ship free.")), process(add("Returns are free."))
    services.update_chunk(by=principal, chunk=Chunk.objects.get(document=document), content="Orders cost $5.")
    process(document)
    acts: list[Callable[[], object]] = [
        lambda: services.reprocess_document(by=principal, document=document),
        lambda: services.update_document(by=principal, document=document, title="Other"),
        lambda: replaced(document, "New words.", principal),
    ]
    for act in acts:
        with pytest.raises(services.EditsWouldBeLost):
            act()
    assert services.reprocess_documents(by=principal, dataset=dataset, which="all") == 1
    services.update_document(by=principal, document=document, tags=["x"])
    assert Chunk.objects.get(document=document).content == "Orders cost $5."
    process(services.reprocess_document(by=principal, document=document, discard_edits=True))
    assert Chunk.objects.get(document=document).content == "Orders ship free."
    assert other.status == Status.COMPLETED


def test_a_disabled_chunk_is_not_found_and_stays_disabled_until_it_is_enabled(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    document = process(add("Orders over $50 ship free."))
    services.update_chunk(by=principal, chunk=Chunk.objects.get(document=document), is_enabled=False)
    assert found(dataset, "free shipping of orders") == []
    process(services.reprocess_document(by=principal, document=document))
    assert found(dataset, "free shipping of orders") == []
    services.update_chunk(by=principal, chunk=Chunk.objects.get(document=document), is_enabled=True)
    assert found(dataset, "free shipping of orders") == ["Orders over $50 ship free."]


def test_chunks_of_a_document_that_is_about_to_change_cannot_be_edited(
    add: Add, process: Process, principal: Principal
) -> None:
    document = process(add("Orders ship free."))
    chunk = Chunk.objects.get(document=document)
    replaced(document, "Other words.", principal)
    with pytest.raises(BeingProcessed):
        services.update_chunk(by=principal, chunk=chunk, content="Mine.")
    for wrong in ("  ", "x" * 10_001):
        with pytest.raises(Invalid):
            services.update_chunk(by=principal, chunk=chunk, content=wrong)


def test_a_chunk_is_not_edited_while_its_document_waits_to_be_processed_again_and_is_after_that_is_cancelled(
    add: Add, process: Process, principal: Principal
) -> None:
    document = process(add("Orders ship free."))
    chunk = Chunk.objects.get(document=document)
    services.reprocess_document(by=principal, document=document)
    with pytest.raises(BeingProcessed):
        services.update_chunk(by=principal, chunk=chunk, content="Orders cost $5.")
    claim = queue.claim_next()
    assert claim is not None
    documents.begin(queue.Lease(claim))
    services.cancel_document(by=principal, document=document)
    services.update_chunk(by=principal, chunk=chunk, content="Orders cost $5.")
    services.update_chunk(by=principal, chunk=chunk, content="Orders cost $6.")
    process(document)
    assert (document.status, Chunk.objects.get(document=document).content) == (Status.COMPLETED, "Orders cost $6.")
    assert ChunkVector.objects.filter(document=document).count() == 1


def test_embedding_an_edited_chunk_is_not_cancelled(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    document = process(add("Orders ship free."))
    services.update_chunk(by=principal, chunk=Chunk.objects.get(document=document), content="Orders cost $5.")
    with pytest.raises(NotWaiting):
        services.cancel_document(by=principal, document=document)
    assert services.cancel_documents(by=principal, dataset=dataset) == 0
    process(document)
    assert ChunkVector.objects.filter(document=document).count() == 1


def test_pairs_are_a_chunk_each_under_their_question(dataset: Dataset, principal: Principal, process: Process) -> None:
    pairs = [{"question": "Is it free?", "answer": "Yes."}, {"question": "When is it open?", "answer": "At noon."}]
    document = process(services.add_pairs(by=principal, dataset=dataset, title="FAQ", pairs=pairs).document)
    assert [(chunk.heading, chunk.content) for chunk in Chunk.objects.order_by("position")] == [
        ("Is it free?", "Is it free?\n\nYes."), ("When is it open?", "When is it open?\n\nAt noon."),
    ]  # fmt: skip
    assert document.source_type == "qa"


def test_a_web_page_is_fetched_when_its_turn_comes_and_again_when_asked(
    dataset: Dataset, principal: Principal, process: Process, site: Site, stored: Callable[[], list[str]],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    site.page("/returns", "<title>Our returns</title><p>Send it back within 30 days.</p>")
    added = services.add_page(by=principal, dataset=dataset, url=f"{site.url}/returns#top")
    assert services.add_page(by=principal, dataset=dataset, url=f"{site.url}/returns").duplicate
    assert stored() == []
    document = process(added.document)
    assert (document.status, document.title, document.file_name) == (Status.COMPLETED, "Our returns", "page.html")
    assert found(dataset, "send it back") == ["Send it back within 30 days."]
    site.page("/returns", "<p>Send it back within 60 days.</p>")
    with django_capture_on_commit_callbacks(execute=True):
        process(services.reprocess_document(by=principal, document=document))
    assert found(dataset, "send it back") == ["Send it back within 60 days."]
    assert stored() == [document.file_key]
    site.pages.clear()
    process(services.reprocess_document(by=principal, document=document))
    assert (document.status, document.error_code) == (Status.FAILED, "page_not_found")
    assert found(dataset, "send it back") == ["Send it back within 60 days."]


def test_a_page_that_robots_may_not_read_fails_and_one_that_is_away_waits(
    dataset: Dataset, principal: Principal, process: Process, site: Site
) -> None:
    site.page("/robots.txt", "User-agent: ParleyBot\nDisallow: /secret", kind="text/plain")
    site.page("/secret", "<p>Secret</p>")
    site.page("/busy", "", status=503, **{"Retry-After": "40"})
    secret = process(services.add_page(by=principal, dataset=dataset, url=f"{site.url}/secret").document)
    assert (secret.status, secret.error_code) == (Status.FAILED, "page_disallowed")
    with pytest.raises(NotWaiting):
        services.cancel_document(by=principal, document=secret)
    busy = process(services.add_page(by=principal, dataset=dataset, url=f"{site.url}/busy").document)
    assert busy.status == Status.PENDING
    assert busy.notice
    inside = process(services.add_page(by=principal, dataset=dataset, url="http://127.0.0.1:1/").document)
    assert (inside.status, inside.error_code) == (Status.FAILED, "address_refused")


def test_a_site_becomes_documents_up_to_the_limit(dataset: Dataset, principal: Principal, site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /p2", kind="text/plain")
    pages = "".join(f"<url><loc>{site.url}/p{number}</loc></url>" for number in range(5))
    site.page("/sitemap.xml", f"<urlset>{pages}</urlset>", kind="text/xml")
    services.add_page(by=principal, dataset=dataset, url=f"{site.url}/p0")
    row = services.import_site(by=principal, dataset=dataset, url=f"{site.url}/", limit=4)
    while WebImport.objects.get(id=row.id).status == Status.PENDING:
        tasks.serve()
    row.refresh_from_db()
    assert (row.status, row.found, row.added, row.skipped) == (Status.COMPLETED, 4, 2, 2)
    assert sorted(Document.objects.values_list("url", flat=True)) == [f"{site.url}/p{n}" for n in (0, 1, 3)]
    services.delete_import(by=principal, row=row)
    assert Document.objects.count() == 3


def test_limits_of_the_plan_hold_for_what_is_really_in_a_document(
    dataset: Dataset, add: Add, principal: Principal, process: Process, acme: TenantRef
) -> None:
    plan = Plan.objects.get(slug="enterprise")
    plan.document_pages, plan.document_characters, plan.document_chunks, plan.document_bytes = 1, 500, 2, 5_000
    plan.save()

    def uploaded(name: str, data: bytes) -> Document:
        return process(services.add_files(by=principal, dataset=dataset, files=[upload(name, data)])[0].document)

    assert uploaded("one.pdf", pdf("One page.")).status == Status.COMPLETED
    assert uploaded("two.pdf", pdf("One.", "Two.")).error_code == "too_many_pages"
    assert process(add("word " * 110)).error_code == "too_many_characters"
    services.update_dataset(by=principal, dataset=dataset, chunk_size=200, chunk_overlap=0)
    assert process(add("Some words stand here, and some more. " * 12)).error_code == "too_many_chunks"
    with pytest.raises(incoming.Refused) as refused:
        add("x" * 5_001)
    assert refused.value.code == "too_large"
    plan.documents = Document.objects.count()
    plan.save()
    with pytest.raises(LimitReached):
        add("One more.")


def scan(text: str) -> bytes:
    """A PDF that is a picture of a text."""
    lines = text.count("\n") + 1
    picture = Image.new("L", (1_600, 300 + 60 * lines), 255)
    ImageDraw.Draw(picture).text((60, 120), text, fill=0, font=ImageFont.load_default(size=44))
    out = io.BytesIO()
    size = (400.0, picture.height / 4)
    sheet = canvas.Canvas(out, pagesize=size)
    sheet.drawImage(ImageReader(picture), 0, 0, *size)
    sheet.save()
    return out.getvalue()


def test_a_scan_without_text_recognition_fails_with_that_reason(
    dataset: Dataset, principal: Principal, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    files = [upload("scan.pdf", scan("The warranty lasts five years"))]
    document = process(services.add_files(by=principal, dataset=dataset, files=files)[0].document)
    assert (document.status, document.error_code) == (Status.FAILED, "scanned")
    assert "text recognition" in document.error


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is an optional extra and is not installed")
def test_a_scan_is_read_where_text_recognition_is_installed(
    dataset: Dataset, principal: Principal, process: Process
) -> None:
    page = (
        "The warranty lasts five years\n" + "and covers everything that was made here\n" * 60
    )  # takes seconds to read
    files = [upload("scan.pdf", scan(page))]
    document = process(services.add_files(by=principal, dataset=dataset, files=files)[0].document)
    assert (document.status, document.page_count) == (Status.COMPLETED, 1)
    assert "warranty lasts five years" in " ".join(Chunk.objects.values_list("content", flat=True))
    assert "text recognition" in document.warnings[0]


def test_a_preview_shows_chunks_and_keeps_nothing(
    api: APIClient, dataset: Dataset, add: Add, process: Process, stored: Callable[[], list[str]]
) -> None:
    url = f"{ROOT}/{dataset.id}/preview"
    text = "\n\n".join(f"Sentence number {number} stands here for the count." for number in range(40))
    answer = api.post(url, {"content": text, "chunk_size": 300, "chunk_overlap": 0}).json()
    assert answer["chunk_count"] == len(answer["chunks"]) > 5
    assert max(len(chunk["content"]) for chunk in answer["chunks"]) <= 345
    file = api.post(url, {"file": upload("a.pdf", pdf("Page one.", "Page two."))}, format="multipart").json()
    assert (file["pages"], file["chunks"][0]["page"]) == (2, 1)
    assert stored() == []
    assert not Document.objects.exists()
    document = process(add(text))
    again = api.post(url, {"document_id": str(document.id), "chunk_size": 2_000}).json()
    assert again["chunk_count"] < document.chunk_count
    broken = api.post(url, {"file": upload("a.pdf", b"%PDF-1.4 broken")}, format="multipart")
    assert (broken.status_code, broken.json()["code"]) == (400, "corrupt_file")
    for wrong in (
        {},
        {"content": " "},
        {"content": "x", "document_id": str(document.id)},
        {"content": "x", "chunk_size": 1},
    ):
        assert api.post(url, wrong).status_code == 400


def test_the_api_tells_a_waiting_document_its_place_and_takes_every_kind_of_source(
    api: APIClient, dataset: Dataset, add: Add
) -> None:
    url = f"{ROOT}/{dataset.id}/documents"
    for number in range(3):
        add(f"Text {number}.")
    assert sorted(item["behind"] for item in api.get(url).json()["results"]) == [0, 1, 2]
    pairs = {"source_type": "qa", "title": "FAQ", "pairs": [{"question": "Q?", "answer": "A."}]}
    assert api.post(url, pairs).status_code == 201
    page = api.post(url, {"source_type": "web", "url": "https://acme.example/x"})
    assert (page.status_code, page.json()["title"], page.json()["file_name"]) == (201, "https://acme.example/x", "")
    for wrong in (
        {"source_type": "qa", "title": "FAQ"},
        {"source_type": "qa", "title": "FAQ", "pairs": []},
        {"source_type": "qa", "title": "FAQ", "pairs": [{"question": "Q?"}]},
        {"source_type": "web", "url": "nonsense"},
        {"source_type": "web", "url": "https://a.example", "content": "x"},
        {"source_type": "text", "title": "x"},
    ):
        assert api.post(url, wrong).status_code == 400, wrong


def test_conflicts_are_said_over_the_api(api: APIClient, dataset: Dataset, add: Add, process: Process) -> None:
    document = process(add())
    url = f"{ROOT}/{dataset.id}/documents/{document.id}"
    assert api.post(f"{url}/cancel").json()["code"] == "not_processing"
    assert api.post(f"{url}/retry").json()["code"] == "not_failed"
    chunk = api.get(f"{url}/chunks").json()["results"][0]
    edited = api.put(f"{url}/chunks/{chunk['id']}", {"content": "Orders over $70 ship free."})
    assert edited.status_code == 200
    assert api.get(f"{url}/chunks/{chunk['id']}").json()["content"] == "Orders over $70 ship free."
    assert api.get(f"{url}/chunks?search=70&is_enabled=true").json()["count"] == 1
    assert api.get(f"{url}/chunks?is_enabled=false").json()["count"] == 0
    process(document)
    assert api.post(f"{url}/reprocess").json()["code"] == "edits_would_be_lost"
    assert api.post(f"{url}/reprocess", {"discard_edits": True}).status_code == 202
    assert issubclass(services.EditsWouldBeLost, Conflict)
