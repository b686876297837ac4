"""The test sets of a bot: their list, one with its cases and runs, and what is done to a set as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bots import behaviour, selectors, services
from bots.enums import RunStatus
from bots.models import TestCase, TestRun, TestSet
from bots.pages import BotConfirmPage, BotFormPage, BotPage
from chat.dashboard.cases import OfSet, cases_said
from tenants.enums import Role
from tenants.pages import PageForm

RUNS_SHOWN = 10


class SetForm(PageForm):
    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    description = forms.CharField(
        required=False, max_length=2_000, label=gettext_lazy("What it is for"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class TestsPage(BotPage):
    tab: ClassVar[str] = "bot-tests"
    template: ClassVar[str] = "dashboard/tests/list.html"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        page = self.paged(selectors.all_test_sets(self.bot))
        last = _last_runs([row.id for row in page])
        rows = [{"set": row, "run": last.get(row.id)} for row in page]
        return self.show(page=page, rows=rows)


def _last_runs(set_ids: Sequence[Any]) -> dict[Any, TestRun]:
    runs = TestRun.objects.filter(test_set__in=set_ids).order_by("test_set", "-created_at").distinct("test_set")
    latest = TestRun.objects.filter(id__in=[run.id for run in runs])
    counted = latest.annotate(
        case_count=Count("results"), passed_count=Count("results", filter=Q(results__passed=True))
    )
    return {run.test_set_id: run for run in counted}


class NewSetPage(BotFormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    tab: ClassVar[str] = "bot-tests"
    template: ClassVar[str] = "dashboard/tests/set_form.html"
    form_class: ClassVar[type[PageForm]] = SetForm

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        row = services.create_test_set(by=self.principal, bot_id=self.bot.id, **form.cleaned_data)
        return self.go("test-set", self.bot.id, row.id, said=_("The set is there. Give it its first case."))


class EditSetPage(OfSet, NewSetPage):
    tab: ClassVar[str] = "bot-tests"

    def initial(self) -> Mapping[str, Any]:
        return {"name": self.test_set.name, "description": self.test_set.description}

    def values(self) -> Mapping[str, Any]:
        return {"test_set": self.test_set}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        ids = {"bot_id": self.bot.id, "set_id": self.test_set.id}
        services.update_test_set(by=self.principal, **ids, **form.cleaned_data)
        return self.go("test-set", self.bot.id, self.test_set.id, said=_("Saved."))


class SetPage(OfSet, BotPage):
    tab: ClassVar[str] = "bot-tests"
    template: ClassVar[str] = "dashboard/tests/set.html"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        row, asked = self.test_set, request.GET.get("q", "").replace("\x00", "").strip()
        cases: QuerySet[TestCase] = row.cases.order_by("created_at", "id")
        if asked:
            cases = cases.filter(Q(question__icontains=asked) | Q(note__icontains=asked))
        runs = list(selectors.all_test_runs(row)[:RUNS_SHOWN])
        return self.show(
            test_set=row, page=self.paged(cases), asked=asked, runs=runs, case_count=row.cases.count(),
            is_required=self.bot.required_test_set_id == row.id,
            is_running=any(run.status in (RunStatus.PENDING, RunStatus.RUNNING) for run in runs),
            versions=list(selectors.versions(self.bot)[:20]), standing=self._standing(row, runs),
        )  # fmt: skip

    def _standing(self, row: TestSet, runs: Sequence[TestRun]) -> str:
        """Whether the last run still says something about the draft: nothing where it does, or there is none."""
        last = next((run for run in runs if run.status == RunStatus.COMPLETED), None)
        if last is None:
            return ""
        if last.cases_as_of != row.cases_changed_at:
            return _("The cases were changed since the last run.")
        if last.fingerprint != behaviour.fingerprint(behaviour.draft(self.bot.id)):
            return _("The draft behaves otherwise than in the last run.")
        return ""


class DeleteSetPage(OfSet, BotConfirmPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    tab: ClassVar[str] = "bot-tests"

    def question(self) -> Mapping[str, Any]:
        row = self.test_set
        runs = row.runs.count()
        runs_said = ngettext("%(count)s run with its results", "%(count)s runs with their results", runs)
        return {
            "title": _("Delete the test set “%(name)s”?") % {"name": row.name},
            "losses": [cases_said(row.cases.count()), runs_said % {"count": runs}],
            "action": _("Delete the set"),
            "cancel": self.url("test-set", self.bot.id, row.id),
        }

    def do(self) -> HttpResponseBase:
        services.delete_test_set(by=self.principal, bot_id=self.bot.id, set_id=self.test_set.id)
        return self.go("bot-tests", self.bot.id, said=_("The test set is gone."))
