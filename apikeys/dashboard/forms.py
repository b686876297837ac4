"""The form of a key, with what each scope opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundWidget
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apikeys.enums import Scope
from tenants import plans
from tenants.pages import PageForm

EXPLAINED: dict[str, tuple[str | Promise, str | Promise]] = {
    Scope.CHAT_WRITE: (
        _("Talk to bots"), _("Ask for your customers, and continue conversations. What most integrations need."),
    ),
    Scope.CHAT_READ: (
        _("Read conversations"), _("What customers asked and were answered, with its sources and its record."),
    ),
    Scope.BOTS_READ: (_("Read bots"), _("Their settings, prompts, guardrails, versions and test sets.")),
    Scope.BOTS_WRITE: (_("Change bots"), _("Create, configure, publish and delete them.")),
    Scope.DATASETS_READ: (_("Read and search knowledge"), _("Datasets, documents and their text.")),
    Scope.DATASETS_WRITE: (_("Change knowledge"), _("Upload, correct and delete documents and datasets.")),
    Scope.ANALYTICS_READ: (_("Read analytics"), _("How much is asked, how it goes, and what it costs.")),
}  # fmt: skip


class KeyForm(PageForm):
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("Where it is used: “Shop, production”. One key for each place.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=[(scope, word) for scope, (word, _text) in EXPLAINED.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    rate_limit = forms.IntegerField(label=_("Requests an hour"), min_value=1, max_value=10_000_000, required=False)
    expires_at = forms.DateTimeField(
        label=_("Works until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your time zone. Leave empty for a key that does not end by itself."),
    )
    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- a form's arguments
        super().__init__(*args, **kwargs)
        most = plans.limit_of("requests_hour")
        self.fields["rate_limit"].help_text = (
            gettext("Leave empty for your plan's %(most)s, which is also the most.") % {"most": most}
            if most is not None
            else gettext("Leave empty for no limit.")
        )

    def explained_scopes(self) -> Iterator[tuple[BoundWidget, str | Promise, str | Promise]]:
        for box in self["scopes"].subwidgets:
            word, text = EXPLAINED[str(box.data["value"])]
            yield box, word, text

    def clean_expires_at(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["expires_at"]
        if until is not None and until <= timezone.now() and "expires_at" in self.changed_data:
            raise forms.ValidationError(_("This is in the past."))
        return until

    def told(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "scopes", "rate_limit", "expires_at")}


class OnceForm(forms.Form):
    """Nothing but the form's number."""

    once = forms.UUIDField(required=False)
