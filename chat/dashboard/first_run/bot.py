"""The fourth step: the bot, made from what is there, and its first answer as soon as one document is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services as bots
from chat.dashboard import suggested
from chat.dashboard.first_run.frame import Step
from chat.dashboard.first_run.provider import builtin
from knowledge.models import Dataset
from tenants.pages import PageForm

SUGGESTED = 5


class BotForm(PageForm):
    name = forms.CharField(
        max_length=200, label=gettext_lazy("What is the bot called?"),
        help_text=gettext_lazy("Your customers see this name above the chat. Everything else can be changed later."),
    )  # fmt: skip


class BotStep(Step):
    def values(self) -> Mapping[str, Any]:
        called = _("%(name)s Assistant") % {"name": self.page.membership.tenant.name[:150]}
        return {"bot_form": BotForm(initial={"name": called}), **self._talk()}

    def part(self, name: str) -> HttpResponseBase:
        if name != "talk" or not self.state.bot:
            raise Http404
        bot = self.state.bot
        return self.page.show(template="dashboard/guide/_first.html", state=self.state, bot=bot, **self._talk())

    def take(self) -> HttpResponseBase:
        if self.state.bot:
            return self.page.seen()
        form = self.received(BotForm(data=self.page.request.POST), as_="bot_form")
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "bot_form": form})
        self._make(form.cleaned_data["name"])
        return self.page.go("guide-step", "bot")

    def _make(self, name: str) -> None:
        """Public, since it is meant for a website, and answering from all that there is."""
        by, organisation = self.page.principal, self.page.membership.tenant.name
        provider = self.state.provider or builtin(self)
        prompt = (
            f"You are the assistant of {organisation}. Answer its customers' questions from its documents: kindly, "
            "briefly and exactly. Where the documents do not say, say so."
        )
        datasets = Dataset.objects.order_by("created_at", "id").values_list("id", flat=True)[:5]
        bots.create_bot(
            by=by, name=name, tenant_ai_provider_id=provider.id, dataset_ids=list(datasets), is_public=True,
            system_prompt=prompt,
        )  # fmt: skip

    def _talk(self) -> dict[str, Any]:
        if not (self.state.bot and self.state.is_ready):
            return {"suggestions": [], "first": ""}
        ids = list(self.state.bot.links.filter(is_active=True).values_list("dataset_id", flat=True))
        asked = suggested.questions(ids, most=SUGGESTED)
        return {"suggestions": asked, "first": asked[0] if asked else ""}
