"""The organisation itself: what it is called, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import services
from tenants.enums import Role
from tenants.pages import ConfirmPage, FormPage, PageForm


class OrganisationForm(PageForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("For the people of the organisation; customers do not see it."),
    )  # fmt: skip


class SettingsView(FormPage):
    section = "settings"
    template = "dashboard/organisation/settings.html"
    form_class = OrganisationForm
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    def initial(self) -> Mapping[str, Any]:
        tenant = self.membership.tenant
        return {"name": tenant.name, "description": tenant.description}

    def save(self, form: OrganisationForm) -> HttpResponseBase:
        services.update_tenant(by=self.principal, tenant=self.membership.tenant, **form.cleaned_data)
        return self.go("settings", said=_("Saved."))


class DeleteView(ConfirmPage):
    section = "settings"
    roles: ClassVar[dict[str, Role]] = {"GET": Role.OWNER, "POST": Role.OWNER}

    def question(self) -> Mapping[str, Any]:
        tenant = self.membership.tenant
        return {
            "title": _("Delete %(name)s?") % {"name": tenant.name},
            "losses": [
                _("Every bot: they stop answering at once, on every website."),
                _("All documents, and what was made of them."),
                _("All conversations, test sets and figures."),
                _("All AI providers with their keys, and all API keys."),
                _("The places of all members. Their accounts stay."),
                _("This cannot be undone, by nobody."),
            ],
            "action": _("Delete for ever"),
            "cancel": self.url("settings"),
            "typed": tenant.slug,
        }

    def do(self) -> HttpResponseBase:
        tenant = self.membership.tenant
        name = tenant.name
        services.delete_tenant(by=self.principal, tenant=tenant)
        messages.success(self.request, _("%(name)s was deleted.") % {"name": name})
        return HttpResponseRedirect("/dashboard/")
