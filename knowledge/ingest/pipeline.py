"""What becomes of a document: fetch, extract, clean, split, embed, store; then it is `completed`, or `failed` and why.

No transaction is open while a file is read or a text embedded. What is written is unread until the whole document is.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from knowledge import selectors
from knowledge.enums import SourceType, Stage
from knowledge.ingest import documents, embed, fetch, reading, store
from knowledge.ingest.documents import Job
from knowledge.ingest.queue import Lease
from knowledge.ingest.turns import Turn
from knowledge.ingest.types import Piece
from knowledge.models import EmbeddingSpace

_EXTRACTED, _SPLIT, _EMBEDDED = 10, 15, 95  # per cent of the work, when these steps are through
_NAMES: dict[str, str] = {SourceType.TEXT: "text.txt", SourceType.QA: "pairs.qa.json"}


def run(lease: Lease, turn: Turn) -> None:
    job = documents.begin(lease)
    if not job.is_split:
        if job.source_type == SourceType.WEB:
            job = _with_page(lease, job)
        _read(lease, turn, job)
    done = False
    while not done:
        space = documents.space_of(job)
        _embed(lease, turn, job, space)
        lease.change(stage=Stage.STORING, progress=_EMBEDDED)
        try:
            documents.finish(lease.claim, job, space=space)
            done = True
        except documents.SpaceMoved:
            done = False


def _with_page(lease: Lease, job: Job) -> Job:
    lease.change(stage=Stage.FETCHING)
    page = fetch.page(job.url, on_wait=lease.keep)
    documents.keep_page(lease, job, page)
    return replace(job, file_key=page.key, file_name=page.file_name)


def _read(lease: Lease, turn: Turn, job: Job) -> None:
    def on_wait() -> None:
        lease.keep()
        turn.check_reluctantly()

    name = name_of(job.source_type, job.file_name)
    with fetch.local(job.file_key) as path:
        extracted, tongue = reading.extract(
            path, file_name=name, title=job.title, said=job.language, limits=reading.limits(), on_wait=on_wait
        )
    title = documents.named(lease, job, extracted.title)
    lease.change(stage=Stage.SPLITTING, progress=_EXTRACTED)
    text = reading.pieces(extracted, size=job.size, overlap=job.overlap)
    rows = [_row(piece, title) for piece in text.pieces]
    with transaction.atomic():
        documents.note_split(
            lease, job, chunks=len(rows), progress=_SPLIT, page_count=extracted.pages,
            char_count=len(text.text), language=tongue.language, search_config=tongue.search_config,
            warnings=list(extracted.warnings),
        )  # fmt: skip
        store.add_chunks(
            rows, document_id=job.document_id, generation=job.generation, active=job.active,
            search_config=tongue.search_config,
        )  # fmt: skip


def name_of(source_type: str, file_name: str) -> str:
    """The name by which the extractor is chosen."""
    return _NAMES.get(source_type, file_name)


def _row(piece: Piece, title: str) -> store.Row:
    words = embed.in_context(piece.content, title=title, heading=piece.heading)
    return store.Row(
        position=piece.position, content=piece.content, page=piece.page, heading=piece.heading, start=piece.start,
        end=piece.end, words=words, fingerprint=embed.fingerprint(words),
    )  # fmt: skip


def _embed(lease: Lease, turn: Turn, job: Job, space: EmbeddingSpace) -> None:
    scope = store.Scope(document_id=job.document_id, generation=job.generation)
    embedder = selectors.embedder(space)

    def on_batch(done: int, total: int) -> None:
        progress = _SPLIT + (_EMBEDDED - _SPLIT) * done // max(1, total)
        lease.change(stage=Stage.EMBEDDING, progress=progress, chunks_done=done)

    embed.fill(scope, space=space, embedder=embedder, lease=lease, turn=turn, on_batch=on_batch)
