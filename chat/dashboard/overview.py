"""The overview: what needs somebody, how the last week went, and what a bot is short of before it goes to customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Bot
from bots.versions import compare
from chat import selectors
from chat.analytics import figures
from chat.dashboard.analytics import charts_of, filled, span_of
from chat.enums import GapStatus
from chat.handover import counts
from chat.models import Gap
from chat.readiness import operator, tenant
from chat.readiness.lines import Line
from integrations.models import TenantAIProvider
from knowledge.enums import Status
from knowledge.models import Document
from tenants import plans
from tenants.pages import Page

MOST_DRAFTS = 20


def _checklist(lines: Sequence[Line]) -> dict[str, Any]:
    """What is open; what is done, by its groups; and what does not apply, which counts for neither."""
    groups = [(_("Knowledge and behaviour"), "data"), (_("Security"), "security"), (_("Tried out"), "testing")]
    counted = [line for line in lines if line.applies]
    done = [line for line in counted if line.is_done]
    by_group = [(title, [line for line in done if line.group == name]) for title, name in groups]
    return {
        "open_lines": [line for line in counted if not line.is_done],
        "done_lines": [(title, found) for title, found in by_group if found],
        "other_lines": [line for line in lines if not line.applies], "done": len(done), "count": len(counted),
    }  # fmt: skip


class Overview(Page):
    section: ClassVar[str] = "overview"
    template: ClassVar[str] = "dashboard/overview/overview.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        bots = list(Bot.objects.select_related("live_version", "tenant_ai_provider").order_by("name"))
        if not bots:
            return self.show(is_new=True)
        chosen = next((bot for bot in bots if str(bot.id) == request.GET.get("bot")), bots[0])
        today = timezone.localdate()
        first = today - timedelta(days=6)
        week = span_of(self, first, today, None)
        return self.show(
            bots=bots, chosen=chosen, needs=self.needs(bots), week=figures.summary(week),
            charts=charts_of(filled(week, first, today))[:2], month=self.month(),
            **_checklist(tenant.lines(chosen)), facts=operator.lines(),
        )  # fmt: skip

    def month(self) -> dict[str, Any]:
        begins = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return {"answers": selectors.answers_since(begins), "limit": plans.limit_of("messages_month")}

    def needs(self, bots: list[Bot]) -> list[tuple[str, str, str]]:
        """What wants somebody: a tone, a sentence and an address."""
        calls = counts.of(self.principal).calls
        waits = ngettext("%d customer waits for a person.", "%d customers wait for a person.", calls)
        failed = Document.objects.filter(status=Status.FAILED).count()
        providers = TenantAIProvider.objects.filter(is_active=True).exclude(last_test_code__in=("", "ok"))
        gaps = Gap.objects.filter(status=GapStatus.OPEN).count()
        found = [
            (calls, "bad", waits, self.url("inbox")),
            (failed, "bad", ngettext("%d document failed.", "%d documents failed.", failed), self.url("datasets")),
        ]  # fmt: skip
        needs = [(tone, words % count, address) for count, tone, words, address in found if count]
        needs += [
            (
                "bad",
                _("%(name)s did not work when it was last tried.") % {"name": each.name},
                self.url("provider", each.id),
            )
            for each in providers[:5]
        ]
        needs += [
            (
                "warn",
                _("%(name)s has changes that are not published.") % {"name": bot.name},
                self.url("bot-versions", bot.id),
            )
            for bot in bots[:MOST_DRAFTS]
            if compare.draft(bot).differs
        ]
        if gaps:
            words = ngettext(
                "%d question has no answer in your documents.", "%d questions have no answer in your documents.", gaps
            )
            needs.append(("warn", words % gaps, self.url("gaps")))
        return needs
