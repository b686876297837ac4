"""Test sets of a bot, their cases, and the beginning and calling off of a run; each with its audit row.

A change of the cases is noted at their set, since the runs before it have asked others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bots import behaviour, selectors
from bots.enums import RunStatus
from bots.errors import RunEnded, RunUnderWay, TestSetEmpty, TestSetFull, TestSetRequired, TooManyTestSets
from bots.models import TestCase, TestResult, TestRun, TestSet
from bots.services.changing import locked
from tenants import audit
from tenants.errors import Invalid
from tenants.types import Principal

CASES, SETS, RUNS_KEPT = 500, 50, 30
ASKED = (
    "question", "history", "expect", "expected_document_ids", "expected_titles", "expected_words", "forbidden_words",
)  # fmt: skip


def create_test_set(*, by: Principal, bot_id: UUID, name: str, description: str = "") -> TestSet:
    with transaction.atomic():
        bot = locked(bot_id)
        if bot.test_sets.count() >= SETS:
            raise TooManyTestSets(_("A bot has at most %(most)s test sets.") % {"most": SETS})
        row = TestSet.objects.create(bot=bot, name=name, description=description, created_by=by.user_id)
        audit.record(by=by, action="test_set.create", target=row.id, data={"bot_id": str(bot.id), "name": name})
    return row


def update_test_set(*, by: Principal, bot_id: UUID, set_id: UUID, **changes: Any) -> TestSet:  # noqa: ANN401 -- the set's fields
    with transaction.atomic():
        row = _locked(bot_id, set_id)
        for field, value in changes.items():
            setattr(row, field, value)
        row.save(update_fields=[*changes, "updated_at"])
        audit.record(by=by, action="test_set.update", target=row.id, data={"changed": sorted(changes)})
    return row


def delete_test_set(*, by: Principal, bot_id: UUID, set_id: UUID) -> None:
    """It goes with its cases and runs. Raises `TestSetRequired`."""
    with transaction.atomic():
        bot = locked(bot_id)
        row = _locked(bot_id, set_id)
        if bot.required_test_set_id == row.id:
            raise TestSetRequired
        audit.record(by=by, action="test_set.delete", target=row.id, data={"bot_id": str(bot_id), "name": row.name})
        row.delete()


def create_case(*, by: Principal, bot_id: UUID, set_id: UUID, **fields: Any) -> TestCase:  # noqa: ANN401 -- the case's fields
    with transaction.atomic():
        row = _locked(bot_id, set_id)
        _check_room(row, 1)
        case = TestCase(test_set=row, created_by=by.user_id, **fields)
        _check(case)
        case.save()
        _changed(row)
        audit.record(by=by, action="test_case.create", target=case.id, data={"test_set_id": str(row.id)})
    return case


def update_case(*, by: Principal, bot_id: UUID, set_id: UUID, case_id: UUID, **changes: Any) -> TestCase:  # noqa: ANN401 -- the case's fields
    with transaction.atomic():
        row = _locked(bot_id, set_id)
        case = selectors.one_test_case(test_set=row, case_id=case_id)
        for field, value in changes.items():
            setattr(case, field, value)
        _check(case)
        case.save()
        _changed(row)
        data = {"test_set_id": str(row.id), "changed": sorted(changes)}
        audit.record(by=by, action="test_case.update", target=case.id, data=data)
    return case


def delete_case(*, by: Principal, bot_id: UUID, set_id: UUID, case_id: UUID) -> None:
    with transaction.atomic():
        row = _locked(bot_id, set_id)
        case = selectors.one_test_case(test_set=row, case_id=case_id)
        audit.record(by=by, action="test_case.delete", target=case.id, data={"test_set_id": str(row.id)})
        case.delete()
        _changed(row)


def import_cases(*, by: Principal, bot_id: UUID, set_id: UUID, cases: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """All of them or none; one that names the `id` of a case of this set takes its place. Answers how many were added
    and how many replaced."""
    with transaction.atomic():
        row = _locked(bot_id, set_id)
        known = {case.id: case for case in row.cases.all()}
        made = [_imported(row, by, known, given, at) for at, given in enumerate(cases)]
        added = [case for case in made if case.id not in known]
        _check_room(row, len(added))
        for case in made:
            case.save()
        _changed(row)
        data = {"added": len(added), "replaced": len(made) - len(added)}
        audit.record(by=by, action="test_case.import", target=row.id, data=data)
    return len(added), len(made) - len(added)


def begin_run(*, by: Principal, bot_id: UUID, set_id: UUID, version: int | None = None) -> TestRun:
    """A run of all cases as they are now, against the draft or a version; who asks them has to be called yet."""
    with transaction.atomic():
        bot = locked(bot_id)
        row = _locked(bot_id, set_id)
        cases = list(row.cases.order_by("created_at", "id"))
        if not cases:
            raise TestSetEmpty
        if row.runs.filter(status__in=(RunStatus.PENDING, RunStatus.RUNNING)).exists():
            raise RunUnderWay
        behaves = selectors.version(bot=bot, number=version).behaviour if version else behaviour.draft(bot.id)
        run = TestRun.objects.create(
            test_set=row, behaviour=behaves, fingerprint=behaviour.fingerprint(behaves), version=version,
            cases_as_of=row.cases_changed_at, author=by.label,
        )  # fmt: skip
        TestResult.objects.bulk_create([_to_ask(run, at, case) for at, case in enumerate(cases, 1)])
        _drop_old(row)
        data = {"test_set_id": str(row.id), "version": version or "draft", "cases": len(cases)}
        audit.record(by=by, action="test_run.start", target=run.id, data=data)
    return run


def cancel_run(*, by: Principal, bot_id: UUID, set_id: UUID, run_id: UUID) -> TestRun:
    """Ask no further case. Raises `RunEnded`."""
    with transaction.atomic():
        run = selectors.one_test_run(test_set=_locked(bot_id, set_id), run_id=run_id, lock=True)
        if run.status not in (RunStatus.PENDING, RunStatus.RUNNING):
            raise RunEnded
        run.status, run.error, run.lease_token, run.finished_at = (
            RunStatus.FAILED, "It was called off.", None, timezone.now(),
        )  # fmt: skip
        run.save(update_fields=["status", "error", "lease_token", "finished_at"])
        audit.record(by=by, action="test_run.cancel", target=run.id, data={"test_set_id": str(set_id)})
    return run


def _locked(bot_id: UUID, set_id: UUID) -> TestSet:
    return selectors.one_test_set(bot_id=bot_id, set_id=set_id, lock=True)


def _check_room(row: TestSet, more: int) -> None:
    if row.cases.count() + more > CASES:
        raise TestSetFull(_("A test set has at most %(most)s cases.") % {"most": CASES})


def _check(case: TestCase, at: str = "") -> None:
    """Whether its expectations can all be met."""
    both = {word.casefold() for word in case.expected_words} & {word.casefold() for word in case.forbidden_words}
    if both:
        said = _("Expected and forbidden at once: %(both)s.") % {"both": ", ".join(sorted(both))}
        raise Invalid(errors={f"{at}forbidden_words": [said]})
    if case.expect != "answer" and (case.expected_document_ids or case.expected_titles):
        raise Invalid(errors={f"{at}expect": [_("Only an answer cites documents.")]})


def _imported(
    row: TestSet, by: Principal, known: Mapping[UUID, TestCase], given: Mapping[str, Any], at: int
) -> TestCase:
    fields = dict(given)
    case = known.get(fields.pop("id", None)) or TestCase(test_set=row, created_by=by.user_id)
    for field, value in fields.items():
        setattr(case, field, value)
    _check(case, f"cases.{at}.")
    return case


def _changed(row: TestSet) -> None:
    row.cases_changed_at = timezone.now()
    row.save(update_fields=["cases_changed_at", "updated_at"])


def _to_ask(run: TestRun, position: int, case: TestCase) -> TestResult:
    return TestResult(run=run, position=position, case_id=case.id, **{name: getattr(case, name) for name in ASKED})


def _drop_old(row: TestSet) -> None:
    kept = row.runs.order_by("-created_at").values_list("id", flat=True)[:RUNS_KEPT]
    row.runs.exclude(id__in=list(kept)).delete()
