"""What becomes of a document: fetch, extract, clean, split, embed, store; then it is `completed`, or `failed` and why.

No transaction is open while a file is read or embedded. What is written is unread until the whole document is.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from knowledge import language, selectors, tokens
from knowledge.enums import Stage
from knowledge.ingest import attempt, clean, embed, fetch, queue, split, store
from knowledge.ingest.extract import sandbox
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Extracted, Limits

_EXTRACTED, _SPLIT, _EMBEDDED = 10, 15, 95  # per cent of the work, when these steps are through


def run(document_id: UUID) -> None:
    """Process the document if it is there to be taken; safe to call twice, late, or for nothing."""
    claim = queue.claim(document_id)
    if claim is None:
        return
    with attempt.of(claim) as lease:
        extracted = clean.clean(_extract(lease))
        lease.report(stage=Stage.SPLITTING, progress=_EXTRACTED)
        text = split.split(extracted)
        if not text.pieces:
            raise ExtractionError("no_text", "There is no text in this document.")
        tongue = language.detect(f"{claim.title}\n{text.text}") or claim.language
        config = tokens.config_for(tongue)
        lease.report(stage=Stage.EMBEDDING, progress=_SPLIT)
        done = 0
        for batch in embed.embed(text.pieces, title=claim.title, embedder=selectors.embedder(claim.space)):
            done += len(batch)
            progress = _SPLIT + (_EMBEDDED - _SPLIT) * done // len(text.pieces)
            store.write(batch, lease=lease, search_config=config, progress=progress)
        lease.report(stage=Stage.STORING, progress=_EMBEDDED)
        outcome = queue.Outcome(
            chunks=done, pages=extracted.pages, characters=len(text.text), language=tongue, search_config=config
        )
        queue.complete(claim, outcome=outcome)


def _extract(lease: queue.Lease) -> Extracted:
    claim = lease.claim
    limits = Limits(file_bytes=settings.MAX_UPLOAD_BYTES, seconds=settings.INGEST_PARSE_SECONDS)
    with fetch.local(file_key=claim.file_key, content_hash=claim.content_hash) as path:
        return sandbox.extract(path, file_name=claim.file_name or "text.txt", limits=limits, on_wait=lease.keep)
