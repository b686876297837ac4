"""The first step: what the organisation is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy

from chat.dashboard.first_run.frame import Step
from tenants import services
from tenants.enums import Role
from tenants.pages import PageForm


class NameForm(PageForm):
    name = forms.CharField(
        max_length=200, label=gettext_lazy("Name of your organisation"),
        help_text=gettext_lazy("As your customers know it. The bot introduces itself with it."),
    )  # fmt: skip


class NameStep(Step):
    role: ClassVar[Role] = Role.ADMIN

    def values(self) -> Mapping[str, Any]:
        return {"form": NameForm(initial={"name": self.page.membership.tenant.name})}

    def take(self) -> HttpResponseBase:
        form = self.received(NameForm(data=self.page.request.POST))
        if not form.is_valid():
            return self.page.drawn(status=422, form=form)
        tenant = self.page.membership.tenant
        if tenant.name != form.cleaned_data["name"]:
            services.update_tenant(by=self.page.principal, tenant=tenant, name=form.cleaned_data["name"])
        return self.page.seen()
