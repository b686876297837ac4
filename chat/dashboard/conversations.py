"""Conversations: the list, one with its answers and why they came about, as a file, and its end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.models import Bot
from chat import selectors, services
from chat.dashboard import days, passages
from chat.dashboard.cases import EXPECTED
from chat.enums import Rating, Source, Status
from chat.models import Conversation, Message
from tenants.enums import Role as Place
from tenants.pages import ConfirmPage, FilterForm, Page

_PLACE = re.compile(r"-?[0-9]{1,9}")
SHOWN = 50  # messages of a conversation at once
AHEAD = 9  # of them before the one that a link leads to
ALL = [("", gettext_lazy("All"))]
BECAME = {
    "refused": gettext_lazy("Refused"),
    "unanswered": gettext_lazy("Nothing found"),
    "escalated": gettext_lazy("Called for a person"),
    "failed": gettext_lazy("Failed"),
}


def bots_to_choose() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Bot.objects.order_by("name").values_list("id", "name")]


class ConversationFilter(FilterForm):
    """The list's filters; what is not understood limits nothing."""

    behind = ("source", "became", "feedback", "since", "until")

    search = forms.CharField(required=False, max_length=200, label=gettext_lazy("Search"))
    bot = forms.ChoiceField(required=False, label=gettext_lazy("Bot"))
    status = forms.ChoiceField(
        required=False, label=gettext_lazy("Status"), choices=[("", gettext_lazy("All")), *Status.choices]
    )
    source = forms.ChoiceField(
        required=False, label=gettext_lazy("Channel"), choices=[("", gettext_lazy("All")), *Source.choices]
    )
    became = forms.ChoiceField(
        required=False, label=gettext_lazy("Outcome"), choices=[("", gettext_lazy("All")), *BECAME.items()]
    )
    feedback = forms.ChoiceField(
        required=False, label=gettext_lazy("Feedback"), choices=[("", gettext_lazy("All")), *Rating.choices]
    )
    since = forms.DateField(required=False, label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- Django's signature
        super().__init__(*args, **kwargs)
        self.fields["bot"].choices = [*ALL, *bots_to_choose()]  # type: ignore[attr-defined]  # a choice field

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        found = {name: value for name, value in self.cleaned_data.items() if value}
        became = found.pop("became", "")
        if became:
            found[became] = True
        if "since" in found:
            found["since"] = days.begins(found["since"])
        if "until" in found:
            found["until"] = days.ends(found["until"])
        return found


class Conversations(Page):
    section: ClassVar[str] = "conversations"
    template: ClassVar[str] = "dashboard/conversations/list.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = ConversationFilter(request.GET)
        rows = selectors.filtered(selectors.conversations(), form.asked())
        return self.show(page=self.paged(rows), form=form, is_filtered=any(request.GET.values()))


class ExportConversations(Page):
    section: ClassVar[str] = "conversations"
    roles: ClassVar[dict[str, Place]] = {"GET": Place.EDITOR}
    costly: ClassVar[frozenset[str]] = frozenset({"GET"})

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = "jsonl" if request.GET.get("form") == "jsonl" else "csv"
        return services.export(by=self.principal, asked=ConversationFilter(request.GET).asked(), form=form)


class OnConversation(Page):
    """A page about one conversation, or an act on it."""

    section: ClassVar[str] = "conversations"

    @cached_property
    def conversation(self) -> Conversation:
        return selectors.conversation(self.kwargs["conversation_id"], by=self.principal, whole=False)

    def back(self) -> str:
        return self.url("conversation", self.kwargs["conversation_id"])

    def at(self, place: int) -> HttpResponseBase:
        """To the message at this place, however much was said before and after it."""
        return self._move(f"{self.back()}?at={place}#message-{place}")


class ShowConversation(OnConversation):
    """The latest messages, newest last; `?before=` and `?from=` show a part before or from a place, `?at=` the part
    around one. With htmx `before` is the earlier part alone, and `after` what came since, for who has the page open."""

    template: ClassVar[str] = "dashboard/conversations/detail.html"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        places = {name: _place(request.GET.get(name, "")) for name in ("before", "from", "at", "after")}
        by_htmx = bool(request.htmx)  # type: ignore[attr-defined]  # of django-htmx
        if by_htmx and places["after"] is not None:
            return self.since(places["after"])
        shown = self.part(places)
        if by_htmx and places["before"] is not None:
            return self.show(template="dashboard/conversations/_earlier.html", **self.values(shown))
        return self.show(**self.values(shown))

    def since(self, place: int) -> HttpResponseBase:
        known = {"after": str(place), "status": self.request.GET.get("status", "")}
        if selectors.is_unchanged(self.kwargs["conversation_id"], by=self.principal, **known):
            return self.show(template="dashboard/conversations/_nothing.html", status=204)
        new = selectors.stretch(self.conversation, start=place + 1, most=SHOWN)
        values = {**self.values(new), "last": new[-1].position if new else place}
        return self.show(template="dashboard/conversations/_more.html", **values)

    def part(self, places: Mapping[str, int | None]) -> list[Message]:
        at, start = places["at"], places["from"]
        if at is not None:
            start = max(at - AHEAD, 0)
        shown = selectors.stretch(self.conversation, start=start, before=places["before"], most=SHOWN)
        return shown or selectors.stretch(self.conversation, most=SHOWN)

    def latest(self) -> Mapping[str, Any]:
        return self.values(selectors.stretch(self.conversation, most=SHOWN))

    def values(self, shown: list[Message]) -> Mapping[str, Any]:
        row = self.conversation
        passages.lead(shown, talk=self.back(), playground=self.url("bot-playground", row.bot_id))
        first, last = (shown[0].position, shown[-1].position) if shown else (-1, -1)
        return {
            "conversation": row,
            "said": shown,
            "first": first,
            "last": last,
            "following": last + 1,
            "has_earlier": row.messages.filter(position__lt=first).exists(),
            "has_later": row.messages.filter(position__gt=last).exists(),
            "is_mine": row.status == Status.WITH_PERSON and row.taken_by == self.principal.user_id,
            "polls": row.status in {Status.ESCALATED, Status.WITH_PERSON},
            "test_sets": row.bot.test_sets.order_by("name"),
            "expected": EXPECTED,
        }


def _place(text: str) -> int | None:
    return int(text) if _PLACE.fullmatch(text) else None


class DeleteConversation(OnConversation, ConfirmPage):
    roles: ClassVar[dict[str, Place]] = {"GET": Place.ADMIN, "POST": Place.ADMIN}

    def question(self) -> Mapping[str, Any]:
        count = self.conversation.message_count  # type: ignore[attr-defined]  # annotated
        return {
            "title": _("Delete this conversation?"),
            "losses": [
                _("%(count)d messages with their citations, feedback and traces.") % {"count": count},
                _("The knowledge gaps that nobody else asked about."),
            ],
            "action": _("Delete the conversation"),
            "cancel": self.url("conversation", self.conversation.id),
        }

    def do(self) -> HttpResponseBase:
        services.delete(by=self.principal, conversation_id=self.conversation.id)
        return self.go("conversations", said=_("The conversation is deleted."))
