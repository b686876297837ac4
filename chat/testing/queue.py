"""Who may work on a run of tests, and how it ends.

A worker takes a run with a token of its own and writes only while that token stands in the row, so one that was thought
dead and comes back changes nothing (`LeaseLost`). A run ends `completed` or `failed`: what stops its worker again and
again without another result fails, with the question in its reason. All times are the database's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from bots.enums import RunStatus
from bots.models import TestResult, TestRun

LEASE = timedelta(seconds=30)
ATTEMPTS = 3
OPEN = (RunStatus.PENDING, RunStatus.RUNNING)
_FREE = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())


class LeaseLost(Exception):
    """Somebody else has the run now, or it was called off, or it is gone."""


def claim(run_id: UUID) -> TestRun | None:
    """The run, to be worked on by the caller alone; `None` where somebody is at it or it has ended."""
    token = uuid4()
    taken = _due().filter(id=run_id).update(
        status=RunStatus.RUNNING, attempts=F("attempts") + 1, lease_token=token, lease_until=Now() + LEASE,
        started_at=Coalesce("started_at", Now()),
    )  # fmt: skip
    return TestRun.objects.select_related("test_set__bot").get(lease_token=token) if taken else None


def keep(run: TestRun) -> None:
    _must(run, _held(run).update(lease_until=Now() + LEASE))


def to_ask(run: TestRun, most: int) -> list[TestResult]:
    """The next cases that have no result yet."""
    return list(run.results.filter(passed__isnull=True).order_by("position")[:most])


def save(run: TestRun, result: TestResult, fields: Sequence[str]) -> None:
    """The result of a case; with it the run has got somewhere for good."""
    with transaction.atomic():
        _must(run, _held(run).update(lease_until=Now() + LEASE, attempts=0))
        result.save(update_fields=fields)


def complete(run: TestRun) -> None:
    passed = not run.results.exclude(passed=True).exists()
    _must(run, _end(_held(run), status=RunStatus.COMPLETED, passed=passed))


def put_down(run: TestRun) -> None:
    """Let whoever is called next go on with it."""
    _must(run, _held(run).update(lease_token=None, lease_until=None, attempts=0))


def sweep() -> list[UUID]:
    """End the runs that keep stopping their workers; answers which others wait for one."""
    for run in TestRun.objects.filter(_FREE, status__in=OPEN, attempts__gte=ATTEMPTS):
        stuck = to_ask(run, 1)
        at = f" at or near the question “{stuck[0].question[:200]}”" if stuck else ""
        reason = f"The worker stopped {run.attempts} times{at}."
        _end(TestRun.objects.filter(_FREE, id=run.id, status__in=OPEN), status=RunStatus.FAILED, error=reason)
    return list(_due().order_by("created_at").values_list("id", flat=True))


def _due() -> QuerySet[TestRun]:
    return TestRun.objects.filter(_FREE, status__in=OPEN, attempts__lt=ATTEMPTS)


def _held(run: TestRun) -> QuerySet[TestRun]:
    return TestRun.objects.filter(id=run.id, lease_token=run.lease_token, status=RunStatus.RUNNING)


def _end(rows: QuerySet[TestRun], **outcome: object) -> int:
    return rows.update(lease_token=None, lease_until=None, finished_at=Now(), **outcome)


def _must(run: TestRun, written: int) -> None:
    if not written:
        raise LeaseLost(f"The run {run.id} is no longer ours.")
