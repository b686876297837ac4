"""The life of datasets and documents. Each function is one transaction with its audit row; `by` is who does it.

A document is stored and queued here; what becomes of it is `ingest.pipeline`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import ProtectedError, Sum
from django.db.models.functions import Now

from integrations.embedders import registry
from knowledge import selectors
from knowledge.ingest import files as storage
from knowledge.ingest import incoming, queue
from knowledge.ingest.incoming import Incoming
from knowledge.models import Dataset, Document, EmbeddingSpace
from knowledge.tasks import process_document
from tenants import audit, context, plans
from tenants.errors import Conflict, NotFound
from tenants.tasks import enqueue_on_commit
from tenants.types import Principal


class DatasetInUse(Conflict):
    code, title = "dataset_in_use", "Bots answer from this dataset; disconnect them first"


@dataclass(frozen=True, slots=True)
class Added:
    """A document as it is now; `duplicate` where the same bytes were in the dataset before."""

    document: Document
    duplicate: bool


def create_dataset(*, by: Principal, **fields: Any) -> Dataset:  # noqa: ANN401 -- the dataset's fields
    with transaction.atomic():
        storage.lock()
        plans.check("datasets", used=Dataset.objects.count())
        space, _ = EmbeddingSpace.objects.get_or_create(
            provider=selectors.BUILTIN, model=registry.BUILTIN_MODEL, dimensions=registry.DEFAULT_DIMENSIONS
        )
        dataset = Dataset.objects.create(active_space=space, created_by=by.user_id, **fields)
        audit.record(by=by, action="dataset.create", target=dataset.id, data={"name": dataset.name})
    return dataset


def update_dataset(*, by: Principal, dataset: Dataset, **changes: Any) -> Dataset:  # noqa: ANN401 -- same
    with transaction.atomic():
        for name, value in changes.items():
            setattr(dataset, name, value)
        dataset.save(update_fields=[*changes, "updated_at"])
        audit.record(by=by, action="dataset.update", target=dataset.id, data={"changed": sorted(changes)})
    return dataset


def delete_dataset(*, by: Principal, dataset: Dataset) -> None:
    """Delete it with its documents, chunks, vectors and files. Raises `DatasetInUse` while a bot is connected."""
    try:
        with transaction.atomic():
            # Nobody can add a document, or connect a bot, to a row that is locked.
            row = Dataset.objects.select_for_update().filter(id=dataset.id).first()
            if row is None:
                raise NotFound("There is no such dataset.")
            keys = list(Document.objects.filter(dataset=row).values_list("file_key", flat=True))
            row.delete()
            audit.record(by=by, action="dataset.delete", target=dataset.id, data={"documents": len(keys)})
            _drop_files_on_commit(keys)
    except ProtectedError as error:
        raise DatasetInUse from error


def add_text(
    *,
    by: Principal,
    dataset: Dataset,
    title: str,
    content: str,
    tags: Sequence[str] = (),
    metadata: dict[str, Any] | None = None,
) -> Added:
    """Add a text. Raises `LimitReached`."""
    text = incoming.text(title=title, content=content)
    return _add(by=by, dataset=dataset, given=[text], tags=tags, metadata=metadata)[0]


def add_files(
    *,
    by: Principal,
    dataset: Dataset,
    files: Sequence[File[bytes]],
    tags: Sequence[str] = (),
    metadata: dict[str, Any] | None = None,
) -> list[Added]:
    """Add files, all or none. Raises `Refused` with a sentence for each file that is not taken, or `LimitReached`."""
    given = incoming.checked(files)
    return _add(by=by, dataset=dataset, given=given, tags=tags, metadata=metadata)


def update_document(*, by: Principal, document: Document, **changes: Any) -> Document:  # noqa: ANN401 -- its fields
    """Change title, tags or metadata. A new title is part of what is searched, so the document is processed again."""
    with transaction.atomic():
        if "title" in changes:
            changes["title"] = incoming.name(changes["title"])
        renamed = changes.get("title", document.title) != document.title
        for name, value in changes.items():
            setattr(document, name, value)
        document.save(update_fields=[*changes, "updated_at"])
        audit.record(by=by, action="document.update", target=document.id, data={"changed": sorted(changes)})
        if renamed:
            _start_over(document)
    document.refresh_from_db()
    return document


def reprocess_document(*, by: Principal, document: Document) -> Document:
    """Process it from the start, whatever state it is in. What was found in it before is found until it is done."""
    with transaction.atomic():
        _start_over(document)
        audit.record(by=by, action="document.reprocess", target=document.id)
    document.refresh_from_db()
    return document


def delete_document(*, by: Principal, document: Document) -> None:
    """Delete it with its chunks and vectors, and its file where no other document has the same bytes."""
    with transaction.atomic():
        storage.lock()
        audit.record(by=by, action="document.delete", target=document.id, data={"title": document.title})
        _drop_files_on_commit([document.file_key])
        document.delete()


def _add(
    *,
    by: Principal,
    dataset: Dataset,
    given: list[Incoming],
    tags: Sequence[str],
    metadata: dict[str, Any] | None,
) -> list[Added]:
    """Files are written before the rows that name them, and looked after again once the rows are there to keep them."""
    new = _unknown(dataset, given)
    _check_limits(new)
    try:
        for item in new:
            storage.put(key=item.key, file=item.file)
        with transaction.atomic():
            added, rows = _insert(by=by, dataset=dataset, given=given, tags=tags, metadata=metadata)
    except BaseException:
        storage.drop_unused(item.key for item in new)
        raise
    for item in added:
        storage.put(key=item.key, file=item.file)
    return [Added(document=rows[item.content_hash], duplicate=item not in added) for item in given]


def _insert(
    *, by: Principal, dataset: Dataset, given: list[Incoming], tags: Sequence[str], metadata: dict[str, Any] | None
) -> tuple[list[Incoming], dict[str, Document]]:
    """Queue what is still new now that nobody else adds or deletes; answers what was, and every document by hash."""
    storage.lock()
    if not Dataset.objects.select_for_update(no_key=True).filter(id=dataset.id).exists():
        raise NotFound("There is no such dataset.")
    new = _unknown(dataset, given)
    _check_limits(new)
    for item in new:
        _queue(by=by, dataset=dataset, item=item, tags=tags, metadata=metadata)
    rows = Document.objects.filter(dataset=dataset, content_hash__in=_hashes(given))
    return new, {row.content_hash: row for row in rows}


def _unknown(dataset: Dataset, given: list[Incoming]) -> list[Incoming]:
    """What the dataset does not have yet; of equals the first."""
    found = Document.objects.filter(dataset=dataset, content_hash__in=_hashes(given))
    seen = set(found.values_list("content_hash", flat=True))
    new: list[Incoming] = []
    for item in given:
        if item.content_hash not in seen:
            seen.add(item.content_hash)
            new.append(item)
    return new


def _hashes(given: list[Incoming]) -> list[str]:
    return [item.content_hash for item in given]


def _check_limits(new: list[Incoming]) -> None:
    if not new:
        return
    stored = Document.objects.aggregate(bytes=Sum("size_bytes", default=0))["bytes"]
    plans.check("documents", used=Document.objects.count(), adding=len(new))
    plans.check("storage_bytes", used=stored, adding=sum(item.size for item in new))


def _queue(
    *, by: Principal, dataset: Dataset, item: Incoming, tags: Sequence[str], metadata: dict[str, Any] | None
) -> None:
    row = Document.objects.create(
        dataset=dataset,
        title=item.title,
        source_type=item.source_type,
        file_name=item.file_name,
        content_type=item.content_type,
        size_bytes=item.size,
        content_hash=item.content_hash,
        file_key=item.key,
        tags=list(tags),
        metadata=metadata or {},
        created_by=by.user_id,
        rung_at=Now(),
    )
    audit.record(by=by, action="document.create", target=row.id, data={"dataset": str(dataset.id), "title": row.title})
    enqueue_on_commit(process_document, document_id=str(row.id))


def _start_over(document: Document) -> None:
    queue.requeue(Document.objects.filter(id=document.id))
    enqueue_on_commit(process_document, document_id=str(document.id))


def _drop_files_on_commit(keys: list[str]) -> None:
    tenant = context.current()

    def drop() -> None:
        with context.entered(tenant):
            storage.drop_unused(keys)

    transaction.on_commit(drop, robust=True)
