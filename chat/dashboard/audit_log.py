"""What was done in the organisation, by whom and when: as a page, and as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.analytics import tables
from chat.dashboard import audit_words, audited
from chat.dashboard.audited import Thing
from tenants import audit, words
from tenants.enums import Role
from tenants.models import AuditEvent
from tenants.pages import FilterForm, Page

MOST, BATCH = 10_000, 500
_NAMELESS = {"message"}  # details that are ids of what has neither name nor page
_HEAD = ("time", "who", "what", "to_what", "details", "action", "target", "data")


def _day(label: Any) -> forms.DateField:  # noqa: ANN401 -- a lazy text
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AuditFilter(FilterForm):
    actor = forms.CharField(label=gettext_lazy("Who"), max_length=254, required=False)
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A deed as it is read; `target` and the values of `facts` are things, `codes` what is kept of it as it is kept."""

    at: datetime
    actor: str
    deed: words.Word
    target: Thing
    facts: list[tuple[words.Word, Thing]]
    codes: list[tuple[str, str]]


class _AuditPage(Page):
    section: ClassVar[str] = "audit-log"
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN}

    def asked(self, request: HttpRequest) -> tuple[AuditFilter, QuerySet[AuditEvent]]:
        form = AuditFilter(request.GET or None)
        action = form.fields["action"]
        assert isinstance(action, forms.ChoiceField)
        named = ((name, str(words.in_words(name, "deed"))) for name in audit.actions_of(self.tenant))
        action.choices = [("", gettext_lazy("Everything")), *sorted(named, key=lambda each: each[1])]
        given = form.cleaned_data if form.is_valid() else {}
        rows = audit.events_of(self.tenant, **{name: value for name, value in given.items() if value})
        return form, rows.none() if form.errors else rows  # what cannot be asked for finds nothing, not everything


class AuditLogView(_AuditPage):
    template = "dashboard/organisation/audit_log.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form, rows = self.asked(request)
        page = self.paged(rows)
        events = list(page.object_list)
        known = audited.things(events, tenant=self.tenant)
        return self.show(
            form=form, page=page, events=[shown(event, known) for event in events], kept_days=audit.kept_days(),
            is_filtered=any(request.GET.get(name) for name in form.fields),
        )  # fmt: skip


class AuditSheet(_AuditPage):
    """What is filtered, as CSV; that it was taken out is on record too."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        _form, rows = self.asked(request)
        found = list(rows[:MOST])
        text = tables.lines([_HEAD, *self._lines(found)])
        audit.record(by=self.principal, action="audit.export", data={"rows": len(found)})
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="audit-log-{timezone.localdate()}.csv"'
        return response

    def _lines(self, found: list[AuditEvent]) -> Iterator[list[object]]:
        for start in range(0, len(found), BATCH):
            batch = found[start : start + BATCH]
            known = audited.things(batch, tenant=self.tenant)
            for event in batch:
                row = shown(event, known)
                told = "; ".join(f"{name}: {thing.name}" for name, thing in row.facts)
                kept = json.dumps(event.data, ensure_ascii=False) if event.data else ""
                yield [
                    event.at.isoformat(timespec="seconds"), event.actor, str(row.deed), str(row.target.name), told,
                    event.action, event.target, kept,
                ]  # fmt: skip


def shown(event: AuditEvent, known: Mapping[str, Thing]) -> Shown:
    name = audited.name_of(event, known)
    thing = known.get(event.target)
    facts = [
        (audit_words.fact(key), _fact(key, value, known))
        for key, value in event.data.items()
        if not _is_said(key, value, str(name), known)
    ]
    return Shown(
        at=event.at, actor=event.actor, deed=words.in_words(event.action, "deed"),
        target=Thing(name or (_("no longer there") if event.target else ""), thing.page if thing else ()),
        facts=facts, codes=_codes(event),
    )  # fmt: skip


def _is_said(key: str, value: object, name: str, known: Mapping[str, Thing]) -> bool:
    """Whether a detail tells nothing beside the name: nothing at all, the name again, the id of what has none."""
    if key in _NAMELESS or value in ("", None, []):
        return True
    if key == "bot_id":
        return bool(name) and str(_fact(key, value, known).name) == name
    return key in audited.NAMES and str(value) == name


def _fact(key: str, value: object, known: Mapping[str, Thing]) -> Thing:
    if key in audited.DETAILS and audited.ID.fullmatch(str(value)):
        return known.get(str(value)) or Thing(_("no longer there"))
    return Thing(audit_words.value(key, value))


def _codes(event: AuditEvent) -> list[tuple[str, str]]:
    kept = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in event.data.items()]
    return [("action", event.action), *([("target", event.target)] if event.target else []), *kept]
