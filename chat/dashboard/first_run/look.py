"""The sixth step: how the widget looks, drawn by the widget itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponseBase
from django.utils.translation import get_language, gettext_lazy

from bots import selectors, services
from bots.models.website import MOST_SUGGESTIONS, SUGGESTION_LENGTH
from chat.appearance import shown
from chat.dashboard import suggested
from chat.dashboard.first_run.frame import Step
from chat.dashboard.lines import Lines
from tenants.pages import PageForm

SUGGESTED = 4


class LookForm(PageForm):
    greeting = forms.CharField(
        max_length=500, required=False, label=gettext_lazy("Greeting"), widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Left empty: one in your visitor's language."),
    )  # fmt: skip
    color = forms.CharField(max_length=7, label=gettext_lazy("Colour"), widget=forms.TextInput(attrs={"type": "color"}))
    suggestions = Lines(
        most=MOST_SUGGESTIONS, longest=SUGGESTION_LENGTH, rows=4, label=gettext_lazy("Suggested questions"),
        help_text=gettext_lazy("One on each line; visitors ask them with a click."),
    )  # fmt: skip


class LookStep(Step):
    def values(self) -> Mapping[str, Any]:
        bot = self.state.bot
        if bot is None:
            return {}
        row = selectors.look(bot.id)
        ids = list(bot.links.filter(is_active=True).values_list("dataset_id", flat=True))
        suggestions = row.suggestions or suggested.questions(ids, most=SUGGESTED, longest=SUGGESTION_LENGTH)
        form = LookForm(initial={"greeting": row.greeting, "color": row.color, "suggestions": suggestions})
        row.suggestions = suggestions
        drawn = shown.look(bot_id=bot.id, name=bot.name, look=row, wanted=get_language() or "en")
        return {"form": form, "look": {**drawn, "bot_id": str(drawn["bot_id"])}}

    def take(self) -> HttpResponseBase:
        bot = self.state.bot
        if bot is None:
            return self.page.onward()
        form = self.received(LookForm(data=self.page.request.POST))
        if not form.is_valid():
            return self.page.drawn(status=422, **{**self.values(), "form": form})
        services.update_look(by=self.page.principal, bot_id=bot.id, **form.cleaned_data)
        if self.page.request.POST.get("action") == "save":
            return self.page.go("guide-step", "look")
        return self.page.seen()
