"""Adding and deleting: the same bytes once, all or nothing, and nothing left behind."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from knowledge import services
from knowledge.ingest import files, incoming
from knowledge.models import Chunk, ChunkVector, Dataset, Document
from knowledge.tests.conftest import upload
from tenants import context
from tenants.errors import Invalid, LimitReached
from tenants.models import AuditEvent, Tenant
from tenants.types import Principal, TenantRef

Add = Callable[..., Document]
Process = Callable[[Document], Document]
Stored = Callable[[], list[str]]


def test_a_text_is_kept_as_a_file_of_the_tenant(add: Add, acme: TenantRef, stored: Stored) -> None:
    document = add("Grüße")
    assert stored() == [f"t/{acme.id}/documents/{document.content_hash}"]
    with default_storage.open(document.file_key) as file:
        assert file.read().decode() == "Grüße"


def test_the_same_bytes_are_one_document_of_a_dataset_and_one_file_of_a_tenant(
    dataset: Dataset, principal: Principal, stored: Stored
) -> None:
    files = [upload("a.txt", b"The same."), upload("b.txt", b"The same."), upload("c.txt", b"Other.")]
    first = services.add_files(by=principal, dataset=dataset, files=files)
    assert [item.duplicate for item in first] == [False, True, False]
    assert first[0].document == first[1].document
    again = services.add_text(by=principal, dataset=dataset, title="Again", content="The same.")
    assert (again.duplicate, again.document.title) == (True, "a")
    elsewhere = services.create_dataset(by=principal, name="Elsewhere")
    assert not services.add_text(by=principal, dataset=elsewhere, title="B", content="The same.").duplicate
    assert Document.objects.count() == 3
    assert len(stored()) == 2


def test_deleting_a_document_leaves_nothing(
    add: Add, process: Process, principal: Principal, stored: Stored, django_capture_on_commit_callbacks: Any
) -> None:
    document, other = process(add()), process(add("Another text."))
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_document(by=principal, document=document)
    assert stored() == [other.file_key]
    assert set(Chunk.objects.values_list("document_id", flat=True)) == {other.id}
    assert set(ChunkVector.objects.values_list("document_id", flat=True)) == {other.id}


def test_a_file_stays_until_its_last_document_goes(
    add: Add, principal: Principal, stored: Stored, django_capture_on_commit_callbacks: Any
) -> None:
    first = add()
    second = add(to=services.create_dataset(by=principal, name="Elsewhere"))
    for document, left in ((first, 1), (second, 0)):
        with django_capture_on_commit_callbacks(execute=True):
            services.delete_document(by=principal, document=document)
        assert len(stored()) == left


def test_deleting_a_dataset_leaves_nothing(
    add: Add, process: Process, dataset: Dataset, principal: Principal, stored: Stored,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    process(add())
    add("Another text.")
    kept = add("Kept.", to=services.create_dataset(by=principal, name="Kept"))
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_dataset(by=principal, dataset=dataset)
    assert (Chunk.objects.count(), ChunkVector.objects.count()) == (0, 0)
    assert list(Document.objects.all()) == [kept]
    assert stored() == [kept.file_key]


def test_one_bad_file_and_none_is_taken(dataset: Dataset, principal: Principal, stored: Stored) -> None:
    files = [upload("good.txt", b"Good."), upload("empty.txt", b""), upload("program.exe", b"MZ")]
    with pytest.raises(incoming.Refused) as refused:
        services.add_files(by=principal, dataset=dataset, files=files)
    assert refused.value.code == "files_refused"
    assert set(refused.value.errors) == {"empty.txt", "program.exe"}
    assert (Document.objects.count(), stored()) == (0, [])
    services.add_files(by=principal, dataset=dataset, files=files[:1])
    assert (Document.objects.count(), len(stored())) == (1, 1)


@pytest.mark.parametrize(("limit", "allowed"), [("documents", 1), ("storage_bytes", 8)])
def test_a_plan_that_is_full_takes_nothing_and_keeps_no_file(
    dataset: Dataset, principal: Principal, stored: Stored, acme: TenantRef, limit: str, allowed: int
) -> None:
    plan = Tenant.objects.get(id=acme.id).plan
    setattr(plan, limit, allowed)
    plan.save()
    services.add_text(by=principal, dataset=dataset, title="One", content="12345678")
    with pytest.raises(LimitReached):
        services.add_text(by=principal, dataset=dataset, title="Two", content="x")
    assert (Document.objects.count(), len(stored())) == (1, 1)
    assert services.add_text(by=principal, dataset=dataset, title="Again", content="12345678").duplicate


def test_the_plan_limits_datasets(dataset: Dataset, principal: Principal, acme: TenantRef) -> None:
    plan = Tenant.objects.get(id=acme.id).plan
    plan.datasets = 2
    plan.save()
    services.create_dataset(by=principal, name="Second")
    with pytest.raises(LimitReached):
        services.create_dataset(by=principal, name="Third")


def test_names_are_shown_as_they_are_read(dataset: Dataset, principal: Principal) -> None:
    name = "/etc/../annual\u202efdp.\u200btxt"
    document = services.add_files(by=principal, dataset=dataset, files=[upload(name, b"Text.")])[0].document
    assert (document.file_name, document.title) == ("annualfdp.txt", "annualfdp")
    longest = services.add_files(by=principal, dataset=dataset, files=[upload("n" * 300 + ".txt", b"x")])[0].document
    assert len(longest.file_name) <= 255
    assert longest.file_name.endswith(".txt")
    with pytest.raises(Invalid):
        services.add_text(by=principal, dataset=dataset, title="\u202e", content="Hidden.")


def test_half_a_file_that_a_crash_left_is_replaced(add: Add, process: Process, acme: TenantRef, tmp_path: Any) -> None:
    document = add()
    (tmp_path / document.file_key).write_bytes(b"Ord")
    document.delete()
    assert process(add()).status == "completed"


def test_a_new_title_is_found(add: Add, process: Process, principal: Principal) -> None:
    document = process(add(title="Old"))
    services.update_document(by=principal, document=document, tags=["a"])
    assert document.status == "completed"
    renamed = services.update_document(by=principal, document=document, title="Zanzibar")
    assert renamed.status == "pending"
    process(renamed)
    assert Chunk.objects.extra(where=["search @@ 'zanzibar'::tsquery"]).get().document_id == document.id


def test_deeds_are_audited_in_their_transaction(dataset: Dataset, add: Add, principal: Principal) -> None:
    document = add()
    services.delete_document(by=principal, document=document)
    services.delete_dataset(by=principal, dataset=dataset)
    deeds = AuditEvent.objects.filter(actor_id=principal.user_id, tenant_id=context.current().id)
    assert set(deeds.values_list("action", flat=True)) >= {
        "dataset.create", "document.create", "document.delete", "dataset.delete",
    }  # fmt: skip


def test_a_full_disk_is_said_and_leaves_nothing(
    api: APIClient, dataset: Dataset, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    body = {"title": "T", "content": "Words.", "source_type": "text"}
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", full)
        answer = api.post(f"/v1/tenant/datasets/{dataset.id}/documents", body)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    assert (Document.objects.count(), stored()) == (0, [])
    assert api.post(f"/v1/tenant/datasets/{dataset.id}/documents", body).status_code == 201


def test_files_that_nobody_names_are_swept_up_once_they_are_old(add: Add, stored: Stored, acme: TenantRef) -> None:
    document = add()
    key = files.key_of("f" * 64)
    default_storage.save(key, ContentFile(b"left behind"))
    assert files.drop_strays() == 0, "a request may just be at work on it"
    assert files.drop_strays(older_than=timedelta(0)) == 1
    assert stored() == [document.file_key]
