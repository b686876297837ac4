"""Chunks in the open: what readers see of a document may be corrected, or left out of search."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from knowledge.enums import Status
from knowledge.ingest import documents, embed, queue, store
from knowledge.models import Chunk, ChunkVector, Document
from knowledge.tasks import ring_on_commit
from tenants import audit, formats
from tenants.errors import Conflict, Invalid, NotFound
from tenants.types import Principal

MOST_CHARACTERS = 10_000


class BeingProcessed(Conflict):
    code = "document_processing"
    title = gettext_lazy(
        "This document is being processed, and its chunks are about to change; edit them when it is done"
    )


def update_chunk(*, by: Principal, chunk: Chunk, content: str | None = None, is_enabled: bool | None = None) -> Chunk:
    """Correct its text, which is embedded again by a worker; or disable it, which takes it out of search at once.
    Raises `BeingProcessed` where a new version of the text is on its way."""
    with transaction.atomic():
        document = Document.objects.select_for_update(of=("self",)).filter(id=chunk.document_id).first()
        row = Chunk.objects.select_for_update().defer("search").filter(id=chunk.id).first()
        if document is None or row is None or row.generation != document.active_generation:
            raise NotFound(_("There is no such chunk."))
        if content is not None and content != row.content:
            _edit(row, document, content, by=by)
        if is_enabled is not None and is_enabled != row.is_enabled:
            row.is_enabled = is_enabled
            row.save(update_fields=["is_enabled"])
            ChunkVector.objects.filter(chunk=row.id).update(is_enabled=is_enabled)
        changed = [name for name, value in (("content", content), ("enabled", is_enabled)) if value is not None]
        audit.record(by=by, action="chunk.update", target=row.id, data={"changed": changed})
    return row


def _edit(row: Chunk, document: Document, content: str, *, by: Principal) -> None:
    if not content.strip() or len(content) > MOST_CHARACTERS:
        most = {"most": formats.number(MOST_CHARACTERS)}
        raise Invalid(errors={"content": [_("From 1 to %(most)s characters.") % most]})
    if document.replaced or _is_about_to_change(document):
        raise BeingProcessed
    words = embed.in_context(content, title=document.title, heading=row.heading)
    row.content, row.fingerprint = content, embed.fingerprint(words)
    row.edited_at, row.edited_by = timezone.now(), by.user_id
    row.save(update_fields=["content", "fingerprint", "edited_at", "edited_by"])
    store.set_words(row.id, words, search_config=document.search_config)
    ChunkVector.objects.filter(chunk=row.id).delete()
    _embed_again(document)


def _is_about_to_change(document: Document) -> bool:
    waits = document.status in {Status.PENDING, Status.PROCESSING}
    return waits and not Document.objects.filter(documents.MENDING, id=document.id).exists()


def _embed_again(document: Document) -> None:
    """Its active generation is gone on with: only the vectors that are missing are made."""
    documents.drop_all_but(document.id, document.active_generation)
    queue.requeue(
        Document.objects.filter(id=document.id),
        stage="",
        progress=0,
        built=None,
        generation=F("active_generation"),
        chunk_total=F("chunk_count"),
        chunks_done=0,
    )
    ring_on_commit()
