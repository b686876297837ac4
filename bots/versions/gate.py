"""Whether a draft has passed the tests that its bot requires.

In: a bot and the fingerprint of what is to be published. Out: nothing, or `TestsNotPassed` that says what is missing.
Of several runs of the same draft with the same cases the last one counts.
"""

from __future__ import annotations

from bots.enums import RunStatus
from bots.errors import TestsNotPassed
from bots.models import Bot, TestRun, TestSet


def check(*, bot: Bot, fingerprint: str) -> None:
    required = bot.required_test_set
    if required is None:
        return
    missing = _missing(required, fingerprint)
    if missing:
        raise TestsNotPassed(missing, errors={"required_test_set_id": [missing]})


def _missing(required: TestSet, fingerprint: str) -> str:
    of_draft = TestRun.objects.filter(test_set=required, fingerprint=fingerprint).order_by("-created_at")
    last = of_draft.exclude(status=RunStatus.FAILED).first()
    if last is None:
        return f"The test set {required.name} has not been run on this draft."
    if last.status != RunStatus.COMPLETED:
        return f"The run of the test set {required.name} on this draft is still under way."
    if last.cases_as_of != required.cases_changed_at:
        return f"The cases of {required.name} were changed after its last run on this draft."
    if not last.passed:
        failed = last.results.filter(passed=False).count()
        return f"{failed} of {last.results.count()} cases of {required.name} failed in its last run on this draft."
    return ""
