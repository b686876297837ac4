"""What can be done with a document that is there: change, replace, process again, cancel, retry, tag, delete."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from knowledge.enums import SourceType, Status
from knowledge.ingest import documents, files, incoming, intake, queue
from knowledge.ingest.incoming import Incoming
from knowledge.models import Chunk, Dataset, Document
from knowledge.services.metadata import TAGS
from knowledge.tasks import ring_on_commit
from tenants import audit
from tenants.errors import Conflict, NotFound
from tenants.types import Principal

Which = Literal["all", "outdated"]
Ids = Iterable[UUID] | None  # of documents; `None` are all of the dataset
_SOURCE = ("source_type", "url", "file_name", "content_type", "size_bytes", "content_hash", "file_key")
_ANEW: dict[str, Any] = {"stage": "", "progress": 0, "chunk_total": 0, "chunks_done": 0, "built": None}


@dataclass(frozen=True, slots=True)
class Tagged:
    """How many were changed, and how many have no room for more tags; the others had them already."""

    done: int
    full: int


class EditsWouldBeLost(Conflict):
    code = "edits_would_be_lost"
    title = gettext_lazy(
        "Chunks of this document were edited; processing it again would undo that. Send discard_edits to do so"
    )


class NotWaiting(Conflict):
    code, title = "not_processing", gettext_lazy("This document is neither waiting nor being processed")


class NotFailed(Conflict):
    code, title = "not_failed", gettext_lazy("Only a document that failed can be retried; reprocess this one")


class SameContent(Conflict):
    code, title = "duplicate_content", gettext_lazy("The dataset has a document with this content already")


def update_document(*, by: Principal, document: Document, discard_edits: bool = False, **changes: Any) -> Document:  # noqa: ANN401 -- its fields
    """Change title, tags or metadata. A new title is part of what is searched, so the document is processed again."""
    with transaction.atomic():
        row = _locked(document.id)
        if "title" in changes:
            changes["title"] = incoming.name(changes["title"])
        renamed = changes.get("title", row.title) != row.title
        if renamed and not discard_edits:
            _check_edits([row.id])
        for name, value in changes.items():
            setattr(row, name, value)
        row.save(update_fields=[*changes, "updated_at"])
        audit.record(
            by=by, action="document.update", target=row.id, data={"title": row.title, "changed": sorted(changes)}
        )
        if renamed:
            _start_over(Document.objects.filter(id=row.id))
    return _fresh(document)


def replace_document(*, by: Principal, document: Document, new: Incoming, discard_edits: bool = False) -> Document:
    """Give it a new version. The old one answers until the new one is complete, and comes back if that is cancelled.
    Raises `SameContent`, `LimitReached`."""
    intake.check_storage(adding=new.size)
    try:
        intake.put(new)
        with transaction.atomic():
            files.lock()
            row = _locked(document.id)
            if not discard_edits:
                _check_edits([row.id])
            _put_in_place(row, new)
            data = {"title": row.title, "file_name": new.file_name}
            audit.record(by=by, action="document.replace", target=row.id, data=data)
    except IntegrityError as error:
        files.drop_unused([new.key])
        raise SameContent from error
    except BaseException:
        files.drop_unused([new.key])
        raise
    intake.put(new)
    return _fresh(document)


def reprocess_document(*, by: Principal, document: Document, discard_edits: bool = False) -> Document:
    """Process it from the start, whatever state it is in; a web page is fetched anew. What was found in it before is
    found until it is done."""
    with transaction.atomic():
        row = _locked(document.id)
        if not discard_edits:
            _check_edits([row.id])
        audit.record(by=by, action="document.reprocess", target=row.id, data={"title": row.title})
        _start_over(Document.objects.filter(id=row.id))
    return _fresh(document)


def reprocess_documents(
    *, by: Principal, dataset: Dataset, which: Which = "all", ids: Ids = None, discard_edits: bool = False
) -> int:
    """Process a dataset's documents again: all, those named, or those that were split by other settings than the
    dataset has now. Those with edited chunks are left out unless the edits are to go."""
    rows = _named(dataset, ids)
    if which == "outdated":
        rows = rows.filter(status=Status.COMPLETED).exclude(
            chunk_size=F("dataset__chunk_size"), chunk_overlap=F("dataset__chunk_overlap")
        )
    if not discard_edits:
        rows = rows.exclude(id__in=_edited())
    with transaction.atomic():
        count = _start_over(Document.objects.filter(id__in=list(rows.values_list("id", flat=True))))
        audit.record(
            by=by,
            action="dataset.reprocess",
            target=dataset.id,
            data={"name": dataset.name, "which": which, "documents": count},
        )
    return count


def retry_document(*, by: Principal, document: Document) -> Document:
    """Try again what failed, from where it failed. Raises `NotFailed`."""
    if not _retry(by, Document.objects.filter(id=document.id), target=document.id):
        raise NotFailed
    return _fresh(document)


def retry_documents(*, by: Principal, dataset: Dataset, ids: Ids = None) -> int:
    """Try again what failed, of all or of those named."""
    return _retry(by, _named(dataset, ids), target=dataset.id)


def cancel_document(*, by: Principal, document: Document) -> Document:
    """Stop processing it; what was found in it before is found again. Raises `NotWaiting`."""
    if not _cancel(by, Document.objects.filter(id=document.id), target=document.id):
        raise NotWaiting
    return _fresh(document)


def cancel_documents(*, by: Principal, dataset: Dataset) -> int:
    return _cancel(by, Document.objects.filter(dataset=dataset), target=dataset.id)


def tag_documents(
    *, by: Principal, dataset: Dataset, ids: Iterable[UUID], add: Sequence[str] = (), remove: Sequence[str] = ()
) -> Tagged:
    """Give those named these tags and take others from them. One that would have too many is left as it is."""
    done: list[Document] = []
    full = 0
    with transaction.atomic():
        rows = _named(dataset, ids).order_by("id").select_for_update(of=("self",))
        for row in rows:
            tags = list(dict.fromkeys([*(tag for tag in row.tags if tag not in remove), *add]))
            if len(tags) > max(TAGS, len(row.tags)):
                full += 1
            elif tags != row.tags:
                row.tags, row.updated_at = tags, timezone.now()
                done.append(row)
        Document.objects.bulk_update(done, ["tags", "updated_at"])
        if done:
            told = {"documents": len(done), "added": list(add), "removed": list(remove)}
            audit.record(by=by, action="document.tag", target=dataset.id, data=told)
    return Tagged(done=len(done), full=full)


def delete_document(*, by: Principal, document: Document) -> None:
    """Delete it with its chunks and vectors, and its files where no other document has the same bytes."""
    with transaction.atomic():
        files.lock()
        row = _locked(document.id)
        audit.record(by=by, action="document.delete", target=row.id, data={"title": row.title})
        files.drop_unused_on_commit([row.file_key, (row.replaced or {}).get("file_key", "")])
        row.delete()


def _put_in_place(row: Document, new: Incoming) -> None:
    """The new source takes the row, which remembers the one that readers still see."""
    before = row.replaced or {name: getattr(row, name) for name in _SOURCE}
    unread = [] if row.replaced is None else [row.file_key]
    queue.requeue(
        Document.objects.filter(id=row.id),
        **_ANEW,
        source_type=new.source_type,
        url=new.url,
        file_name=new.file_name,
        content_type=new.content_type,
        size_bytes=new.size,
        content_hash=new.content_hash,
        file_key=new.key,
        replaced=before if row.active_generation else None,
    )
    files.drop_unused_on_commit(unread if row.active_generation else [row.file_key])
    ring_on_commit()


def _start_over(rows: QuerySet[Document]) -> int:
    count = queue.requeue(rows, **_ANEW)
    ring_on_commit()
    return count


def _retry(by: Principal, rows: QuerySet[Document], *, target: UUID) -> int:
    with transaction.atomic():
        count = queue.requeue(rows.filter(status=Status.FAILED))
        if count:
            audit.record(by=by, action="document.retry", target=target, data={"documents": count})
            ring_on_commit()
    return count


def _cancel(by: Principal, rows: QuerySet[Document], *, target: UUID) -> int:
    try:
        with transaction.atomic():
            files.lock()
            busy = rows.exclude(documents.MENDING).filter(
                Q(status__in=[Status.PENDING, Status.PROCESSING]) | Q(replaced__isnull=False)
            )
            found = list(busy.select_for_update(of=("self",)))
            for row in found:
                documents.cancel(row)
            if found:
                audit.record(by=by, action="document.cancel", target=target, data={"documents": len(found)})
    except IntegrityError as error:
        raise SameContent(_("The content that this document had before has become another document.")) from error
    return len(found)


def _check_edits(ids: Iterable[UUID]) -> None:
    if _edited().filter(document__in=list(ids)).exists():
        raise EditsWouldBeLost


def _edited() -> QuerySet[Any, Any]:
    live = Chunk.objects.filter(generation=F("document__active_generation"), edited_at__isnull=False)
    return live.values("document_id")


def _named(dataset: Dataset, ids: Ids) -> QuerySet[Document]:
    rows = Document.objects.filter(dataset=dataset)
    return rows if ids is None else rows.filter(id__in=list(ids))


def _locked(document_id: UUID) -> Document:
    row = Document.objects.select_for_update(of=("self",)).filter(id=document_id).first()
    if row is None:
        raise NotFound(_("There is no such document."))
    return row


def _fresh(document: Document) -> Document:
    document.refresh_from_db()
    return document


def new_version(*, document: Document, file: Any = None, content: str | None = None) -> Incoming:  # noqa: ANN401 -- an upload
    """What a document is to be replaced with: a file, or a text. Raises `Refused`."""
    if file is not None:
        return incoming.checked([file])[0]
    assert content is not None
    assert document.source_type in SourceType.values
    return incoming.text(title=document.title, content=content)
