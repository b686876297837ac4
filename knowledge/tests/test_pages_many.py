"""What is done with many documents: who may, which they are, what is said of those that are left as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from knowledge import services
from knowledge.models import Dataset, Document
from knowledge.tests.test_pages_datasets import PageAs, page
from knowledge.tests.test_pages_documents import client as client
from knowledge.tests.test_pages_documents import edit
from knowledge.tests.test_pages_documents import failed as failed
from knowledge.tests.test_pages_documents import ready as ready
from tenants.enums import Role
from tenants.models import AuditEvent
from tenants.types import Principal, TenantRef

Add = Callable[..., Document]
Process = Callable[[Document], Document]


def address(dataset: Dataset, act: str, *documents: Document, **more: str) -> str:
    asked = "&".join([f"do={act}", *(f"id={row.id}" for row in documents), *(f"{k}={v}" for k, v in more.items())])
    return f"{page('documents-chosen', dataset.id)}?{asked}"


def said(answer: Any) -> list[str]:
    return [str(each) for each in get_messages(answer.wsgi_request)]


def test_chosen_documents_are_deleted_after_a_question(
    dataset: Dataset, ready: Document, failed: Document, theirs: Document, client: Client, page_as: PageAs,
    globex: TenantRef,
) -> None:  # fmt: skip
    asks = address(dataset, "delete", ready, theirs) + "&id=nonsense"
    assert page_as(Role.VIEWER).get(asks).status_code == 403
    assert page_as(Role.VIEWER).post(asks).status_code == 403
    shown = client.get(asks).content.decode()
    assert "Delete 1 document?" in shown
    assert "1 chunk that bots answer from" in shown
    client.post(asks, {"id": [str(ready.id), str(theirs.id)]})
    assert list(Document.objects.all()) == [failed]
    still = page("document", theirs.dataset_id, theirs.id, slug="globex")
    assert page_as(Role.OWNER, tenant=globex).get(still).status_code == 200


def test_those_that_failed_are_tried_again_and_the_others_told_of(
    dataset: Dataset, ready: Document, failed: Document, client: Client
) -> None:
    asks = address(dataset, "retry", ready, failed, listed="type=file")
    assert "1 of them failed or was cancelled" in client.get(asks).content.decode()
    answer = client.post(asks)
    assert answer.headers["Location"] == page("dataset", dataset.id) + "?type=file"
    assert said(answer) == ["1 document is tried again.", "1 was left as it is: it had not failed."]
    assert {row.title: row.status for row in Document.objects.all()} == {"Shipping": "completed", "broken": "pending"}
    assert said(client.post(address(dataset, "retry", ready)))[-1] == "1 was left as it is: it had not failed."


def test_edited_documents_are_processed_again_only_when_that_is_said(
    dataset: Dataset, ready: Document, add: Add, process: Process, client: Client, principal: Principal
) -> None:
    other = process(add("Another text.", title="Other"))
    edit(ready, principal)
    process(ready)
    asks = address(dataset, "reprocess", ready, other)
    assert "1 document has chunks that were edited by hand" in client.get(asks).content.decode()
    told = said(client.post(asks))
    assert told == ["1 document is processed again.", "1 was left as it is: chunks of it were edited by hand."]
    ready.refresh_from_db()
    assert ready.status == "completed"
    client.post(asks, {"id": [str(ready.id)], "discard_edits": "on"})
    ready.refresh_from_db()
    assert ready.status == "pending"


def test_tags_are_added_and_taken_away(
    dataset: Dataset, add: Add, client: Client, theirs: Document, page_as: PageAs
) -> None:
    first, second = add("One.", title="1", tags=["old", "keep"]), add("Two.", title="2")
    full = add("Three.", title="3", tags=[f"t{number}" for number in range(50)])
    asks = address(dataset, "tags", first, second, full, theirs)
    assert page_as(Role.VIEWER).post(asks, {"add": "new"}).status_code == 403
    assert "Name a tag to add" in client.post(asks, {"add": " "}).content.decode()
    assert client.post(asks, {"remove": "not there"}).status_code == 422
    told = said(client.post(asks, {"add": "new, keep", "remove": ["old"]}))
    assert told == [
        "The tags of 2 documents were changed.", "1 was left as it is: it would have too many tags."
    ]  # fmt: skip
    for row, tags in ((first, ["keep", "new"]), (second, ["new", "keep"])):
        row.refresh_from_db()
        assert row.tags == tags
    full.refresh_from_db()
    assert len(full.tags) == 50
    assert AuditEvent.objects.filter(action="document.tag").count() == 1
    assert said(client.post(asks, {"id": [str(first.id)], "add": "new"}))[-1] == "1 was so already."


def test_all_that_fit_are_chosen_beyond_the_page_and_none_that_came_since(
    dataset: Dataset, add: Add, client: Client
) -> None:
    old = [add(f"Text {number}.", title=f"Old {number}", tags=["a"]) for number in range(27)]
    kept = add("Other.", title="Kept")
    listed = client.get(page("dataset", dataset.id) + "?tag=a").content.decode()
    assert "All 27 that fit" in listed
    shown = client.get(address(dataset, "delete", all="yes", listed="tag%3Da"))
    assert "Delete 27 documents?" in shown.content.decode()
    ids = [str(row.id) for row in shown.context["chosen"]]
    since = add("Since.", title="Since", tags=["a"])
    client.post(address(dataset, "delete", all="yes", listed="tag%3Da"), {"id": ids})
    assert set(Document.objects.all()) == {kept, since}
    assert len(old) == len(ids)


def test_where_none_is_left_the_list_says_so(dataset: Dataset, ready: Document, client: Client) -> None:
    asks = address(dataset, "delete", ready)
    services.delete_document(by=Principal(), document=ready)
    assert client.get(asks).headers["Location"] == page("dataset", dataset.id)
    assert said(client.post(asks)) == ["None of these documents is there any more."]


@pytest.mark.parametrize("act", ["delete", "retry", "reprocess", "tags", "nonsense"])
def test_each_act_has_a_page(dataset: Dataset, ready: Document, client: Client, act: str) -> None:
    assert client.get(address(dataset, act, ready)).status_code == 200
