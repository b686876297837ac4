"""What the plan allows, against what is used of it; counted as the limits themselves count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys.models import APIKey
from bots.models import Bot
from chat import selectors
from knowledge.ingest import files
from knowledge.models import Dataset, Document
from tenants.enums import Role
from tenants.models import Plan
from tenants.pages import Page

NEARLY = 0.8


@dataclass(frozen=True)
class Meter:
    """One limit: `allowed` is empty where the plan sets none."""

    name: str
    used: int
    allowed: int | None
    at_limit: str
    is_bytes: bool = False

    @property
    def tone(self) -> str:
        if self.allowed is None or self.used < self.allowed * NEARLY:
            return "good"
        return "bad" if self.used >= self.allowed else "warn"


class UsageView(Page):
    section = "usage"
    template = "dashboard/organisation/usage.html"
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}

    def get(self, request: HttpRequest) -> HttpResponseBase:
        plan = Plan.objects.get(tenants__id=self.tenant.id)
        return self.show(plan=plan, meters=[*_of_talk(plan), *_of_knowledge(plan), *self._of_rest(plan)])

    def _of_rest(self, plan: Plan) -> Iterator[Meter]:
        keys = APIKey.objects.filter(tenant_id=self.tenant.id, revoked_at=None).count()
        yield Meter(_("Bots"), Bot.objects.count(), plan.bots, _("No more can be made until one is deleted."))
        yield Meter(_("API keys"), keys, plan.api_keys, _("No more can be made until one is revoked."))


def _of_talk(plan: Plan) -> Iterator[Meter]:
    month = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    at_limit = _("Bots answer nobody until the first of next month (UTC). Tests and the playground go on.")
    yield Meter(_("Answers this month"), selectors.answers_since(month), plan.messages_month, at_limit)


def _of_knowledge(plan: Plan) -> Iterator[Meter]:
    stays = _("What is there stays and is answered from; new documents are refused.")
    yield Meter(_("Documents"), Document.objects.count(), plan.documents, stays)
    yield Meter(_("Storage"), files.used_bytes(), plan.storage_bytes, stays, is_bytes=True)
    datasets = Dataset.objects.count()
    yield Meter(_("Datasets"), datasets, plan.datasets, _("No more can be made until one is deleted."))
