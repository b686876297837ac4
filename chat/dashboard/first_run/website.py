"""The last step: the line for the website, where it may stand, and the first visitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import origins, services
from chat.dashboard import doctor
from chat.dashboard.first_run.frame import Step
from chat.dashboard.lines import Lines
from tenants.enums import Role
from tenants.pages import PageForm


class DomainsForm(PageForm):
    allowed_domains = Lines(
        most=50, longest=300, rows=2, label=gettext_lazy("Websites that may show the bot"),
        help_text=gettext_lazy("One on each line, like https://www.example.com."),
    )  # fmt: skip

    def clean_allowed_domains(self) -> list[str]:
        """An address out of the browser's line will do: its origin is what counts."""
        try:
            return list(dict.fromkeys(origins.parse(_origin(each)) for each in self.cleaned_data["allowed_domains"]))
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _origin(typed: str) -> str:
    if any(map(str.isspace, typed)):
        raise ValueError(_("%(typed)s is no address of a website.") % {"typed": typed})
    whole = typed if "://" in typed else f"https://{typed}"
    scheme, _mark, rest = whole.partition("://")
    return f"{scheme}://{rest.split('/', 1)[0]}"


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
        return self.page.show(template="dashboard/guide/_visitor.html", state=self.state, bot=self.state.bot)

    def take(self) -> HttpResponseBase:
        bot, request = self.state.bot, self.page.request
        if bot is None or "finish" in request.POST:
            return self.page.seen()
        form = self.received(DomainsForm(data=request.POST))
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "form": form})
        services.update_bot(by=self.page.principal, bot_id=bot.id, **form.cleaned_data)
        return self.page.go("guide-step", "website", said=_("Saved. These websites may show the bot."))
