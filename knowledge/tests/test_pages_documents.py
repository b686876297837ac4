"""The pages of documents: the list that keeps itself fresh, one document, its chunks, what is lost and for whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from knowledge import selectors, services
from knowledge.models import Chunk, Dataset, Document, WebImport
from knowledge.tests.conftest import upload
from knowledge.tests.test_pages_datasets import EVIL, PageAs, page
from tenants.enums import Role
from tenants.types import Principal, TenantRef

Add = Callable[..., Document]
Process = Callable[[Document], Document]


@pytest.fixture
def client(page_as: PageAs) -> Client:
    return page_as(Role.EDITOR)


@pytest.fixture
def ready(add: Add, process: Process) -> Document:
    return process(add())


@pytest.fixture
def failed(dataset: Dataset, principal: Principal, process: Process) -> Document:
    given = [upload("broken.pdf", b"%PDF-1.4 this is no PDF")]
    return process(services.add_files(by=principal, dataset=dataset, files=given)[0].document)


def edit(document: Document, principal: Principal) -> Chunk:
    chunk = selectors.chunks(document).first()
    assert chunk is not None
    return services.update_chunk(by=principal, chunk=chunk, content="Orders over $60 ship free.")


def test_the_list_shows_states_reasons_and_what_can_be_done(
    dataset: Dataset, ready: Document, failed: Document, add: Add, client: Client, page_as: PageAs
) -> None:
    add("Another text that waits.", title="Waits")
    shown = client.get(page("dataset", dataset.id)).content.decode()
    assert failed.error in shown
    assert all(word in shown for word in ("Ready", "Failed", "Waiting", "Next in the queue", "Try again", "Cancel"))
    read = page_as(Role.VIEWER).get(page("dataset", dataset.id)).content.decode()
    assert failed.error in read
    assert not any(word in read for word in ("Try again", "With those chosen", "Process again"))


def test_the_list_is_filtered(dataset: Dataset, ready: Document, failed: Document, add: Add, client: Client) -> None:
    add("Prices of shipping.", title="Prices", tags=["sales"])

    def titles(query: str) -> list[str]:
        return sorted(row.title for row in client.get(page("dataset", dataset.id) + query).context["page"])

    assert titles("") == ["Prices", "Shipping", "broken"]
    assert titles("?status=failed") == ["broken"]
    assert titles("?type=file") == ["broken"]
    assert titles("?tag=sales") == ["Prices"]
    assert titles("?search=ship") == ["Shipping"]
    assert titles("?status=nonsense&search=%00") == ["Prices", "Shipping", "broken"]


def test_the_list_asks_the_database_no_more_for_more_rows(dataset: Dataset, add: Add, client: Client) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len([one for one in seen.captured_queries if not one["sql"].startswith("SET search_path")])

    ids = [add("One text.", title="One").id]
    queries(page("dataset", dataset.id))
    rows = page("dataset-rows", dataset.id)
    before = queries(page("dataset", dataset.id)), queries(f"{rows}?id={ids[0]}")
    ids += [add(f"Text {number}.", title=str(number)).id for number in (2, 3)]
    named = "&".join(f"id={each}" for each in ids)
    assert (queries(page("dataset", dataset.id)), queries(f"{rows}?{named}")) == before


def test_rows_in_work_are_asked_for_at_once_until_none_is(
    dataset: Dataset, add: Add, process: Process, client: Client, theirs: Document
) -> None:
    first, second = add("One text."), add("Another text.", title="Returns")
    shown = client.get(page("dataset", dataset.id)).content.decode()
    assert shown.count('hx-trigger="every 2s"') == 1
    address = page("dataset-rows", dataset.id) + f"?id={first.id}&id={second.id}&id={theirs.id}&id=nonsense"
    part = client.get(address).content.decode()
    assert str(first.id) in part
    assert str(second.id) in part
    assert str(theirs.id) not in part
    assert "every 2s" in part
    process(first)
    part = client.get(address).content.decode()
    assert "Ready" in part
    assert "every 2s" not in part


def test_documents_that_came_since_join_the_list(
    dataset: Dataset, add: Add, process: Process, client: Client, theirs: Document
) -> None:
    old = [add(f"Text {number}.", title=f"Old {number}", tags=["a"]) for number in range(30)]
    listed = client.get(page("dataset", dataset.id)).context
    shown = [str(row.id) for row in listed["page"]]
    assert len(shown) == 25
    assert listed["in_work"] == shown
    new = add("New text.", title="Came since")
    sent: dict[str, Any] = {"id": shown, "shown": "", "listed": ""}
    fresh = client.get(page("dataset-rows", dataset.id), sent)
    assert [row.title for row in fresh.context["new"]] == ["Came since"]  # and not what stands on the next page
    part = fresh.content.decode()
    assert 'hx-swap-oob="afterbegin:#rows"' in part
    assert f"id={new.id}&amp;" in part
    assert str(old[0].id) not in part
    again = client.get(page("dataset-rows", dataset.id), {**sent, "id": [*shown, str(new.id)]})
    assert again.context["new"] == []
    for listed_as in ("page=2", "tag=a", "status=failed"):
        assert client.get(page("dataset-rows", dataset.id), {**sent, "listed": listed_as}).context["new"] == []


def test_an_open_list_asks_while_a_site_is_looked_through(
    dataset: Dataset, ready: Document, client: Client, principal: Principal, add: Add, process: Process
) -> None:
    assert "every 2s" not in client.get(page("dataset", dataset.id)).content.decode()
    WebImport.objects.create(dataset=dataset, url="https://acme.example/", limit=5)
    assert "every 2s" in client.get(page("dataset", dataset.id)).content.decode()
    part = client.get(page("dataset-rows", dataset.id), {"shown": str(ready.id)})
    assert f"shown={ready.id}&amp;" in part.content.decode()
    WebImport.objects.update(status="completed")
    assert "every 2s" not in client.get(page("dataset-rows", dataset.id), {"shown": str(ready.id)}).content.decode()


def test_an_empty_list_is_drawn_when_the_first_comes(dataset: Dataset, add: Add, client: Client) -> None:
    rows = page("dataset-rows", dataset.id)
    assert "HX-Refresh" not in client.get(rows).headers
    add()
    assert client.get(rows).headers["HX-Refresh"] == "true"


def test_an_open_list_does_not_grow_for_ever(dataset: Dataset, add: Add, client: Client) -> None:
    first = add("The first.")
    Document.objects.bulk_create(
        Document(dataset=dataset, title=str(number), size_bytes=1, content_hash=str(number), source_type="text")
        for number in range(120)
    )
    fresh = client.get(page("dataset-rows", dataset.id), {"id": str(first.id)})
    assert len(fresh.context["new"]) == 99
    assert "Show the list anew" in fresh.content.decode()


def test_why_one_failed_is_said_as_its_reader_speaks_and_kept_in_english(
    dataset: Dataset, failed: Document, client: Client, api: APIClient
) -> None:
    shown = client.get(page("document", dataset.id, failed.id), headers={"Accept-Language": "de"}).content.decode()
    assert "Das PDF ist beschädigt und ließ sich nicht lesen." in shown
    address = f"/v1/tenant/datasets/{dataset.id}/documents/{failed.id}"
    kept = api.get(address, headers={"Accept-Language": "de"}).json()["error"]
    assert kept == "The PDF is damaged and could not be read. Export it again and upload the new file."
    assert kept in client.get(page("document", dataset.id, failed.id)).content.decode()


def test_all_failed_are_tried_again_and_all_waiting_cancelled(
    dataset: Dataset, failed: Document, client: Client, page_as: PageAs
) -> None:
    assert page_as(Role.VIEWER).post(page("dataset", dataset.id), {"do": "retry"}).status_code == 403
    client.post(page("dataset", dataset.id), {"do": "retry"})
    assert Document.objects.get().status == "pending"
    client.post(page("dataset", dataset.id), {"do": "cancel"})
    assert Document.objects.get().error_code == "cancelled"
    assert "Cancelled" in client.get(page("dataset", dataset.id)).content.decode()


def test_one_is_tried_again_from_the_list_as_it_was_filtered(
    dataset: Dataset, failed: Document, client: Client
) -> None:
    address = page("document-action", dataset.id, failed.id)
    answer = client.post(address, {"do": "retry", "listed": "status=failed&page=1"})
    assert answer.headers["Location"] == page("dataset", dataset.id) + "?status=failed&page=1"
    answer = client.post(address, {"do": "retry"}, follow=True)  # it does not fail now
    assert "Only a document that failed can be retried" in answer.content.decode()


def test_a_document_shows_its_facts_and_chunks(dataset: Dataset, ready: Document, page_as: PageAs) -> None:
    shown = page_as(Role.VIEWER).get(page("document", dataset.id, ready.id)).content.decode()
    assert "Orders over $50 ship free." in shown
    assert "English" in shown
    assert "Leave out" not in shown
    as_text = page_as(Role.VIEWER).get(page("document", dataset.id, ready.id) + "?view=text")
    assert "Orders over $50 ship free." in as_text.content.decode()


def test_chunks_are_searched(dataset: Dataset, ready: Document, client: Client, principal: Principal) -> None:
    address = page("document", dataset.id, ready.id)
    assert len(client.get(address + "?search=SHIP").context["page"]) == 1
    assert len(client.get(address + "?search=nothing").context["page"]) == 0
    assert len(client.get(address + "?only=edited").context["page"]) == 0
    edit(ready, principal)
    assert len(client.get(address + "?only=edited").context["page"]) == 1


def test_one_text_says_what_chunks_share_once(dataset: Dataset, add: Add, process: Process, client: Client) -> None:
    said = " ".join(f"Sentence number {number} tells something." for number in range(120))
    document = process(add(said))
    chunks = list(selectors.chunks(document))
    assert len(chunks) > 2
    assert any(one.end > other.start for one, other in itertools.pairwise(chunks))
    parts = client.get(page("document", dataset.id, document.id) + "?view=text").context["text"]
    assert " ".join(part["said"].strip() for part in parts).split() == said.split()


def test_the_page_waits_for_the_document(dataset: Dataset, add: Add, process: Process, client: Client) -> None:
    document = add()
    address = page("document", dataset.id, document.id) + "?state=yes"
    waits = client.get(address)
    assert "every 2s" in waits.content.decode()
    assert "HX-Refresh" not in waits.headers
    process(document)
    assert client.get(address).headers["HX-Refresh"] == "true"


def test_the_original_is_saved_and_never_shown(
    dataset: Dataset, principal: Principal, page_as: PageAs, theirs: Document, globex: TenantRef
) -> None:
    data = b"<html><script>alert(1)</script></html>"
    given = [upload('evil "name".html', data)]
    document = services.add_files(by=principal, dataset=dataset, files=given)[0].document
    answer = page_as(Role.VIEWER).get(page("document-file", dataset.id, document.id))
    assert answer.content == data
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert page_as(Role.OWNER).get(page("document-file", theirs.dataset_id, theirs.id)).status_code == 404
    own = page("document-file", theirs.dataset_id, theirs.id, slug="globex")
    assert b"Zyxxy" in page_as(Role.OWNER, tenant=globex).get(own).content


def test_tags_and_metadata_are_edited_without_processing(dataset: Dataset, ready: Document, client: Client) -> None:
    sent = {"title": ready.title, "tags": "new", "metadata": "a: 1"}
    client.post(page("document-edit", dataset.id, ready.id), sent)
    ready.refresh_from_db()
    assert (ready.tags, ready.metadata, ready.status) == (["new"], {"a": 1}, "completed")


def test_a_new_title_asks_before_edits_are_lost(
    dataset: Dataset, ready: Document, process: Process, client: Client, principal: Principal
) -> None:
    edit(ready, principal)
    process(ready)
    sent = {"title": "Delivery", "tags": "kept", "metadata": ""}
    refused = client.post(page("document-edit", dataset.id, ready.id), sent)
    assert refused.status_code == 422
    assert "discard_edits" in refused.context["form"].errors
    assert refused.context["form"]["title"].value() == "Delivery"
    assert client.post(page("document-edit", dataset.id, ready.id), {**sent, "discard_edits": "on"}).status_code == 302
    ready.refresh_from_db()
    assert (ready.title, ready.status) == ("Delivery", "pending")


def test_a_document_is_replaced_by_a_file_or_a_text(dataset: Dataset, ready: Document, client: Client) -> None:
    address = page("document-replace", dataset.id, ready.id)
    assert client.post(address, {}).status_code == 422
    refused = client.post(address, {"file": upload("new.exe", b"MZ")})
    assert "not supported" in refused.content.decode()
    assert client.post(address, {"content": "Orders over $70 ship free."}).status_code == 302
    ready.refresh_from_db()
    assert ready.replaced
    assert "The version before answers" in client.get(page("document", dataset.id, ready.id)).content.decode()


def test_processing_again_asks_only_where_edits_are_lost(
    dataset: Dataset, ready: Document, process: Process, client: Client, principal: Principal
) -> None:
    address = page("document-reprocess", dataset.id, ready.id)
    assert client.post(address).headers["Location"] == page("document", dataset.id, ready.id)
    process(ready)
    edit(ready, principal)
    process(ready)
    refused = client.post(address, follow=True)
    assert "Chunks of this document were edited" in refused.content.decode()
    assert "1 chunk that was edited by hand" in client.get(address + "?discard=yes").content.decode()
    client.post(address + "?discard=yes")
    ready.refresh_from_db()
    assert ready.status == "pending"


def test_deleting_names_the_original_and_the_edits(
    dataset: Dataset, ready: Document, client: Client, principal: Principal, page_as: PageAs
) -> None:
    edit(ready, principal)
    address = page("document-delete", dataset.id, ready.id)
    assert page_as(Role.VIEWER).post(address).status_code == 403
    shown = client.get(address).content.decode()
    assert "The original as it was added" in shown
    assert "1 chunk that was edited by hand" in shown
    assert client.post(address).headers["Location"] == page("dataset", dataset.id)
    assert not Document.objects.exists()


def test_a_chunk_is_corrected(dataset: Dataset, ready: Document, client: Client, page_as: PageAs) -> None:
    chunk = selectors.chunks(ready).first()
    assert chunk is not None
    address = page("chunk", dataset.id, ready.id, chunk.id)
    sent = {"content": "Orders over $60\r\nship free.", "is_enabled": "on"}
    assert "Save" not in page_as(Role.VIEWER).get(address).content.decode().split("<h1>")[1]
    assert page_as(Role.VIEWER).post(address, sent).status_code == 403
    refused = client.post(address, {"content": "  ", "is_enabled": "on"})
    assert refused.status_code == 422
    assert client.post(address, sent).status_code == 302
    chunk.refresh_from_db()
    assert chunk.content == "Orders over $60\nship free."
    assert chunk.edited_at


def test_a_chunk_is_left_out_and_used_again(dataset: Dataset, ready: Document, client: Client, page_as: PageAs) -> None:
    chunk = selectors.chunks(ready).first()
    assert chunk is not None
    address = page("chunk-switch", dataset.id, ready.id, chunk.id)
    assert page_as(Role.VIEWER).post(address, {"is_enabled": "no"}).status_code == 403
    part = client.post(address, {"is_enabled": "no"}, headers={"HX-Request": "true"}).content.decode()
    assert "Left out" in part
    assert "<html" not in part
    assert client.post(address, {"is_enabled": "yes"}).headers["Location"] == page("document", dataset.id, ready.id)
    chunk.refresh_from_db()
    assert chunk.is_enabled
    assert chunk.edited_at is None


def test_what_documents_say_is_shown_and_not_run(dataset: Dataset, add: Add, process: Process, client: Client) -> None:
    document = process(
        add(f"Orders ship free {EVIL} always.", title=f"Evil {EVIL}", tags=[EVIL], metadata={EVIL: EVIL})
    )
    chunk = selectors.chunks(document).first()
    assert chunk is not None
    addresses = [
        page("dataset", dataset.id), page("document", dataset.id, document.id),
        page("document", dataset.id, document.id) + "?view=text", page("chunk", dataset.id, document.id, chunk.id),
        page("document-edit", dataset.id, document.id), page("document-delete", dataset.id, document.id),
        page("dataset-rows", dataset.id) + f"?id={document.id}",
        page("dataset-search", dataset.id) + "?query=orders+ship+script",
    ]  # fmt: skip
    for address in addresses:
        shown = client.get(address).content.decode()
        assert "<script>alert" not in shown, address
        assert "&lt;script&gt;" in shown.replace("<mark>", "").replace("</mark>", ""), address


@pytest.mark.parametrize(
    "name",
    ["document", "document-edit", "document-replace", "document-reprocess", "document-file", "document-delete"],
)
def test_another_tenants_document_is_not_there(
    dataset: Dataset, ready: Document, theirs: Document, client: Client, name: str
) -> None:
    assert client.get(page(name, theirs.dataset_id, theirs.id)).status_code == 404
    assert client.get(page(name, dataset.id, theirs.id)).status_code == 404
    assert client.get(page(name, dataset.id, ready.id)).status_code == 200


def test_another_tenants_chunk_is_not_there(
    dataset: Dataset, ready: Document, theirs: Document, client: Client, globex: TenantRef, page_as: PageAs
) -> None:
    of_theirs = page_as(Role.OWNER, tenant=globex).get(page("document", theirs.dataset_id, theirs.id, slug="globex"))
    chunk = of_theirs.context["page"][0]
    ours: Any = selectors.chunks(ready).first()
    for name in ("chunk", "chunk-switch"):
        assert client.post(page(name, theirs.dataset_id, theirs.id, chunk.id)).status_code in {302, 404}
        assert client.get(page("chunk", dataset.id, ready.id, chunk.id)).status_code == 404
    assert client.get(page("chunk", dataset.id, ready.id, ours.id)).status_code == 200
