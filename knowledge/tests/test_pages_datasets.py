"""The pages of datasets: who may see and change them, what they count, what a refusal leaves in the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from knowledge import services
from knowledge.models import Dataset, Document
from tenants.enums import Role
from tenants.models import Plan, Tenant
from tenants.types import Principal, TenantRef

PageAs = Callable[..., Client]
EVIL = "<script>alert(1)</script>"


def page(name: str, *ids: Any, slug: str = "acme") -> str:
    return reverse(f"dashboard:{name}", args=(slug, *ids))


def limit(**limits: int) -> None:
    tenant = Tenant.objects.get(slug="acme")
    Plan.objects.filter(id=tenant.plan_id).update(**limits)


def fields(**given: Any) -> dict[str, Any]:
    return {"name": "Manuals", "chunk_size": 1000, "chunk_overlap": 120, **given}


def test_the_list_teaches_where_there_is_nothing(page_as: PageAs) -> None:
    shown = page_as(Role.EDITOR).get(page("datasets")).content.decode()
    assert "Make the first dataset" in shown
    assert "Make the first dataset" not in page_as(Role.VIEWER).get(page("datasets")).content.decode()


def test_the_list_counts_documents_chunks_and_bytes(
    dataset: Dataset, add: Callable[..., Document], process: Callable[[Document], Document], page_as: PageAs
) -> None:
    process(add())
    add("Returned goods are paid back in 14 days.", title="Returns")
    row = page_as(Role.VIEWER).get(page("datasets")).context["page"][0]
    assert (row.completed_documents, row.pending_documents, row.chunks) == (1, 1, 1)
    assert row.size == sum(Document.objects.values_list("size_bytes", flat=True))


def test_the_list_is_searched_by_words_and_tags(dataset: Dataset, principal: Principal, page_as: PageAs) -> None:
    services.create_dataset(by=principal, name="Prices", tags=["sales"])
    client = page_as(Role.VIEWER)

    def names(query: str) -> list[str]:
        return [row.name for row in client.get(page("datasets") + query).context["page"]]

    assert names("?search=pri") == ["Prices"]
    assert names("?tag=sales") == ["Prices"]
    assert names("?search=nothing") == []
    assert client.get(page("datasets") + "?search=%00").status_code == 200


def test_the_list_asks_the_database_no_more_for_more_rows(principal: Principal, page_as: PageAs) -> None:
    client = page_as(Role.EDITOR)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(page("datasets")).status_code == 200
        return len([one for one in seen.captured_queries if not one["sql"].startswith("SET search_path")])

    services.create_dataset(by=principal, name="One")
    queries()
    one = queries()
    for name in ("Two", "Three"):
        services.create_dataset(by=principal, name=name)
    assert queries() == one


def test_a_dataset_is_made_with_its_tags_and_metadata(page_as: PageAs) -> None:
    client = page_as(Role.EDITOR)
    given = fields(tags="a, b, a,, ", metadata='language: de\nyear: 2024\ncode: "7"\nnested: {"x": [1]}')
    answer = client.post(page("dataset-new"), given)
    made = Dataset.objects.get(name="Manuals")
    assert answer.headers["Location"] == page("document-add", made.id)
    assert made.tags == ["a", "b"]
    assert made.metadata == {"language": "de", "year": 2024, "code": "7", "nested": {"x": [1]}}
    shown = client.get(page("dataset-edit", made.id)).context["form"]["metadata"].value()
    assert sorted(shown.splitlines()) == sorted(given["metadata"].splitlines())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"chunk_size": 10}, "chunk_size"),
        ({"chunk_size": 400, "chunk_overlap": 300}, "chunk_overlap"),
        ({"metadata": "no colon"}, "metadata"),
        ({"metadata": 'x: "\\u0000"'}, "metadata"),
        ({"metadata": "a: 1\na: 2"}, "metadata"),
        ({"metadata": "x: " + "y" * 20_000}, "metadata"),
        ({"tags": "t" * 61}, "tags"),
    ],
)
def test_what_is_refused_comes_back_as_it_was_sent(page_as: PageAs, wrong: dict[str, Any], field: str) -> None:
    sent = fields(description="For the support bot.", **wrong)
    answer = page_as(Role.EDITOR).post(page("dataset-new"), sent)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert field in form.errors
    assert form["description"].value() == "For the support bot."
    assert not Dataset.objects.exists()


def test_a_full_plan_says_so_and_points_to_it(dataset: Dataset, page_as: PageAs) -> None:
    limit(datasets=1)
    answer = page_as(Role.EDITOR).post(page("dataset-new"), fields())
    assert answer.status_code == 422
    assert "Your plan includes 1 datasets" in answer.content.decode()
    assert "See your plan" in answer.content.decode()
    limit(datasets=2)
    assert page_as(Role.EDITOR).post(page("dataset-new"), fields()).status_code == 302


def test_a_preview_shows_the_split_and_saves_nothing(page_as: PageAs, acme: TenantRef) -> None:
    sent = fields(preview="yes", sample="Orders ship free. " * 40, chunk_size=300, chunk_overlap=0)
    client = page_as(Role.EDITOR)
    whole = client.post(page("dataset-new"), sent)
    assert whole.context["preview"]["found"].chunk_count > 1
    assert whole.context["form"]["name"].value() == "Manuals"
    part = client.post(page("dataset-new"), sent, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "Orders ship free" in part.content.decode()
    assert not Dataset.objects.exists()


def test_a_preview_of_a_document_that_is_there(dataset: Dataset, add: Callable[..., Document], page_as: PageAs) -> None:
    document = add("Returned goods are paid back. " * 40)
    sent = fields(preview="yes", document=str(document.id), chunk_size=300)
    found = page_as(Role.EDITOR).post(page("dataset-edit", dataset.id), sent).context["preview"]["found"]
    assert found.title == document.title
    assert found.chunk_count > 1


def test_changed_splitting_leads_to_processing_again(
    dataset: Dataset, add: Callable[..., Document], process: Callable[[Document], Document], page_as: PageAs
) -> None:
    client = page_as(Role.EDITOR)
    process(add())
    answer = client.post(page("dataset-edit", dataset.id), fields(chunk_size=500))
    assert answer.headers["Location"] == page("documents-reprocess", dataset.id)
    assert client.get(page("documents-reprocess", dataset.id)).context["form"]["which"].value() == "outdated"
    client.post(page("documents-reprocess", dataset.id), {"which": "outdated"})
    assert Document.objects.get().status == "pending"
    answer = client.post(page("dataset-edit", dataset.id), fields(name="Renamed", chunk_size=500))
    assert answer.headers["Location"] == page("dataset", dataset.id)


def test_deleting_names_what_is_lost_and_asks_for_the_name(
    dataset: Dataset, add: Callable[..., Document], process: Callable[[Document], Document], page_as: PageAs
) -> None:
    process(add())
    client = page_as(Role.EDITOR)
    shown = client.get(page("dataset-delete", dataset.id))
    assert "1 document with its file" in shown.content.decode()
    assert client.post(page("dataset-delete", dataset.id), {"typed": "wrong"}).status_code == 422
    assert client.post(page("dataset-delete", dataset.id), {"typed": "Handbook"}).status_code == 302
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    "name", ["dataset", "dataset-search", "imports", "dataset-embedding", "dataset-rows", "dataset-bots"]
)
def test_viewers_read(dataset: Dataset, page_as: PageAs, name: str) -> None:
    assert page_as(Role.VIEWER).get(page(name, dataset.id)).status_code == 200


@pytest.mark.parametrize("name", ["dataset-edit", "document-add", "documents-reprocess", "dataset-delete"])
def test_changing_is_for_editors(dataset: Dataset, page_as: PageAs, name: str) -> None:
    assert page_as(Role.VIEWER).get(page(name, dataset.id)).status_code == 403
    assert page_as(Role.EDITOR).get(page(name, dataset.id)).status_code == 200
    assert page(name, dataset.id) not in page_as(Role.VIEWER).get(page("dataset", dataset.id)).content.decode()


def test_making_one_is_for_editors(page_as: PageAs) -> None:
    assert page_as(Role.VIEWER).post(page("dataset-new"), fields()).status_code == 403
    assert not Dataset.objects.exists()
    assert page_as(Role.EDITOR).get(page("dataset-new")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "dataset", "dataset-edit", "dataset-search", "imports", "dataset-embedding", "dataset-rows", "document-add",
        "documents-reprocess", "documents-chosen", "dataset-delete", "dataset-bots",
    ],
)  # fmt: skip
def test_another_tenants_dataset_is_not_there(
    dataset: Dataset, theirs: Document, page_as: PageAs, globex: TenantRef, name: str
) -> None:
    assert page_as(Role.OWNER).get(page(name, theirs.dataset_id)).status_code == 404
    assert page_as(Role.OWNER).get(page(name, dataset.id)).status_code in {200, 302}
    theirs_page = page(name, theirs.dataset_id, slug="globex")
    assert page_as(Role.OWNER, tenant=globex).get(theirs_page).status_code in {200, 302}


def test_what_people_type_is_shown_and_not_run(principal: Principal, page_as: PageAs) -> None:
    made = services.create_dataset(by=principal, name=EVIL, description=EVIL, tags=[EVIL[:50]], metadata={EVIL: EVIL})
    client = page_as(Role.OWNER)
    for name, ids in (
        ("datasets", ()),
        ("dataset", (made.id,)),
        ("dataset-edit", (made.id,)),
        ("dataset-delete", (made.id,)),
    ):
        shown = client.get(page(name, *ids)).content.decode()
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)" in shown
