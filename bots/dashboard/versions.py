"""The versions of a bot, what they differ in, and the ways forward and back: publish, discard, roll back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.paginator import Page as PageOfRows
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import behaviour, selectors, services
from bots.dashboard import differences, summaries
from bots.dashboard.fields import Prose
from bots.errors import TestsNotPassed, VersionNotRestorable
from bots.models import Bot, BotVersion
from bots.pages import BotConfirmPage, BotFormPage, BotPage
from bots.versions import changes, compare, gate, losses, publish
from tenants.enums import Role
from tenants.errors import NotFound
from tenants.pages import PageForm

DRAFT = "draft"
LOSSES: Mapping[losses.Loss, str | Promise] = {
    "documents": gettext_lazy("With this version the bot answers from no documents."),
    "provider": gettext_lazy("With this version the bot has no AI provider that works."),
    "builtin": gettext_lazy("With this version no language model answers: the built-in provider quotes the documents."),
    "guardrails": gettext_lazy("With this version none of your topics and guardrails hold, only the defaults."),
}
EDITORS: dict[str, Role] = {"GET": Role.EDITOR, "POST": Role.EDITOR}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared; `number` is empty for the draft."""

    number: int | None
    behaviour: behaviour.Behaviour
    names: Mapping[str, str]


class VersionsPage(BotPage):
    """The list; with `old` and `new` in the address also what these two differ in."""

    template: ClassVar[str] = "dashboard/bots/versions.html"
    tab: ClassVar[str] = "bot-versions"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        values: dict[str, Any] = {"page": self._listed()}
        draft = compare.draft(self.bot)
        if draft.differs:
            values["draft_changes"] = differences.shown(draft.changes)
        if "old" in request.GET or "new" in request.GET:
            values |= self._compared(request)
        numbers = list(self.bot.versions.order_by("-number").values_list("number", flat=True)[:200])
        return self.show(numbers=numbers, differs=draft.differs, **values)

    def _listed(self) -> PageOfRows[BotVersion]:
        """With what each brought against the one before it."""
        page = self.paged(selectors.versions(self.bot))
        numbers = [row.number for row in page]
        wanted = {number - step for number in numbers for step in (0, 1)}
        whole = {row.number: row for row in self.bot.versions.filter(number__in=wanted)}
        for row in page:
            before = whole.get(row.number - 1)
            row.summary = summaries.of(compare.versions(before, whole[row.number])) if before else ""
        return page

    def _compared(self, request: HttpRequest) -> dict[str, Any]:
        old, new = _side(self.bot, request.GET.get("old", "")), _side(self.bot, request.GET.get("new", ""))
        found = changes.between(old.behaviour, new.behaviour, names={**old.names, **new.names})
        return {"old": old, "new": new, "changes": differences.shown(found)}


def _side(bot: Bot, asked: str) -> Side:
    if asked == DRAFT:
        now = behaviour.draft(bot.id)
        return Side(None, now, publish.names(now))
    if not asked.isdecimal() or len(asked) > 9:
        raise NotFound(_("This bot has no such version."))
    version = selectors.version(bot=bot, number=int(asked))
    return Side(version.number, version.behaviour, version.names)


def lost(held: behaviour.Behaviour, bot: Bot) -> list[str | Promise]:
    """What customers would miss, in sentences."""
    live = bot.live_version
    return [LOSSES[loss] for loss in losses.of(held, live=live.behaviour if live else None)]


class NoteForm(PageForm):
    note = Prose(
        label=gettext_lazy("What is new"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For those who look later. Customers do not see it."),
    )  # fmt: skip


class PublishPage(BotFormPage):
    """Shows what customers will notice, and publishes it."""

    roles: ClassVar[dict[str, Role]] = EDITORS
    template: ClassVar[str] = "dashboard/bots/publish.html"
    form_class: ClassVar[type[PageForm]] = NoteForm
    tab: ClassVar[str] = "bot-versions"

    def values(self) -> Mapping[str, Any]:
        draft = compare.draft(self.bot)
        return {
            "changes": differences.shown(draft.changes), "missing": self._missing(draft.fingerprint),
            "losses": lost(draft.behaviour, self.bot),
        }  # fmt: skip

    def _missing(self, fingerprint: str) -> str:
        """What the required tests still lack, in a sentence."""
        try:
            gate.check(bot=self.bot, fingerprint=fingerprint)
        except TestsNotPassed as problem:
            return problem.detail
        return ""

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        try:
            version = services.publish(by=self.principal, bot_id=self.bot.id, note=form.cleaned_data["note"])
        except TestsNotPassed:  # the page says which, and leads there
            return self.show(form=form, status=422, **self.values())
        said = _("Published. Customers talk to version %(number)s now.") % {"number": version.number}
        return self.go("bot-versions", self.bot.id, said=said)


class DiscardPage(BotConfirmPage):
    roles: ClassVar[dict[str, Role]] = EDITORS
    tab: ClassVar[str] = "bot-versions"

    def question(self) -> Mapping[str, Any]:
        draft = compare.draft(self.bot)
        named = [str(each.name) for each in differences.shown(draft.changes)]
        return {
            "title": _("Discard the draft of %(name)s") % {"name": self.bot.name},
            "losses": [_("what was changed in: %(fields)s") % {"fields": ", ".join(named)}] if named else [],
            "action": _("Discard the draft"),
            "cancel": self.url("bot-versions", self.bot.id),
        }

    def do(self) -> HttpResponseBase:
        services.discard_draft(by=self.principal, bot_id=self.bot.id)
        return self.go("bot-versions", self.bot.id, said=_("The draft is again what customers talk to."))


class RollbackPage(BotFormPage):
    """Shows what changes for customers with an older version, and brings it back."""

    roles: ClassVar[dict[str, Role]] = EDITORS
    template: ClassVar[str] = "dashboard/bots/rollback.html"
    form_class: ClassVar[type[PageForm]] = NoteForm
    tab: ClassVar[str] = "bot-versions"

    def values(self) -> Mapping[str, Any]:
        version = selectors.version(bot=self.bot, number=self.kwargs["number"])
        found = compare.versions(self.bot.live_version, version)
        return {"version": version, "changes": differences.shown(found), "losses": lost(version.behaviour, self.bot)}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        number = self.kwargs["number"]
        selectors.version(bot=self.bot, number=number)
        note = form.cleaned_data["note"]
        try:
            made = services.rollback(by=self.principal, bot_id=self.bot.id, number=number, note=note)
        except VersionNotRestorable as problem:  # its fields are none of this form
            form.add_error(None, problem.detail)
            return self.show(form=form, status=422, **self.values())
        said = _("Customers talk to version %(number)s now, which is as version %(old)s was.")
        return self.go("bot-versions", self.bot.id, said=said % {"number": made.number, "old": number})
