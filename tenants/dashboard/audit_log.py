"""What was done in the organisation, by whom and when."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy

from tenants import audit, words
from tenants.enums import Role
from tenants.pages import Page, PageForm


class FilterForm(PageForm):
    actor = forms.CharField(label=gettext_lazy("Who"), max_length=254, required=False)
    action = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class AuditLogView(Page):
    section = "audit-log"
    template = "dashboard/organisation/audit_log.html"
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN}

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = FilterForm(request.GET or None)
        action = form.fields["action"]
        assert isinstance(action, forms.ChoiceField)
        named = ((name, str(words.in_words(name, "deed"))) for name in audit.actions_of(self.tenant))
        known = sorted(named, key=lambda each: each[1])
        action.choices = [("", gettext_lazy("Everything")), *known]
        asked = form.cleaned_data if form.is_valid() else {}
        rows = audit.events_of(self.tenant, **{name: value for name, value in asked.items() if value})
        if form.errors:  # what cannot be asked for finds nothing, rather than everything
            rows = rows.none()
        return self.show(
            form=form, page=self.paged(rows), is_filtered=bool(form.errors) or any(asked.values()),
            kept_days=audit.kept_days(),
        )  # fmt: skip
