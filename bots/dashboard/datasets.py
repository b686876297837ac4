"""Deleting a dataset: it is known here which bots answer from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Bot
from knowledge import selectors, services
from knowledge.models import Dataset, Document
from tenants.enums import Role
from tenants.pages import ConfirmPage, Page


class DatasetBotsPage(Page):
    """Which bots answer from a dataset, for the dataset's page."""

    section: ClassVar[str] = "datasets"
    template: ClassVar[str] = "dashboard/knowledge/_bots.html"

    def get(self, request: HttpRequest, dataset_id: UUID) -> HttpResponseBase:
        return self.show(bots=_bots(selectors.dataset(dataset_id)))


class DatasetDeletePage(ConfirmPage):
    """Refused while bots answer from it; then the page says which, instead of asking."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    section: ClassVar[str] = "datasets"

    @cached_property
    def dataset(self) -> Dataset:
        return selectors.dataset(self.kwargs["dataset_id"])

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        if bots := _bots(self.dataset):
            return self.show(template="dashboard/knowledge/dataset_in_use.html", dataset=self.dataset, bots=bots)
        return super().get(request, **ids)

    def question(self) -> Mapping[str, Any]:
        rows = Document.objects.filter(dataset=self.dataset)
        documents = rows.count()
        chunks = rows.aggregate(chunks=Sum("chunk_count", default=0))["chunks"]
        lost = [
            ngettext("%(count)d document with its file", "%(count)d documents with their files", documents)
            % {"count": documents},
            ngettext(
                "%(count)d chunk, and what was edited in it", "%(count)d chunks, and what was edited in them", chunks
            )
            % {"count": chunks},
        ]
        return {
            "title": _("Delete the dataset “%(name)s”?") % {"name": self.dataset.name},
            "losses": lost if documents else [_("The dataset; there are no documents in it")],
            "action": _("Delete the dataset"),
            "cancel": self.url("dataset", self.kwargs["dataset_id"]),
            "typed": self.dataset.name.strip() if documents else "",
        }

    def do(self) -> HttpResponseBase:
        name = self.dataset.name
        services.delete_dataset(by=self.principal, dataset=self.dataset)
        return self.go("datasets", said=_("“%(name)s” was deleted.") % {"name": name})

    def back(self) -> str:
        return self.url("dataset-delete", self.kwargs["dataset_id"])


def _bots(dataset: Dataset) -> list[Bot]:
    return list(Bot.objects.filter(links__dataset=dataset).order_by("name", "id"))
