"""A run held against the one before it.

In: a run. Out: the run of the same set that was completed last before it, and the cases that came out differently; a
case that was not asked in one of the two, or not yet, is none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bots.enums import RunStatus
from bots.models import TestResult, TestRun


@dataclass(frozen=True, slots=True)
class Changed:
    """A case with how it came out before and now."""

    case_id: UUID
    question: str
    passed_before: bool
    passed: bool
    got_before: str
    got: str


@dataclass(frozen=True, slots=True)
class Comparison:
    run: TestRun
    changed: tuple[Changed, ...]

    @property
    def newly_failed(self) -> int:
        return sum(case.passed_before and not case.passed for case in self.changed)

    @property
    def newly_passed(self) -> int:
        return sum(case.passed and not case.passed_before for case in self.changed)


def with_previous(run: TestRun) -> Comparison | None:
    earlier = TestRun.objects.filter(test_set=run.test_set_id, created_at__lt=run.created_at)
    previous = earlier.filter(status=RunStatus.COMPLETED).order_by("-created_at").first()
    if previous is None:
        return None
    before = {result.case_id: result for result in _came_out(previous)}
    pairs = [(before[now.case_id], now) for now in _came_out(run) if now.case_id in before]
    return Comparison(
        run=previous,
        changed=tuple(_changed(old, now) for old, now in pairs if (old.passed, old.got) != (now.passed, now.got)),
    )


def _came_out(run: TestRun) -> list[TestResult]:
    rows = run.results.exclude(passed__isnull=True).order_by("position")
    return list(rows.only("id", "run_id", "case_id", "question", "passed", "got"))


def _changed(old: TestResult, now: TestResult) -> Changed:
    return Changed(now.case_id, now.question, bool(old.passed), bool(now.passed), old.got, now.got)
