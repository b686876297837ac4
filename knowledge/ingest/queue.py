"""The tables of work as a queue: who may work on what, and how it ends.

A worker takes a claim with a token of its own. Whatever it writes later, it writes only while the token still stands in
the row, so a worker that was thought dead and comes back changes nothing (`LeaseLost`). All times are the database's.
All work ends `completed` or `failed`; what keeps killing its worker fails too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from knowledge.enums import Status
from knowledge.models import Document, SpaceChange, WebImport, Work

KINDS: tuple[type[Work], ...] = (WebImport, Document, SpaceChange)
PROCESSING_FAILED = "processing_failed"
CANCELLED = "cancelled"
GAVE_UP = "Processing stopped {times} times without a result. Try again; if it stops again, export the file anew."
_FIRST_WAIT = timedelta(seconds=10)
_PATIENCE = timedelta(hours=24)  # for what should come back by itself, such as a provider
_OPEN = "EXISTS (SELECT FROM {} WHERE status IN ('pending', 'processing'))"
_ANY_OPEN = "SELECT " + " OR ".join(_OPEN.format(kind._meta.db_table) for kind in KINDS)
_FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}


class LeaseLost(Exception):
    """Somebody else has the work now, or it is gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    kind: type[Work]
    id: UUID
    token: UUID
    attempt: int


class Lease:
    """The right to work on what was claimed, for as long as it is renewed."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._renewed = time.monotonic()

    def change(self, **changes: Any) -> None:  # noqa: ANN401 -- the row's fields
        """Change the row, which renews the lease. Inside a transaction it also fences what follows."""
        _held(self.claim, **{"lease_until": _lease_end(), **changes})
        self._renewed = time.monotonic()

    def advance(self, **changes: Any) -> None:  # noqa: ANN401 -- same
        """As `change`, where the work has got somewhere for good: earlier failures no longer count."""
        self.change(**changes, attempts=1, waiting_since=None)

    def keep(self) -> None:
        """Renew the lease once a good part of it has passed."""
        if time.monotonic() - self._renewed > settings.INGEST_LEASE_SECONDS / 4:
            self.change()


def claim_next() -> Claim | None:
    """Take what has waited longest in this tenant, or what a worker that fell silent left; `None` where nothing is."""
    with transaction.atomic():
        heads = [head for kind in KINDS if (head := _head(kind)) is not None]
        if not heads:
            return None
        row = min(heads, key=lambda head: (head.available_at, str(head.pk)))
        token = uuid4()
        _rows(type(row)).filter(pk=row.pk).update(
            status=Status.PROCESSING,
            notice="",
            error="",
            error_code="",
            attempts=F("attempts") + 1,
            lease_token=token,
            lease_until=_lease_end(),
            started_at=Coalesce("started_at", Now()),
            finished_at=None,
            updated_at=Now(),
        )
        return Claim(kind=type(row), id=row.pk, token=token, attempt=row.attempts + 1)


def complete(claim: Claim, **outcome: Any) -> None:  # noqa: ANN401 -- the row's fields
    _held(claim, **_FREE, status=Status.COMPLETED, waiting_since=None, finished_at=Now(), **outcome)


def fail(claim: Claim, *, code: str, reason: str) -> None:
    """End it here: trying again would give the same result. `reason` is a sentence for the tenant."""
    _held(claim, **_FREE, status=Status.FAILED, error_code=code, error=reason, waiting_since=None, finished_at=Now())


def give_back(
    claim: Claim, *, after: timedelta = _FIRST_WAIT, code: str = PROCESSING_FAILED, reason: str = GAVE_UP
) -> None:
    """It may have been an accident: let it be tried again, later each time; or fail it in the last attempt."""
    if claim.attempt >= settings.INGEST_MAX_ATTEMPTS:
        fail(claim, code=code, reason=reason.format(times=claim.attempt))
        return
    wait = after * 3 ** (claim.attempt - 1)
    _held(claim, **_FREE, status=Status.PENDING, available_at=Now() + wait)


def postpone(claim: Claim, *, seconds: float, code: str, notice: str) -> None:
    """It waits for something that should come back by itself; this is no failed attempt, but has an end too."""
    late = Q(waiting_since__lt=Now() - _PATIENCE)
    if _rows(claim.kind).filter(late, pk=claim.id, lease_token=claim.token).exists():
        fail(claim, code=code, reason=notice)
        return
    _held(
        claim,
        **_FREE,
        status=Status.PENDING,
        notice=notice[:500],
        attempts=Greatest(F("attempts") - 1, 0),
        waiting_since=Coalesce("waiting_since", Now()),
        available_at=Now() + timedelta(seconds=seconds),
    )


def put_down(claim: Claim) -> None:
    """Its turn is over, and the next worker goes on with it. Moves of a space let documents pass."""
    later = {"available_at": Now()} if claim.kind is SpaceChange else {}
    _held(claim, lease_token=uuid4(), lease_until=Now(), attempts=Greatest(F("attempts") - 1, 0), **later)


def requeue(rows: QuerySet[Any], **changes: Any) -> int:  # noqa: ANN401 -- the rows' fields
    """Have work done again. Whoever works on it loses it."""
    return rows.update(
        **_FREE,
        **{
            "status": Status.PENDING,
            "notice": "",
            "error": "",
            "error_code": "",
            "attempts": 0,
            "waiting_since": None,
            "available_at": Now(),
            "started_at": None,
            "finished_at": None,
            "updated_at": Now(),
            **changes,
        },
    )


def fail_exhausted() -> int:
    """Fail what fell silent in its last attempt, such as a document that kills every worker that reads it."""
    return sum(
        _rows(kind)
        .filter(_abandoned(), attempts__gte=settings.INGEST_MAX_ATTEMPTS)
        .update(
            **_FREE,
            status=Status.FAILED,
            error_code=PROCESSING_FAILED,
            error=GAVE_UP.format(times=settings.INGEST_MAX_ATTEMPTS),
            finished_at=Now(),
            updated_at=Now(),
        )
        for kind in KINDS
    )


def has_due() -> bool:
    """Whether a worker would find something to do now."""
    return any(_due(kind).exists() for kind in KINDS)


def is_idle() -> bool:
    """Whether nothing waits and nobody works: one question, answered from small indexes."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY_OPEN)
        return not cursor.fetchone()[0]


def _rows(kind: type[Work]) -> QuerySet[Work]:
    return kind._default_manager.all()


def _due(kind: type[Work]) -> QuerySet[Work]:
    waiting = Q(status=Status.PENDING, available_at__lte=Now())
    return _rows(kind).filter(waiting | _abandoned(), attempts__lt=settings.INGEST_MAX_ATTEMPTS)


def _head(kind: type[Work]) -> Work | None:
    return _due(kind).order_by("available_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()


def _abandoned() -> Q:
    return Q(status=Status.PROCESSING, lease_until__lte=Now())


def _lease_end() -> Any:  # noqa: ANN401 -- an expression of the database's clock
    return Now() + timedelta(seconds=settings.INGEST_LEASE_SECONDS)


def _held(claim: Claim, **changes: Any) -> None:  # noqa: ANN401 -- the row's fields
    """Change the row if the claim's token still stands in it."""
    held = _rows(claim.kind).filter(pk=claim.id, status=Status.PROCESSING, lease_token=claim.token)
    if not held.update(**changes, updated_at=Now()):
        raise LeaseLost(f"The lease of {claim.id} in attempt {claim.attempt} is lost.")
