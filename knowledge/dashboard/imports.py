"""Sites that are read as a whole: how far each is, and forgetting one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from knowledge import selectors, services
from knowledge.dashboard.frame import OfDataset
from knowledge.enums import Status
from knowledge.models import WebImport
from tenants.enums import Role
from tenants.pages import ConfirmPage

_IN_WORK = {Status.PENDING, Status.PROCESSING}


class ImportsPage(OfDataset):
    template: ClassVar[str] = "dashboard/knowledge/imports.html"
    tab: ClassVar[str] = "imports"

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        page = self.paged(WebImport.objects.filter(dataset=self.dataset).order_by("-created_at", "id"))
        in_work = any(row.status in _IN_WORK for row in page)
        partial = "dashboard/knowledge/_imports.html" if getattr(request, "htmx", False) else ""
        return self.show(template=partial, page=page, in_work=in_work)


class DeletePage(OfDataset, ConfirmPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    tab: ClassVar[str] = "imports"

    @cached_property
    def row(self) -> WebImport:
        return selectors.web_import(self.kwargs["dataset_id"], self.kwargs["import_id"])

    def question(self) -> Mapping[str, Any]:
        running = self.row.status in _IN_WORK
        return {
            "title": _("Stop and forget this import?") if running else _("Forget this import?"),
            "losses": [
                _("The record of what was found at %(url)s; documents that it made stay") % {"url": self.row.url}
            ],
            "action": _("Stop and forget") if running else _("Forget"),
            "cancel": self.url("imports", self.kwargs["dataset_id"]),
        }

    def do(self) -> HttpResponseBase:
        services.delete_import(by=self.principal, row=self.row)
        return self.go("imports", self.dataset.id, said=_("The import is forgotten."))
