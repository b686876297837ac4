"""The last step: the line for the website, where it may stand, and the first visitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services
from bots.models import Bot
from chat.dashboard import doctor
from chat.dashboard.first_run.frame import Step
from chat.dashboard.lines import Lines
from chat.dashboard.website_forms import allow, listed
from tenants.enums import Role
from tenants.pages import PageForm


class DomainsForm(PageForm):
    allowed_domains = Lines(
        most=50, longest=300, rows=2, label=gettext_lazy("Websites that may show the bot"),
        help_text=gettext_lazy("One on each line, like https://www.example.com."),
    )  # fmt: skip

    def clean_allowed_domains(self) -> list[str]:
        """An address out of the browser's line will do: its origin is what counts."""
        return listed(self.cleaned_data["allowed_domains"])


class WebsiteStep(Step):
    def values(self) -> Mapping[str, Any]:
        bot = self.state.bot
        if bot is None:
            return {}
        return {
            "form": DomainsForm(initial={"allowed_domains": bot.allowed_domains}), "snippet": doctor.snippet(bot.id),
            "hosted": doctor.page_address(bot.id),
            "elsewhere": doctor.elsewhere(self.state.ours) if self.page.principal.role == Role.OWNER else None,
        }  # fmt: skip

    def part(self, name: str) -> HttpResponseBase:
        if name != "visitor":
            raise Http404
        if self.page.request.GET.get("sign") == self.state.sign:
            return HttpResponse(status=204)  # htmx leaves the page alone, and with it who is about to press a button
        return self.page.show(template="dashboard/guide/_visitor.html", state=self.state, bot=self.state.bot)

    def take(self) -> HttpResponseBase:
        bot, request = self.state.bot, self.page.request
        if bot is None or "finish" in request.POST:
            return self.page.seen()
        if "allow" in request.POST:
            return self._allow(bot, request.POST["allow"])
        form = self.received(DomainsForm(data=request.POST))
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "form": form})
        services.update_bot(by=self.page.principal, bot_id=bot.id, **form.cleaned_data)
        return self.page.go("guide-step", "website", said=_("Saved. These websites may show the bot."))

    def _allow(self, bot: Bot, origin: str) -> HttpResponseBase:
        site = allow(by=self.page.principal, bot=bot, origin=origin)
        return self.page.go("guide-step", "website", said=_("%(site)s is served from now on.") % {"site": site})
