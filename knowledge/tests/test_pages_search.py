"""The bench for search, the words that it marks, and the page of a dataset's embedding model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge import selectors
from knowledge.models import Dataset, Document
from knowledge.search import search
from knowledge.search.marks import marks
from knowledge.tests.test_pages_datasets import PageAs, page
from tenants.enums import Role

Add = Callable[..., Document]
Process = Callable[[Document], Document]


@pytest.fixture
def filled(dataset: Dataset, add: Add, process: Process) -> Dataset:
    add("Orders over $50 ship free within the country.", title="Shipping", tags=["sales"], metadata={"product": "X200"})
    process(add("Returned goods are paid back within 14 days.", title="Returns"))
    return dataset


def test_what_is_found_and_why(filled: Dataset, page_as: PageAs) -> None:
    answer = page_as(Role.VIEWER).get(page("dataset-search", filled.id) + "?query=do+you+ship+orders+for+free")
    shown = answer.content.decode()
    assert answer.context["hits"][0]["hit"].document_title == "Shipping"
    assert all(
        word in shown for word in ("<mark>ship</mark>", "<mark>Orders</mark>", "Score", "By meaning", "By words")
    )
    assert "Likely to answer" in shown


def test_what_is_not_in_the_documents_is_below_the_floor(filled: Dataset, page_as: PageAs) -> None:
    answer = page_as(Role.VIEWER).get(page("dataset-search", filled.id) + "?query=best+pizza+in+Naples")
    assert "Below the floor of relevance" in answer.content.decode()


def test_only_among_some_documents(filled: Dataset, page_as: PageAs) -> None:
    client = page_as(Role.VIEWER)

    def titles(query: str) -> set[str]:
        found = client.get(page("dataset-search", filled.id) + "?query=orders+goods&" + query).context["hits"]
        return {each["hit"].document_title for each in found}

    assert titles("") == {"Shipping", "Returns"}
    assert titles("tags=sales") == {"Shipping"}
    assert titles("metadata=product:+X200") == {"Shipping"}
    assert titles("metadata=product:+other") == set()
    assert len(titles("k=1")) == 1


def test_a_question_that_cannot_be_asked(filled: Dataset, page_as: PageAs) -> None:
    client = page_as(Role.VIEWER)
    for query in ("?query=", "?query=x&k=999", "?query=x&metadata=wrong", "?query=a%00b", "?query=x&tags=unknown"):
        answer = client.get(page("dataset-search", filled.id) + query)
        assert answer.status_code == 422, query
        assert answer.context["form"].errors


def test_marks_are_the_words_that_were_met(filled: Dataset, add: Add, process: Process) -> None:
    process(add("配送料は無料です。", title="配送"))
    found = search.search(dataset_ids=[filled.id], query="returning goods").passages
    pieces = marks(found, question="returning goods")
    for hit in found:
        assert "".join(piece.text for piece in pieces[hit.chunk_id]) == hit.content
    met = {piece.text for hit in found for piece in pieces[hit.chunk_id] if piece.is_met}
    assert met == {"Returned", "goods"}
    japanese = search.search(dataset_ids=[filled.id], query="配送は無料ですか").passages
    pieces = marks(japanese, question="配送は無料ですか")
    assert any(piece.is_met and "配送" in piece.text for hit in japanese for piece in pieces[hit.chunk_id])


def test_the_cost_is_told_before_a_move_begins(
    filled: Dataset, provider: TenantAIProvider, wire: Wire, page_as: PageAs
) -> None:
    admin, editor = page_as(Role.ADMIN), page_as(Role.EDITOR)
    address = page("dataset-embedding", filled.id)
    sent = {"provider_id": str(provider.id), "model": "small"}
    assert editor.post(address, {**sent, "do": "start"}).status_code == 403
    assert "Show the cost" not in editor.get(address).content.decode()
    told = admin.post(address, {**sent, "do": "estimate"})
    assert told.context["cost"].chunks == 2
    assert selectors.space_change_of(filled) is None
    assert admin.post(address, {**sent, "do": "start"}).status_code == 302
    shown = admin.get(address).content.decode()
    assert "On its way to small" in shown
    assert "0 of 2 chunks" in admin.get(address + "?state=yes").content.decode()
    admin.post(address, {"do": "cancel"})
    assert selectors.space_change_of(filled) is None
    assert admin.get(address + "?state=yes").headers["HX-Refresh"] == "true"


def test_a_move_that_cannot_be_made_is_refused_beside_its_form(
    filled: Dataset, provider: TenantAIProvider, client: Client, page_as: PageAs
) -> None:
    admin = page_as(Role.ADMIN)
    address = page("dataset-embedding", filled.id)
    refused = admin.post(address, {"provider_id": str(provider.id), "model": "", "do": "estimate"})
    assert refused.status_code == 422
    assert "model" in refused.context["form"].errors
    same = admin.post(address, {"provider_id": "", "model": "", "do": "start"})
    assert same.status_code == 422
    assert "has this embedding model already" in same.content.decode()
