"""Runs of a test set: begun, watched while they ask, called off, and what came of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from bots import selectors
from bots import services as tests
from bots.enums import RunStatus
from bots.models import TestRun
from bots.pages import BotPage
from chat import services
from chat.dashboard.cases import OfSet
from chat.testing import comparison
from tenants.enums import Role
from tenants.errors import Invalid

FILTERS = {"passed": True, "failed": False}


class StartRunPage(OfSet, BotPage):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        asked = request.POST.get("version", "")
        if asked and not (asked.isdecimal() and len(asked) < 10):
            raise Invalid(_("There is no such version."))
        run = services.start_tests(
            by=self.principal, bot_id=self.bot.id, set_id=self.test_set.id, version=int(asked) if asked else None
        )
        return self.go("test-run", self.bot.id, self.test_set.id, run.id)

    def back(self) -> str:
        return self.url("test-set", self.bot.id, self.test_set.id)


class CancelRunPage(OfSet, BotPage):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        run_id = self.kwargs["run_id"]
        tests.cancel_run(by=self.principal, bot_id=self.bot.id, set_id=self.test_set.id, run_id=run_id)
        said = _("The run was called off. What was asked until then is kept.")
        return self.go("test-run", self.bot.id, self.test_set.id, run_id, said=said)

    def back(self) -> str:
        return self.url("test-run", self.bot.id, self.test_set.id, self.kwargs["run_id"])


class RunPage(OfSet, BotPage):
    """While it asks, the page asks for its part every second."""

    tab: ClassVar[str] = "bot-tests"
    template: ClassVar[str] = "dashboard/tests/run.html"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        run: Any = selectors.one_test_run(test_set=self.test_set, run_id=self.kwargs["run_id"])
        compared = comparison.with_previous(run)
        before = {case.case_id: case for case in compared.changed} if compared else {}
        results = run.results.order_by("position")
        which = request.GET.get("which", "")
        if which in FILTERS:
            results = results.filter(passed=FILTERS[which])
        elif which == "changed":
            results = results.filter(case_id__in=list(before))
        page = self.paged(results)
        rows = [{"result": result, "before": before.get(result.case_id)} for result in page]
        return self.show(
            template="dashboard/tests/_run.html" if getattr(request, "htmx", False) else "",
            test_set=self.test_set, run=run, is_open=_is_open(run), page=page, rows=rows, which=which,
            compared=compared, asked=run.passed_count + run.failed_count,
        )  # fmt: skip


def _is_open(run: TestRun) -> bool:
    return run.status in (RunStatus.PENDING, RunStatus.RUNNING)
