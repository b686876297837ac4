"""The documents table as a queue: who may work on a document, how far it is, and how it ends.

A worker claims a document and gets a lease with a token of its own. Whatever it writes later, it writes only while the
token still stands in the row, so a worker that was thought dead and comes back changes nothing (`LeaseLost`). All times
are the database's. Every document ends `completed` or `failed`; one that keeps killing its worker fails too.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from knowledge.enums import Stage, Status
from knowledge.models import Chunk, Document, EmbeddingSpace

PROCESSING_FAILED = "processing_failed"
_GAVE_UP = "Processing stopped {times} times without a result. Try again; if it stops again, export the file anew."
_FIRST_WAIT = timedelta(seconds=10)
_RING_AGAIN = timedelta(seconds=60)  # a message may be lost; one that only waits its turn is not rung for much sooner
_RINGS_A_SWEEP = 64
_FREE: dict[str, Any] = {"lease_token": None, "lease_until": None, "stage": ""}


class LeaseLost(Exception):
    """Somebody else has the document now, or it is gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker needs of the document it has claimed."""

    document_id: UUID
    token: UUID
    generation: int
    attempt: int
    space: EmbeddingSpace
    title: str
    file_name: str
    file_key: str
    content_hash: str
    language: str  # what the dataset says it is in, for texts too short to tell


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished document is known by."""

    chunks: int
    pages: int | None
    characters: int
    language: str
    search_config: str


class Lease:
    """The right to work on a claimed document, for as long as it is renewed."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._renewed = time.monotonic()
        self._progress = 0

    def report(self, *, stage: Stage, progress: int) -> None:
        """Say how far the work is, which renews the lease. Inside a transaction it also fences what follows."""
        self._progress = max(self._progress, progress)
        _held(self.claim, stage=stage, progress=self._progress, lease_until=_lease_end())
        self._renewed = time.monotonic()

    def keep(self) -> None:
        """Renew the lease once a good part of it has passed."""
        if time.monotonic() - self._renewed > settings.INGEST_LEASE_SECONDS / 4:
            _held(self.claim, lease_until=_lease_end())
            self._renewed = time.monotonic()


def claim(document_id: UUID) -> Claim | None:
    """Take the document if it waits, or if whoever had it fell silent; `None` where there is nothing to take."""
    token = uuid4()
    taken = (
        Document.objects.filter(_waiting() | _abandoned(), id=document_id, attempts__lt=settings.INGEST_MAX_ATTEMPTS)
    ).update(
        status=Status.PROCESSING,
        stage=Stage.EXTRACTING,
        progress=0,
        error="",
        error_code="",
        attempts=F("attempts") + 1,
        generation=F("generation") + 1,
        lease_token=token,
        lease_until=_lease_end(),
        started_at=Now(),
        finished_at=None,
        updated_at=Now(),
    )
    rows = Document.objects.select_related("dataset__active_space").filter(id=document_id, lease_token=token)
    row = rows.first() if taken else None
    if row is None:
        return None
    return Claim(
        document_id=row.id,
        token=token,
        generation=row.generation,
        attempt=row.attempts,
        space=row.dataset.active_space,
        title=row.title,
        file_name=row.file_name,
        file_key=row.file_key,
        content_hash=row.content_hash,
        language=_language_of(row),
    )


def complete(claim: Claim, *, outcome: Outcome) -> None:
    """Make the claim's generation the one that readers see, and drop the others, all at once."""
    with transaction.atomic():
        _held(
            claim,
            **_FREE,
            status=Status.COMPLETED,
            progress=100,
            active_generation=claim.generation,
            chunk_count=outcome.chunks,
            page_count=outcome.pages,
            char_count=outcome.characters,
            language=outcome.language,
            search_config=outcome.search_config,
            finished_at=Now(),
        )
        _drop_unread([claim.document_id])


def fail(claim: Claim, *, code: str, reason: str) -> None:
    """End it here: trying again would give the same result. `reason` is a sentence for the tenant."""
    with transaction.atomic():
        _held(claim, **_FREE, status=Status.FAILED, error_code=code, error=reason, finished_at=Now())
        _drop_unread([claim.document_id])


def give_back(claim: Claim) -> None:
    """Let it be tried again, later each time; or fail it where this was the last attempt."""
    if claim.attempt >= settings.INGEST_MAX_ATTEMPTS:
        fail(claim, code=PROCESSING_FAILED, reason=_GAVE_UP.format(times=claim.attempt))
        return
    wait = _FIRST_WAIT * 3 ** (claim.attempt - 1)
    _held(claim, **_FREE, status=Status.PENDING, progress=0, available_at=Now() + wait, rung_at=None)


def requeue(documents: QuerySet[Document]) -> int:
    """Have documents processed again from the start. Whoever works on one loses it; readers keep what they have."""
    return documents.update(
        **_FREE,
        status=Status.PENDING,
        progress=0,
        error="",
        error_code="",
        attempts=0,
        available_at=Now(),
        rung_at=Now(),
        finished_at=None,
        updated_at=Now(),
    )


def fail_exhausted() -> int:
    """Fail what fell silent in its last attempt, such as a document that kills every worker that reads it."""
    with transaction.atomic():
        lost = Document.objects.filter(_abandoned(), attempts__gte=settings.INGEST_MAX_ATTEMPTS)
        ids = list(lost.select_for_update(skip_locked=True).values_list("id", flat=True))
        if ids:
            reason = _GAVE_UP.format(times=settings.INGEST_MAX_ATTEMPTS)
            Document.objects.filter(id__in=ids).update(
                **_FREE,
                status=Status.FAILED,
                error_code=PROCESSING_FAILED,
                error=reason,
                finished_at=Now(),
                updated_at=Now(),
            )
            _drop_unread(ids)
    return len(ids)


def due() -> list[UUID]:
    """The documents to ring for now, first come first served; each is marked, so that it is not rung for again soon."""
    silent = Q(rung_at=None) | Q(rung_at__lt=Now() - _RING_AGAIN)
    with transaction.atomic():
        ids = list(
            Document.objects.filter(_waiting() | _abandoned(), silent, attempts__lt=settings.INGEST_MAX_ATTEMPTS)
            .order_by("available_at", "id")
            .select_for_update(skip_locked=True)
            .values_list("id", flat=True)[:_RINGS_A_SWEEP]
        )
        if ids:
            Document.objects.filter(id__in=ids).update(rung_at=Now())
    return ids


def is_idle() -> bool:
    """Whether nothing waits and nobody works: one look at a small index."""
    return not Document.objects.filter(status__in=[Status.PENDING, Status.PROCESSING]).exists()


def _language_of(document: Document) -> str:
    said = document.dataset.metadata.get("language")
    return said.lower() if isinstance(said, str) and re.fullmatch("[A-Za-z]{2}", said) else ""


def _waiting() -> Q:
    return Q(status=Status.PENDING, available_at__lte=Now())


def _abandoned() -> Q:
    return Q(status=Status.PROCESSING, lease_until__lt=Now())


def _lease_end() -> Any:  # noqa: ANN401 -- an expression of the database's clock
    return Now() + timedelta(seconds=settings.INGEST_LEASE_SECONDS)


def _held(claim: Claim, **changes: Any) -> None:  # noqa: ANN401 -- the row's fields
    """Change the row if the claim's token still stands in it."""
    held = Document.objects.filter(id=claim.document_id, status=Status.PROCESSING, lease_token=claim.token)
    if not held.update(**changes, updated_at=Now()):
        raise LeaseLost(f"The lease of {claim.document_id} in attempt {claim.attempt} is lost.")


def _drop_unread(ids: list[UUID]) -> None:
    """Delete the chunks of every generation but the active one."""
    Chunk.objects.filter(document__in=ids).exclude(generation=F("document__active_generation")).delete()
