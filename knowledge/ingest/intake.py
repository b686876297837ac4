"""What comes in becomes documents that wait for a worker: all of it or nothing, and the same content once a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from knowledge.ingest import files
from knowledge.ingest.incoming import Incoming
from knowledge.models import Dataset, Document
from tenants import audit, plans
from tenants.errors import NotFound
from tenants.types import Principal


@dataclass(frozen=True, slots=True)
class Added:
    """A document as it is now; `duplicate` where the same content was in the dataset before."""

    document: Document
    duplicate: bool


def add(
    *,
    by: Principal,
    dataset: Dataset,
    given: Sequence[Incoming],
    tags: Sequence[str] = (),
    metadata: dict[str, Any] | None = None,
) -> list[Added]:
    """Files are written before the rows that name them, and looked after again once the rows are there to keep them."""
    new = _unknown(dataset, given)
    _check_limits(new)
    try:
        for item in new:
            put(item)
        with transaction.atomic():
            added, rows = _insert(by=by, dataset=dataset, given=given, tags=tags, metadata=metadata)
    except BaseException:
        files.drop_unused(item.key for item in new if item.key)
        raise
    for item in added:
        put(item)
    return [Added(document=rows[item.content_hash], duplicate=item not in added) for item in given]


def put(item: Incoming) -> None:
    if item.file is not None:
        files.put(key=item.key, file=item.file)


def check_storage(*, adding: int) -> None:
    plans.check("storage_bytes", used=files.used_bytes(), adding=adding)


def _insert(
    *, by: Principal, dataset: Dataset, given: Sequence[Incoming], tags: Sequence[str], metadata: dict[str, Any] | None
) -> tuple[list[Incoming], dict[str, Document]]:
    """Queue what is still new now that nobody else adds or deletes; answers what was, and every document by hash."""
    files.lock()
    if not Dataset.objects.select_for_update(no_key=True).filter(id=dataset.id).exists():
        raise NotFound(_("There is no such dataset."))
    new = _unknown(dataset, given)
    _check_limits(new)
    for item in new:
        _queue(by=by, dataset=dataset, item=item, tags=tags, metadata=metadata)
    return new, {found: row for row in _known(dataset, given) for found in _hashes_of(row)}


def _unknown(dataset: Dataset, given: Sequence[Incoming]) -> list[Incoming]:
    """What the dataset does not have yet; of equals the first."""
    seen = {found for row in _known(dataset, given) for found in _hashes_of(row)}
    new: list[Incoming] = []
    for item in given:
        if item.content_hash not in seen:
            seen.add(item.content_hash)
            new.append(item)
    return new


def _known(dataset: Dataset, given: Sequence[Incoming]) -> list[Document]:
    """Documents with one of these contents, or that had it until the new version is complete."""
    hashes = [item.content_hash for item in given]
    same = Q(content_hash__in=hashes) | Q(replaced__content_hash__in=hashes)
    return list(Document.objects.filter(same, dataset=dataset))


def _hashes_of(row: Document) -> set[str]:
    return {row.content_hash, (row.replaced or {}).get("content_hash", row.content_hash)}


def _check_limits(new: Sequence[Incoming]) -> None:
    if not new:
        return
    plans.check("documents", used=Document.objects.count(), adding=len(new))
    check_storage(adding=sum(item.size for item in new))


def _queue(
    *, by: Principal, dataset: Dataset, item: Incoming, tags: Sequence[str], metadata: dict[str, Any] | None
) -> None:
    row = Document.objects.create(
        dataset=dataset,
        title=item.title,
        source_type=item.source_type,
        url=item.url,
        file_name=item.file_name,
        content_type=item.content_type,
        size_bytes=item.size,
        content_hash=item.content_hash,
        file_key=item.key,
        tags=list(tags),
        metadata=metadata or {},
        created_by=by.user_id,
        available_at=Now() + timedelta(seconds=item.delay),
    )
    audit.record(by=by, action="document.create", target=row.id, data={"dataset": str(dataset.id), "title": row.title})
