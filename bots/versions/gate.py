"""Whether a draft has passed the tests that its bot requires.

In: a bot and the fingerprint of what is to be published. Out: nothing, or `TestsNotPassed` that says what is missing.
Of several runs of the same draft with the same cases the last one counts.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

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
        return _("The test set %(name)s has not been run on this draft.") % {"name": required.name}
    if last.status != RunStatus.COMPLETED:
        return _("The run of the test set %(name)s on this draft is still under way.") % {"name": required.name}
    if last.cases_as_of != required.cases_changed_at:
        return _("The cases of %(name)s were changed after its last run on this draft.") % {"name": required.name}
    if not last.passed:
        failed = last.results.filter(passed=False).count()
        return _("%(failed)s of %(total)s cases of %(name)s failed in its last run on this draft.") % {
            "failed": failed, "total": last.results.count(), "name": required.name,
        }  # fmt: skip
    return ""
