"""Which model a dataset is embedded with, and its move to another: what it costs, how far it is, calling it off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import selectors as integrations
from integrations.embedders.registry import EMBEDDING_KINDS
from integrations.errors import ProviderError
from integrations.models import TenantAIProvider
from knowledge import selectors, services, words
from knowledge.dashboard.fields import KnowledgeForm
from knowledge.dashboard.frame import OfDataset
from knowledge.enums import Status
from tenants.enums import Role
from tenants.errors import Problem
from tenants.pages import FormPage

_IN_WORK = {Status.PENDING, Status.PROCESSING}


def _offered() -> list[tuple[str, str]]:
    rows = TenantAIProvider.objects.filter(is_active=True, provider_name__in=EMBEDDING_KINDS).order_by("name", "id")
    return [("", gettext("Built in (free, runs here)")), *((str(row.id), row.name) for row in rows)]


class MoveForm(KnowledgeForm):
    provider_id = forms.ChoiceField(label=_("Provider"), choices=_offered, required=False)
    model = forms.CharField(
        label=_("Model"), max_length=200, required=False,
        help_text=_("As the provider calls it, such as text-embedding-3-small. Left empty for the built-in one."),
    )  # fmt: skip

    def refuse(self, problem: Problem) -> None:
        """The provider is the tenant's own, so what is wrong with it may be said."""
        if isinstance(problem, ProviderError):
            self.add_error(None, words.again(problem.owner_detail))
        else:
            super().refuse(problem)


class EmbeddingPage(OfDataset, FormPage):
    """What it would cost is told before anything begins; while a move is under way, how far it is."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "POST": Role.ADMIN}
    template: ClassVar[str] = "dashboard/knowledge/embedding.html"
    tab: ClassVar[str] = "embedding"
    form_class = MoveForm

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        if "state" in request.GET:
            return self.state()
        return super().get(request, **ids)

    def state(self) -> HttpResponse:
        move = selectors.space_change_of(self.dataset)
        if move is not None and move.status in _IN_WORK:
            return self.show(template="dashboard/knowledge/_move.html", move=move)
        done = HttpResponse(status=200)
        done["HX-Refresh"] = "true"
        return done

    def values(self) -> Mapping[str, Any]:
        return {"move": selectors.space_change_of(self.dataset)}

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        if request.POST.get("do") == "retry":
            self.count_cost()
            services.retry_move(by=self.principal, change=selectors.space_change(self.dataset.id))
            return self.go("dataset-embedding", self.dataset.id, said=gettext("The move goes on where it stopped."))
        if request.POST.get("do") == "cancel":
            services.cancel_move(by=self.principal, change=selectors.space_change(self.dataset.id))
            return self.go("dataset-embedding", self.dataset.id, said=gettext("The dataset stays where it is."))
        return super().post(request, **ids)

    def save(self, form: MoveForm) -> HttpResponseBase:
        self.count_cost()
        chosen = form.cleaned_data["provider_id"]
        target: dict[str, Any] = {
            "provider": integrations.provider(UUID(chosen)) if chosen else None,
            "model": form.cleaned_data["model"].strip(),
        }
        if self.request.POST.get("do") == "start":
            services.start_move(by=self.principal, dataset=self.dataset, **target)
            said = gettext("The move has begun. Searches are answered as before until it is through.")
            return self.go("dataset-embedding", self.dataset.id, said=said)
        cost = services.cost_of_move(dataset=self.dataset, **target)
        return self.show(form=form, cost=cost, **self.values())

    def back(self) -> str:
        return self.url("dataset-embedding", self.kwargs["dataset_id"])
