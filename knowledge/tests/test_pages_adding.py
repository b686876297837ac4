"""Adding documents in the dashboard: files one by one, texts, pairs, pages, sites; what is refused is not lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from knowledge.models import Dataset, Document, WebImport
from knowledge.tests.conftest import upload
from knowledge.tests.test_pages_datasets import EVIL, PageAs, limit, page
from tenants.enums import Role


@pytest.fixture
def client(page_as: PageAs) -> Client:
    return page_as(Role.EDITOR)


def add_page(dataset: Dataset, kind: str) -> str:
    return page("document-add", dataset.id) + f"?from={kind}"


def test_files_are_added_with_their_tags(dataset: Dataset, client: Client) -> None:
    files = [upload("a.txt", b"Alpha."), upload("b.md", b"# Beta")]
    answer = client.post(add_page(dataset, "files"), {"files": files, "tags": "x, y", "metadata": "lang: en"})
    assert answer.headers["Location"] == page("dataset", dataset.id)
    assert sorted(Document.objects.values_list("title", flat=True)) == ["a", "b"]
    assert Document.objects.first().tags == ["x", "y"]  # type: ignore[union-attr]  # it is there


def test_one_refused_file_holds_back_no_other(dataset: Dataset, client: Client, add: Callable[..., Document]) -> None:
    known = b"Known already."
    client.post(add_page(dataset, "files"), {"files": [upload("known.txt", known)]})
    files = [
        upload("new.txt", b"New."),
        upload("again.txt", known),
        upload("evil.exe", b"MZ"),
        upload("empty.txt", b""),
    ]
    answer = client.post(add_page(dataset, "files"), {"files": files, "tags": "kept"})
    assert answer.status_code == 422
    outcomes = {each.name: each.outcome for each in answer.context["outcomes"]}
    assert outcomes == {"new.txt": "added", "again.txt": "known", "evil.exe": "refused", "empty.txt": "refused"}
    assert answer.context["form"]["tags"].value() == "kept"
    assert "not supported" in answer.content.decode()
    assert Document.objects.count() == 2


def test_a_program_gets_each_files_outcome(dataset: Dataset, client: Client) -> None:
    def send(name: str, data: bytes) -> tuple[int, dict[str, Any]]:
        answer = client.post(
            add_page(dataset, "files"), {"files": [upload(name, data)]}, headers={"Accept": "application/json"}
        )
        return answer.status_code, json.loads(answer.content)

    status, added = send("a.txt", b"Alpha.")
    assert (status, added["outcome"]) == (200, "added")
    assert added["address"] == page("document", dataset.id, Document.objects.get().id)
    assert send("b.txt", b"Alpha.")[1]["outcome"] == "known"
    status, refused = send("c.exe", b"MZ")
    assert (status, refused["outcome"]) == (422, "refused")
    assert "not supported" in refused["said"]


def test_no_file_at_all_is_said(dataset: Dataset, client: Client) -> None:
    assert "files" in client.post(add_page(dataset, "files"), {}).context["form"].errors


def test_a_full_plan_says_so_beside_the_files(dataset: Dataset, client: Client) -> None:
    limit(documents=1)
    files = [upload("a.txt", b"Alpha."), upload("b.txt", b"Beta.")]
    answer = client.post(add_page(dataset, "files"), {"files": files})
    assert [each.outcome for each in answer.context["outcomes"]] == ["added", "refused"]
    assert "Your plan includes 1 documents" in answer.content.decode()
    assert "See your plan" in answer.content.decode()


def test_a_text_is_added_once(dataset: Dataset, client: Client) -> None:
    sent = {"title": "Shipping", "content": "Orders over $50 ship free."}
    assert client.post(add_page(dataset, "text"), sent).headers["Location"] == page("dataset", dataset.id)
    again = client.post(add_page(dataset, "text"), sent)
    assert again.headers["Location"] == page("document", dataset.id, Document.objects.get().id)


@pytest.mark.parametrize("sent", [{"title": "", "content": "Text."}, {"title": "T", "content": "  "}])
def test_a_refused_text_is_not_lost(dataset: Dataset, client: Client, sent: dict[str, str]) -> None:
    answer = client.post(add_page(dataset, "text"), sent)
    assert answer.status_code == 422
    assert answer.context["form"]["content"].value() == sent["content"]
    assert not Document.objects.exists()


def test_a_text_over_the_plans_storage_is_not_lost(dataset: Dataset, client: Client) -> None:
    limit(storage_bytes=10)
    answer = client.post(add_page(dataset, "text"), {"title": "T", "content": "More than ten bytes."})
    assert answer.status_code == 422
    assert "of storage" in answer.content.decode()
    assert answer.context["form"]["content"].value() == "More than ten bytes."


def test_pairs_are_added_and_empty_rows_left_out(dataset: Dataset, client: Client) -> None:
    sent = {"title": "FAQ", "question": ["Do you ship?", ""], "answer": ["Yes.", ""]}
    assert client.post(add_page(dataset, "pairs"), sent).status_code == 302
    assert Document.objects.get().source_type == "qa"


def test_a_pair_without_its_half_is_refused_and_kept(dataset: Dataset, client: Client) -> None:
    sent = {"title": "FAQ", "question": ["Do you ship?"], "answer": [""]}
    answer = client.post(add_page(dataset, "pairs"), sent)
    assert answer.status_code == 422
    assert answer.context["pairs"][0] == {"question": "Do you ship?", "answer": ""}


def test_a_further_pair_without_scripts(dataset: Dataset, client: Client) -> None:
    sent = {"title": "FAQ", "question": ["a", "b", "c"], "answer": ["1", "2", "3"], "more": "yes"}
    answer = client.post(add_page(dataset, "pairs"), sent)
    assert len(answer.context["pairs"]) == 4
    assert not Document.objects.exists()


def test_a_web_page_and_a_site(dataset: Dataset, client: Client) -> None:
    assert client.post(add_page(dataset, "page"), {"url": "https://example.com/returns"}).status_code == 302
    assert Document.objects.get().url == "https://example.com/returns"
    answer = client.post(add_page(dataset, "site"), {"url": "https://example.com/", "limit": 5})
    assert answer.headers["Location"] == page("imports", dataset.id)
    assert "https://example.com/" in client.get(page("imports", dataset.id)).content.decode()


@pytest.mark.parametrize("kind", ["page", "site"])
def test_an_impossible_address_is_refused_beside_its_field(dataset: Dataset, client: Client, kind: str) -> None:
    answer = client.post(add_page(dataset, kind), {"url": "javascript:alert(1)", "limit": 5})
    assert answer.status_code == 422
    assert "url" in answer.context["form"].errors
    assert not Document.objects.exists()
    assert not WebImport.objects.exists()


def test_an_import_is_forgotten_and_its_documents_stay(dataset: Dataset, client: Client, page_as: PageAs) -> None:
    client.post(add_page(dataset, "site"), {"url": "https://example.com/", "limit": 5})
    client.post(add_page(dataset, "text"), {"title": "T", "content": "Text."})
    row = WebImport.objects.get()
    address = page("import-delete", dataset.id, row.id)
    assert page_as(Role.VIEWER).get(address).status_code == 403
    assert "Stop and forget" in client.get(address).content.decode()
    client.post(address)
    assert not WebImport.objects.exists()
    assert Document.objects.count() == 1


def test_a_viewer_adds_nothing(dataset: Dataset, page_as: PageAs) -> None:
    answer = page_as(Role.VIEWER).post(
        add_page(dataset, "files"), {"files": [upload("a.txt", b"A.")]}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 403
    assert not Document.objects.exists()


def test_a_files_name_is_shown_and_not_run(dataset: Dataset, client: Client) -> None:
    answer = client.post(add_page(dataset, "files"), {"files": [upload(f"{EVIL[:8]}img onerror=x>.exe", b"MZ")]})
    assert "<script>img" not in answer.content.decode()
    assert "&lt;script&gt;img" in answer.content.decode()


@pytest.mark.parametrize("count", [3, 4, 40])
def test_too_many_files_are_said_beside_them_with_nothing_else_lost(
    dataset: Dataset, page_as: PageAs, settings: Any, count: int
) -> None:
    settings.MAX_UPLOAD_FILES = 2
    client = page_as(Role.EDITOR)
    address = page("document-add", dataset.id)
    sent = {"files": [upload(f"{n}.txt", f"Text {n}.".encode()) for n in range(count)], "tags": "manuals, 2024"}
    refused = client.post(address, sent)
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert "at most 2 files go at once" in shown
    assert "manuals, 2024" in shown
    assert not Document.objects.exists()
    client.post(address, {**sent, "files": [upload(f"{n}.txt", f"Text {n}.".encode()) for n in range(2)]})
    assert Document.objects.filter(tags=["manuals", "2024"]).count() == 2
