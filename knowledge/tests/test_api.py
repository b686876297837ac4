"""`/v1/tenant/datasets/…`: the guide's calls, what is refused and how, and who may what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from knowledge.models import Dataset, Document
from knowledge.tests.conftest import pdf, upload, word
from tenants.enums import Role
from tenants.types import TenantRef

ROOT = "/v1/tenant/datasets"
TOWNS = "Amsterdam Bergen Cologne Dublin Essen Florence Geneva Hamburg Ipswich Krakow Lisbon Madrid Naples"
OPENING = "\n".join(
    f"The branch in {town} opens at nine and its people are glad to help you." for town in TOWNS.split()
)
RETURNS = "You may return what you bought within thirty days.\nYour money comes back within a week."
Add = Callable[..., Document]
Process = Callable[[Document], Document]


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json", response.content
    return response.status_code, response.json()["code"]


def test_the_guide_creates_a_dataset(api: APIClient, acme: TenantRef) -> None:
    body = {
        "name": "Customer Support Knowledge Base",
        "description": "Complete customer support documentation, FAQs, and policies",
        "tags": ["customer-support", "documentation", "faq"],
        "metadata": {"category": "support", "language": "en", "domain": "customer-service"},
    }
    made = api.post(f"{ROOT}/", body)
    assert made.status_code == 201
    answer = made.json()
    assert {key: answer[key] for key in body} == body
    assert answer["tenant_id"] == str(acme.id)
    assert answer["documents"] == {
        "total": 0,
        "pending": 0,
        "processing": 0,
        "completed": 0,
        "failed": 0,
        "outdated": 0,
    }
    assert api.get(f"{ROOT}/{answer['id']}").json() == answer
    assert api.get(ROOT).json()["results"] == [answer]


def test_the_guide_uploads_files(api: APIClient, dataset: Dataset, process: Process) -> None:
    form = {
        "files": [
            upload(
                "customer_support_guide.pdf",
                pdf(OPENING, RETURNS),
            ),
            upload("product_documentation.docx", word("Warranty", "The warranty lasts two years.")),
            upload("faq_database.txt", b"Where is the shop?\nIn Rotterdam."),
            upload("notes.md", b"# Invoices\n\nInvoices are sent by mail on the first of a month."),
        ],
        "metadata": '{"category": "documentation", "priority": "high"}',
    }
    answer = api.post(f"{ROOT}/{dataset.id}/documents/upload", form, format="multipart")
    assert answer.status_code == 201, answer.content
    documents = answer.json()["documents"]
    assert [item["title"] for item in documents] == [
        "Customer support guide", "Product documentation", "Faq database", "notes",
    ]  # fmt: skip
    assert {item["status"] for item in documents} == {"pending"}
    assert documents[0]["metadata"] == {"category": "documentation", "priority": "high"}
    for item in documents:
        process(Document.objects.get(id=item["id"]))
    listed = api.get(f"{ROOT}/{dataset.id}/documents").json()["results"]
    assert {(item["status"], item["error"], item["progress"]) for item in listed} == {("completed", None, 100)}
    for query, title, page in (
        ("How long may I return something?", "Customer support guide", 2),
        ("How long is the warranty?", "Product documentation", None),
        ("Where is the shop?", "Faq database", None),
        ("When do invoices come?", "notes", None),
    ):
        found = api.post(f"{ROOT}/{dataset.id}/search", {"query": query, "k": 3}).json()
        best = found["results"][0]
        assert (best["document_title"], best["page"]) == (title, page)
        assert 0 < best["score"] <= 1
        assert found["relevant"] is True


def test_the_guide_adds_a_text(api: APIClient, dataset: Dataset, process: Process) -> None:
    body = {
        "title": "Shipping Policy",
        "content": "Our shipping policy includes free shipping on orders over $50. Standard delivery takes 3-5 days...",
        "source_type": "text",
        "tags": ["shipping", "policy"],
        "metadata": {"category": "policy", "last_updated": "2024-01-15"},
    }
    url = f"{ROOT}/{dataset.id}/documents"
    first = api.post(url, body)
    assert (first.status_code, first.json()["duplicate"]) == (201, False)
    again = api.post(f"{url}/", body)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["id"] == first.json()["id"]
    process(Document.objects.get())
    shown = api.get(f"{url}/{first.json()['id']}").json()
    assert {key: shown[key] for key in ("title", "tags", "metadata", "status")} == {
        "title": body["title"], "tags": body["tags"], "metadata": body["metadata"], "status": "completed",
    }  # fmt: skip
    chunks = api.get(f"{url}/{shown['id']}/chunks").json()
    assert (chunks["count"], chunks["results"][0]["content"]) == (1, body["content"])


def test_a_document_is_changed_processed_again_and_deleted(
    api: APIClient, add: Add, process: Process, dataset: Dataset
) -> None:
    document = process(add())
    url = f"{ROOT}/{dataset.id}/documents/{document.id}"
    changed = api.put(url, {"tags": ["new", "new"], "metadata": {"a": 1}}).json()
    assert (changed["tags"], changed["metadata"], changed["status"]) == (["new"], {"a": 1}, "completed")
    again = api.post(f"{url}/reprocess")
    assert (again.status_code, again.json()["status"], again.json()["progress"]) == (202, "pending", 0)
    assert api.delete(url).status_code == 204
    assert problem(api.get(url)) == (404, "not_found")
    assert api.put(f"{ROOT}/{dataset.id}", {"name": "Renamed"}).json()["name"] == "Renamed"
    assert api.delete(f"{ROOT}/{dataset.id}/").status_code == 204
    assert problem(api.get(f"{ROOT}/{dataset.id}")) == (404, "not_found")


WRONG_TEXTS: list[tuple[dict[str, Any], str]] = [
    ({"title": "T"}, "content"),
    ({"content": "C"}, "title"),
    ({"title": "T", "content": ""}, "content"),
    ({"title": "T", "content": " \n "}, "content"),
    ({"title": "T" * 256, "content": "C"}, "title"),
    ({"title": "T\x00", "content": "C"}, "title"),
    ({"title": "T", "content": "C\x00"}, "content"),
    ({"title": "T", "content": "half \ud83d"}, "content"),
    ({"title": "\u202e", "content": "C"}, "title"),
    ({"title": {"a": 1}, "content": "C"}, "title"),
    ({"title": "T", "content": ["C"]}, "content"),
    ({"title": "T", "content": "C", "source_type": "file"}, "source_type"),
    ({"title": "T", "content": "C", "tags": "one"}, "tags"),
    ({"title": "T", "content": "C", "tags": ["a\x00"]}, "tags.0"),
    ({"title": "T", "content": "C", "tags": [str(n) for n in range(51)]}, "tags"),
    ({"title": "T", "content": "C", "metadata": "{}"}, "metadata"),
    ({"title": "T", "content": "C", "metadata": [1]}, "metadata"),
    ({"title": "T", "content": "C", "metadata": {"a": "\x00"}}, "metadata"),
    ({"title": "T", "content": "C", "metadata": {"\x00": 1}}, "metadata"),
    ({"title": "T", "content": "C", "metadata": {"a": "\udc00"}}, "metadata"),
    ({"title": "T", "content": "C", "metadata": {"a": "x" * 17_000}}, "metadata"),
    ({"title": "T", "content": "C", "unknown": 1}, "unknown"),
    ({"title": "T", "content": "C", "status": "completed"}, "status"),
]


@pytest.mark.parametrize(("body", "field"), WRONG_TEXTS)
def test_a_wrong_text_is_refused_by_field(api: APIClient, dataset: Dataset, body: dict[str, Any], field: str) -> None:
    refused = api.post(f"{ROOT}/{dataset.id}/documents", json.dumps(body), content_type="application/json")
    assert problem(refused) == (400, "invalid")
    assert set(refused.json()["errors"]) == {field}
    assert not Document.objects.exists()
    taken = api.post(f"{ROOT}/{dataset.id}/documents", {"title": "T", "content": "C"})
    assert taken.status_code == 201


def test_metadata_too_deep_or_infinite_is_refused(api: APIClient, dataset: Dataset) -> None:
    deep = '{"a":' * 30 + "1" + "}" * 30
    for metadata in (deep, '{"a": 1e999}'):
        body = f'{{"title": "T", "content": "C", "metadata": {metadata}}}'
        refused = api.post(f"{ROOT}/{dataset.id}/documents", body, content_type="application/json")
        assert problem(refused) == (400, "invalid")


WRONG_UPLOADS: list[tuple[dict[str, Any], int, str]] = [
    ({}, 400, "no_files"),
    ({"files": []}, 400, "no_files"),
    ({"files": ["not a file"]}, 400, "invalid"),
    ({"files": [("empty.txt", b"")]}, 400, "empty_file"),
    ({"files": [("program.exe", b"MZ")]}, 400, "unsupported_type"),
    ({"files": [("no-suffix", b"Text.")]}, 400, "unsupported_type"),
    ({"files": [("good.txt", b"Good."), ("empty.txt", b""), ("a.zip", b"PK")]}, 400, "files_refused"),
    ({"files": [("big.txt", b"x" * 2_000)]}, 400, "too_large"),
    ({"files": [(f"{n}.txt", b"Text.") for n in range(3)]}, 400, "too_many_files"),
    ({"files": [("good.txt", b"Good.")], "metadata": "{not json"}, 400, "invalid"),
    ({"files": [("good.txt", b"Good.")], "metadata": "[]"}, 400, "invalid"),
    ({"files": [("good.txt", b"Good.")], "metadata": "[" * 100_000}, 400, "invalid"),
    ({"files": [("good.txt", b"Good.")], "tags": "x" * 61}, 400, "invalid"),
    ({"files": [("good.txt", b"Good.")], "title": "T"}, 400, "invalid"),
]


@pytest.mark.parametrize(("form", "status", "code"), WRONG_UPLOADS)
def test_a_wrong_upload_is_refused_whole(
    api: APIClient, dataset: Dataset, settings: Any, stored: Any, form: dict[str, Any], status: int, code: str
) -> None:
    settings.MAX_UPLOAD_FILES = 2 if code == "too_many_files" else 3
    settings.MAX_UPLOAD_BYTES = 1_000
    url = f"{ROOT}/{dataset.id}/documents/upload"
    files = [upload(*file) if isinstance(file, tuple) else file for file in form.get("files", [])]
    refused = api.post(url, {**form, "files": files}, format="multipart")
    assert problem(refused) == (status, code)
    assert (Document.objects.count(), stored()) == (0, [])
    form = {"files": [upload("good.txt", b"Good.")], "metadata": "{}", "tags": ["a", "b"]}
    taken = api.post(url, form, format="multipart")
    assert (taken.status_code, taken.json()["documents"][0]["tags"]) == (201, ["a", "b"])


def test_a_body_of_the_wrong_kind_is_refused(api: APIClient, dataset: Dataset) -> None:
    documents = f"{ROOT}/{dataset.id}/documents"
    assert problem(api.post(f"{documents}/upload", {"files": []})) == (415, "unsupported_media_type")
    assert problem(api.post(documents, {"title": "T"}, format="multipart")) == (415, "unsupported_media_type")
    broken = api.post(documents, "{", content_type="application/json")
    assert problem(broken) == (400, "malformed")
    listed = api.post(documents, "[]", content_type="application/json")
    assert problem(listed) == (400, "invalid")


@pytest.mark.parametrize(
    "body",
    [{}, {"query": ""}, {"query": "  "}, {"query": "x" * 2_001}, {"query": "a\x00"}, {"query": ["a"]},
     {"query": "a", "k": 0}, {"query": "a", "k": 51}, {"query": "a", "k": "many"}, {"query": "a", "limit": 3}],
)  # fmt: skip
def test_a_wrong_search_is_refused(api: APIClient, dataset: Dataset, body: dict[str, Any]) -> None:
    assert problem(api.post(f"{ROOT}/{dataset.id}/search", body)) == (400, "invalid")


def test_a_search_of_an_empty_dataset_finds_nothing(api: APIClient, dataset: Dataset) -> None:
    found = api.post(f"{ROOT}/{dataset.id}/search", {"query": "Anything?", "k": 50}).json()
    assert (found["results"], found["relevant"]) == ([], False)


@pytest.mark.parametrize(
    "query",
    ["search=%00", "ordering=password", "ordering=dataset__name", "status=done", "page=0", "page=x", "tag=%00",
     "search=" + "x" * 201],
)  # fmt: skip
def test_a_wrong_list_is_refused(api: APIClient, dataset: Dataset, query: str) -> None:
    refused = api.get(f"{ROOT}/{dataset.id}/documents?{query}")
    assert refused.status_code in {400, 404}
    assert refused["Content-Type"] == "application/problem+json"
    assert api.get(f"{ROOT}/{dataset.id}/documents?search=x&ordering=title&status=failed&page=1").status_code == 200


def test_lists_narrow_and_order(api: APIClient, add: Add, process: Process, dataset: Dataset) -> None:
    process(add("One.", title="Beta", tags=["x"]))
    add("Two.", title="alpha", tags=["x", "y"])
    url = f"{ROOT}/{dataset.id}/documents"

    def titles(query: str) -> list[str]:
        return [item["title"] for item in api.get(f"{url}?{query}").json()["results"]]

    assert titles("") == titles("ordering=-created_at") == ["alpha", "Beta"]
    assert titles("ordering=created_at") == ["Beta", "alpha"]
    assert titles("status=pending") == ["alpha"]
    assert titles("tag=y") == ["alpha"]
    assert titles("search=bet") == ["Beta"]
    assert titles("page_size=1&page=2") == ["Beta"]
    assert api.get(f"{ROOT}?search=hand").json()["count"] == 1
    assert api.get(f"{ROOT}?search=foot").json()["count"] == 0
    assert api.get(f"{ROOT}?tag=y").json()["count"] == 0
    counts = api.get(ROOT).json()["results"][0]["documents"]
    assert counts == {"total": 2, "pending": 1, "processing": 0, "completed": 1, "failed": 0, "outdated": 0}


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_as_much_of_many_as_of_one(
    api: APIClient, add: Add, dataset: Dataset, principal: Any, count: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(count):
        add(f"Text {number}.")
    for url in (ROOT, f"{ROOT}/{dataset.id}/documents"):
        with django_assert_max_num_queries(11):  # of them up to 8 for the credential and the schema
            assert api.get(url).status_code == 200


def _addresses(dataset: object, document: object) -> list[tuple[str, str, Any]]:
    one, doc = f"{ROOT}/{dataset}", f"{ROOT}/{dataset}/documents/{document}"
    return [
        ("get", one, None), ("put", one, {"name": "N"}), ("delete", one, None),
        ("post", f"{one}/search", {"query": "merger"}), ("get", f"{one}/documents", None),
        ("post", f"{one}/documents", {"title": "T", "content": "C"}), ("get", doc, None),
        ("put", doc, {"title": "T"}), ("delete", doc, None), ("get", f"{doc}/chunks", None),
        ("post", f"{doc}/reprocess", None),
    ]  # fmt: skip


def test_another_tenants_ids_are_ids_that_never_were(
    api: APIClient, theirs: Document, globex: TenantRef, api_as: Any
) -> None:
    foreign = _addresses(theirs.dataset_id, theirs.id)
    unknown = _addresses(uuid4(), uuid4())
    for (method, address, body), (_, nowhere, _) in zip(foreign, unknown, strict=True):
        answer, control = getattr(api, method)(address, body), getattr(api, method)(nowhere, body)
        assert (answer.status_code, answer.content) == (404, control.content)
    form = {"files": [upload("a.txt", b"Text.")]}
    assert api.post(f"{ROOT}/{theirs.dataset_id}/documents/upload", form, format="multipart").status_code == 404
    assert api.get(ROOT).json()["count"] == 0
    owner = api_as(Role.OWNER, tenant=globex)
    assert owner.get(foreign[0][1]).json()["documents"]["completed"] == 1
    assert "Zyxxy" in owner.post(f"{ROOT}/{theirs.dataset_id}/search", {"query": "merger"}).content.decode()


def test_a_document_is_found_in_its_own_dataset_only(
    api: APIClient, add: Add, dataset: Dataset, principal: Any
) -> None:
    document = add()
    elsewhere = api.post(ROOT, {"name": "Elsewhere"}).json()["id"]
    assert api.get(f"{ROOT}/{dataset.id}/documents/{document.id}").status_code == 200
    assert problem(api.get(f"{ROOT}/{elsewhere}/documents/{document.id}")) == (404, "not_found")


def test_who_may_what(
    api_as: Any, key_client: Any, anonymous: APIClient, add: Add, process: Process, dataset: Dataset
) -> None:
    process(add())
    for client, may_read, may_write in (
        (anonymous, 401, 401),
        (api_as(Role.VIEWER), 200, 403),
        (api_as(Role.EDITOR), 200, 201),
        (key_client("datasets:read"), 200, 403),
        (key_client("datasets:write"), 403, 201),
        (key_client("chat:write"), 403, 403),
    ):
        assert client.get(f"{ROOT}/{dataset.id}/documents").status_code == may_read
        assert client.post(f"{ROOT}/{dataset.id}/search", {"query": "orders"}).status_code == may_read
        assert client.post(ROOT, {"name": "New"}).status_code == may_write
