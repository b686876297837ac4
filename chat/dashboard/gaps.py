"""Knowledge gaps: the list, one with its questions and what was found, and writing the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import selectors, services
from chat.dashboard.conversations import ALL, bots_to_choose
from chat.enums import GapKind, GapStatus
from chat.models import Gap
from knowledge.models import Chunk
from tenants.enums import Role
from tenants.errors import Problem
from tenants.pages import FilterForm, FormPage, Page, PageForm

SHOWN, BEST = 25, 2


class GapFilterForm(FilterForm):
    search = forms.CharField(required=False, max_length=200, label=gettext_lazy("Search"))
    bot = forms.ChoiceField(required=False, label=gettext_lazy("Bot"))
    kind = forms.ChoiceField(required=False, label=gettext_lazy("Kind"), choices=[*ALL, *GapKind.choices])
    status = forms.ChoiceField(required=False, label=gettext_lazy("Status"), choices=GapStatus.choices)
    order = forms.ChoiceField(
        required=False, label=gettext_lazy("Order"),
        choices=[("", gettext_lazy("Most asked first")), ("latest", gettext_lazy("Latest first"))],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- Django's signature
        super().__init__(*args, **kwargs)
        self.fields["bot"].choices = [*ALL, *bots_to_choose()]  # type: ignore[attr-defined]  # a choice field


class Gaps(Page):
    section: ClassVar[str] = "gaps"
    template: ClassVar[str] = "dashboard/gaps/list.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = GapFilterForm({"status": GapStatus.OPEN, **request.GET.dict()})
        form.is_valid()
        rows = selectors.filtered_gaps(selectors.gaps(), form.cleaned_data)
        return self.show(
            page=self.paged(rows), form=form, is_filtered=any(request.GET.values()), kinds=dict(GapKind.choices),
            status_shown=form.cleaned_data.get("status") or "",
        )  # fmt: skip


def _best(hits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The nearest passages with their words, as far as they are still there."""
    texts = dict(Chunk.objects.filter(id__in=[hit["chunk_id"] for hit in hits[:BEST]]).values_list("id", "content"))
    found = [{**hit, "text": texts.get(UUID(hit["chunk_id"]), "")} for hit in hits[:BEST]]
    return [hit for hit in found if hit["text"]] or found[:1]


class AnswerForm(PageForm):
    dataset_id = forms.ChoiceField(label=gettext_lazy("Add it to"))
    question = forms.CharField(
        label=gettext_lazy("Question"), max_length=1_000,
        help_text=gettext_lazy("As customers would ask it. It is also the document's title."),
    )  # fmt: skip
    answer = forms.CharField(label=gettext_lazy("Answer"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 8}))


class OneGap(FormPage):
    section: ClassVar[str] = "gaps"
    template: ClassVar[str] = "dashboard/gaps/detail.html"
    form_class: ClassVar[type[PageForm]] = AnswerForm

    @cached_property
    def gap(self) -> Gap:
        return selectors.gap(self.kwargs["gap_id"], by=self.principal)

    def initial(self) -> Mapping[str, Any]:
        return {"question": self.gap.question}

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        form = super().form(**given)
        links = self.gap.bot.links.select_related("dataset").order_by("priority", "dataset__name")
        form.fields["dataset_id"].choices = [(str(each.dataset_id), each.dataset.name) for each in links]  # type: ignore[attr-defined]  # a choice field
        return form

    def values(self) -> Mapping[str, Any]:
        questions = list(selectors.questions_of(self.gap)[:SHOWN])
        traces = [each.message.trace for each in questions]
        trace: Mapping[str, Any] = next((trace for trace in traces if trace.get("hits")), {})
        hits = list(trace.get("hits", ()))
        return {
            "gap": self.gap, "questions": questions, "hits": hits, "shown": SHOWN,
            "best": _best(hits), "is_about_it": trace.get("relevant", False),
        }  # fmt: skip

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        given = form.cleaned_data
        services.answer_gap(
            by=self.principal, gap_id=self.gap.id, dataset_id=UUID(given["dataset_id"]), question=given["question"],
            answer=given["answer"],
        )  # fmt: skip
        return self.go("gap", self.gap.id, said=_("The answer is a document now. The bot knows it in a moment."))


class _Move(Page):
    """Done from the gap's page, or from the list, which comes back as it was filtered (`listed`)."""

    section: ClassVar[str] = "gaps"
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def back(self) -> str:
        return self.url("gap", self.kwargs["gap_id"])

    def to_list(self, said: str) -> HttpResponseBase:
        messages.success(self.request, said)
        kept = QueryDict(self.request.POST.get("listed", "")[:2_000], encoding="utf-8")
        return self._move(self.url("gaps") + (f"?{kept.urlencode()}" if kept else ""))

    def refused(self, problem: Problem) -> HttpResponseBase:
        if problem.status == 404:
            return self.show(template="dashboard/refused.html", status=404, problem=problem)
        return super().refused(problem)


class SolveGap(_Move):
    def post(self, request: HttpRequest, gap_id: UUID) -> HttpResponseBase:
        services.solve_gap(by=self.principal, gap_id=gap_id)
        return self.to_list(_("Marked as answered. It opens again when it is asked once more without an answer."))


class DismissGap(_Move):
    def post(self, request: HttpRequest, gap_id: UUID) -> HttpResponseBase:
        services.dismiss_gap(by=self.principal, gap_id=gap_id)
        return self.to_list(_("Dismissed. It stays so when it is asked again."))


class ReopenGap(_Move):
    def post(self, request: HttpRequest, gap_id: UUID) -> HttpResponseBase:
        services.reopen_gap(by=self.principal, gap_id=gap_id)
        return self.go("gap", gap_id, said=_("Open again."))
