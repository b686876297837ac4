"""The inbox: who waits for a person, and what a person does in a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from chat import selectors, services
from chat.dashboard.conversations import OnConversation, ShowConversation
from chat.enums import Role, Status
from chat.handover import calling, counts
from chat.models import Conversation
from tenants.enums import Role as Place
from tenants.errors import Problem
from tenants.pages import Page


def _waiting(rows: QuerySet[Conversation], _: UUID | None) -> QuerySet[Conversation]:
    return rows.filter(status=Status.ESCALATED).order_by("waiting_since", "id")


def _mine(rows: QuerySet[Conversation], me: UUID | None) -> QuerySet[Conversation]:
    return rows.filter(status=Status.WITH_PERSON, taken_by=me).order_by(F("waiting_since").asc(nulls_last=True), "id")


def _others(rows: QuerySet[Conversation], me: UUID | None) -> QuerySet[Conversation]:
    return rows.filter(status=Status.WITH_PERSON).exclude(taken_by=me).order_by("waiting_since", "id")


def _done(rows: QuerySet[Conversation], _: UUID | None) -> QuerySet[Conversation]:
    return rows.filter(status=Status.CLOSED, messages__role=Role.PERSON).distinct().order_by("-last_at", "id")


TABS: dict[str, Callable[[QuerySet[Conversation], UUID | None], QuerySet[Conversation]]] = {
    "waiting": _waiting, "mine": _mine, "others": _others, "closed": _done,
}  # fmt: skip


class Inbox(Page):
    section: ClassVar[str] = "inbox"
    template: ClassVar[str] = "dashboard/conversations/inbox.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        desk = counts.of(self.principal)
        tab = request.GET.get("tab", "waiting" if desk.waiting or not desk.mine else "mine")
        choose = TABS.get(tab, _waiting)
        rows = choose(selectors.at_the_desk(), self.principal.user_id)
        tabs = [
            ("waiting", _("Waiting"), desk.waiting), ("mine", _("Mine"), desk.mine),
            ("others", _("With colleagues"), desk.others), ("closed", _("Closed"), None),
        ]  # fmt: skip
        called = calling.is_called(self.principal)
        return self.show(page=self.paged(rows), tab=tab if tab in TABS else "waiting", tabs=tabs, called=called)


class InboxCount(Page):
    """The number beside the menu's entry; nothing where nobody calls."""

    section: ClassVar[str] = "inbox"
    template: ClassVar[str] = "dashboard/conversations/_count.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.show(calls=counts.of(self.principal).calls)


class InboxMail(Page):
    """Whether a mail comes when somebody waits, for who asks alone."""

    section: ClassVar[str] = "inbox"
    roles: ClassVar[dict[str, Place]] = {"POST": Place.EDITOR}

    def post(self, request: HttpRequest) -> HttpResponseBase:
        wanted = request.POST.get("mail") == "yes"
        calling.choose(by=self.principal, wanted=wanted)
        said = (
            _("You get an e-mail when a customer waits.") if wanted else _("You get no e-mail when a customer waits.")
        )
        return self.go("inbox", said=said)


class _Act(OnConversation):
    roles: ClassVar[dict[str, Place]] = {"POST": Place.EDITOR}

    def done(self, said: str = "") -> HttpResponseBase:
        return self.go("conversation", self.kwargs["conversation_id"], said=said)


class Take(_Act):
    def post(self, request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
        services.take(by=self.principal, conversation_id=conversation_id, anyway=bool(request.POST.get("anyway")))
        messages.success(request, _("It is yours. The bot is silent until you hand it back."))
        return self._move(f"{self.back()}#reply")


class Reply(ShowConversation):
    """What could not be sent stands in the box again."""

    roles: ClassVar[dict[str, Place]] = {"GET": Place.EDITOR, "POST": Place.EDITOR}

    def post(self, request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
        written = request.POST.get("content", "").replace("\x00", "")
        try:
            services.reply(by=self.principal, conversation_id=conversation_id, content=written)
        except Problem as problem:
            sentences = [sentence for each in problem.errors.values() for sentence in each]
            refused = " ".join(sentences) or problem.detail
            return self.show(status=422, draft=written, refused=refused, **self.latest())
        return self._move(f"{self.back()}#reply")


class HandBack(_Act):
    def post(self, request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
        services.hand_back(by=self.principal, conversation_id=conversation_id)
        return self.done(_("The bot answers again, and knows what you said."))


class Close(_Act):
    def post(self, request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
        services.close(by=self.principal, conversation_id=conversation_id)
        return self.done(_("The conversation is closed."))
