"""A document while it is worked on: what is known of it at the beginning, and how it ends.

A generation is begun once and gone on with until it is whole: whoever takes the document after a killed worker finds
its chunks written and embeds only those that still lack a vector.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, JSONField, Q, Value
from django.db.models.functions import Coalesce, Now

from knowledge.enums import SourceType, Stage, Status
from knowledge.ingest import files, queue
from knowledge.ingest.fetch import Fetched
from knowledge.ingest.queue import Claim, Lease
from knowledge.models import NAME_LENGTH, Chunk, Dataset, Document, EmbeddingSpace
from tenants import plans

# What readers see is whole but for the vectors of chunks that were edited; there is nothing to go back to.
MENDING = Q(status__in=[Status.PENDING, Status.PROCESSING], generation=F("active_generation"), chunk_total__gt=0)


class SpaceMoved(Exception):
    """The dataset has got another space meanwhile; the chunks need vectors there."""


@dataclass(frozen=True, slots=True)
class Job:
    """`is_split` says that the generation's chunks are written. `language` is what the dataset says it is in, for texts
    too short to tell."""

    document_id: UUID
    dataset_id: UUID
    generation: int
    active: int
    is_split: bool
    source_type: SourceType
    title: str
    url: str
    file_name: str
    file_key: str
    language: str
    size: int
    overlap: int


def begin(lease: Lease) -> Job:
    with transaction.atomic():
        row = Document.objects.select_related("dataset").get(id=lease.claim.id)
        if row.chunk_total == 0:
            lease.change(stage=Stage.EXTRACTING, progress=0, generation=F("generation") + 1)
            row.generation += 1
            drop_all_but(row.id, row.active_generation)
    return Job(
        document_id=row.id,
        dataset_id=row.dataset_id,
        generation=row.generation,
        active=row.active_generation,
        is_split=row.chunk_total > 0,
        source_type=SourceType(row.source_type),
        title=row.title,
        url=row.url,
        file_name=row.file_name,
        file_key=row.file_key,
        language=_language_of(row.dataset),
        size=row.dataset.chunk_size,
        overlap=row.dataset.chunk_overlap,
    )


def note_split(lease: Lease, job: Job, *, chunks: int, progress: int, **found: Any) -> None:  # noqa: ANN401 -- fields
    """The chunks are written: from now on only vectors are missing. `found` are the document's fields by which it will
    be known once readers see this generation."""
    built = {**found, "chunk_size": job.size, "chunk_overlap": job.overlap}
    lease.advance(stage=Stage.EMBEDDING, progress=progress, chunk_total=chunks, chunks_done=0, built=built)


def named(lease: Lease, job: Job, found: str) -> str:
    """The document's title: a web page that nobody gave one has its own, once it is known."""
    title = found.strip()[:NAME_LENGTH]
    if job.source_type != SourceType.WEB or job.title != job.url[:NAME_LENGTH] or not title:
        return job.title
    lease.change(title=title)
    return title


def keep_page(lease: Lease, job: Job, page: Fetched) -> None:
    """Put a fetched page in the place of the one before, which stays until the new one is read."""
    if page.key == job.file_key:
        lease.change(fetched_at=Now())
        return
    plans.check("storage_bytes", used=files.used_bytes(), adding=page.size)
    files.put(key=page.key, file=ContentFile(page.data))
    answers = job.active > 0 and job.file_key != ""
    before = Value({"file_key": job.file_key, "file_name": job.file_name}, JSONField())
    with transaction.atomic():
        lease.change(
            file_key=page.key, file_name=page.file_name, content_type=page.content_type, size_bytes=page.size,
            fetched_at=Now(), replaced=Coalesce("replaced", before) if answers else None,
        )  # fmt: skip
        if job.file_key and not answers:
            files.drop_unused_on_commit([job.file_key])


def space_of(job: Job) -> EmbeddingSpace:
    return EmbeddingSpace.objects.select_related("ai_provider").get(datasets=job.dataset_id)


def finish(claim: Claim, job: Job, *, space: EmbeddingSpace) -> None:
    """Make the generation the one that readers see, and drop the others, all at once. Raises `SpaceMoved`."""
    with transaction.atomic():
        # The move of a dataset to another space waits until this is through, or this until that is.
        dataset = Dataset.objects.select_for_update(no_key=True).get(id=job.dataset_id)
        if dataset.active_space_id != space.id:
            raise SpaceMoved
        row = Document.objects.only("replaced", "built").get(id=job.document_id)
        queue.complete(
            claim,
            stage="",
            progress=100,
            active_generation=job.generation,
            chunk_count=F("chunk_total"),
            chunks_done=F("chunk_total"),
            replaced=None,
            built=None,
            **(row.built or {}),
        )
        drop_all_but(job.document_id, job.generation)
        if row.replaced:
            files.drop_unused_on_commit([row.replaced["file_key"]])


def cancel(document: Document) -> None:
    """Stop working on it. What readers had before they still have; else it is failed, and says so. Within the caller's
    transaction, which holds the row."""
    back = document.replaced or {}
    answers = document.active_generation > 0
    queue.requeue(
        Document.objects.filter(id=document.id),
        **back,
        replaced=None,
        built=None,
        stage="",
        progress=100 if answers else 0,
        chunk_total=document.chunk_count if answers else 0,
        chunks_done=document.chunk_count if answers else 0,
        **_ended(answers=answers),
    )
    drop_all_but(document.id, document.active_generation)
    if back:
        files.drop_unused_on_commit([document.file_key])


def _ended(*, answers: bool) -> dict[str, object]:
    if answers:
        return {"status": "completed", "finished_at": Now()}
    return {
        "status": "failed",
        "error_code": queue.CANCELLED,
        "error": "Processing was cancelled. Retry to process it after all, or delete it.",
        "finished_at": Now(),
    }


def _language_of(dataset: Dataset) -> str:
    said = dataset.metadata.get("language")
    return said.lower() if isinstance(said, str) and re.fullmatch("[A-Za-z]{2}", said) else ""


def drop_all_but(document_id: UUID, generation: int) -> None:
    """Delete the chunks, and with them the vectors, of the other generations."""
    Chunk.objects.filter(document=document_id).exclude(generation=generation).delete()
