"""The second step: who puts the answers into words. The built-in provider is there at once, so that nothing blocks.

A key is tried before it is kept. One that does not work leaves no provider behind, and what was typed stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services as bots
from chat.dashboard.first_run.frame import Step
from integrations import services as providers
from integrations import words
from integrations.enums import ProviderName
from integrations.models import TenantAIProvider
from tenants.enums import Role
from tenants.errors import Forbidden, Problem
from tenants.pages import PageForm

KINDS = (
    (ProviderName.BUILTIN.value, gettext_lazy("Built-in: quotes your documents word for word. No key, no cost.")),
    (ProviderName.OPENAI.value, gettext_lazy("OpenAI")),
    (ProviderName.ANTHROPIC.value, gettext_lazy("Anthropic")),
    (ProviderName.OPENAI_COMPATIBLE.value, gettext_lazy("Another one that speaks OpenAI's format")),
)


class ProviderForm(PageForm):
    provider_name = forms.ChoiceField(
        choices=KINDS, widget=forms.RadioSelect, label=gettext_lazy("Who puts the answers into words?")
    )
    api_key = forms.CharField(
        required=False, max_length=2_000, label=gettext_lazy("Key"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "From your account there. It is kept encrypted and never shown again, not even in this form."
        ),
    )  # fmt: skip
    base_url = forms.CharField(
        required=False, max_length=500, label=gettext_lazy("Address"),
        widget=forms.URLInput(attrs={"placeholder": "https://models.example.com/v1"}),
        help_text=gettext_lazy("Only for another provider."),
    )  # fmt: skip
    model = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Model"),
        help_text=gettext_lazy("Left empty: a small, quick one of OpenAI or Anthropic."),
    )  # fmt: skip

    def refuse(self, problem: Problem) -> None:
        """The model is one of the provider's settings."""
        problem.errors = {("model" if "settings" in name else name): said for name, said in problem.errors.items()}
        super().refuse(problem)


class ProviderStep(Step):
    role: ClassVar[Role] = Role.ADMIN

    def values(self) -> Mapping[str, Any]:
        now = self.state.provider
        known = now.provider_name if now and now.provider_name in dict(KINDS) else ProviderName.BUILTIN.value
        return {"form": ProviderForm(initial={"provider_name": known}), "provider": now}

    def take(self) -> HttpResponseBase:
        form = ProviderForm(data=self.page.request.POST)
        if not form.is_valid():
            return self._again(form)
        if form.cleaned_data["provider_name"] == ProviderName.BUILTIN:
            self._use(builtin(self))
            return self.page.onward()
        try:
            self.page.count_cost()
            row = self._made(form.cleaned_data)
        except Problem as problem:
            form.refuse(problem)
            return self._again(form)
        result = providers.try_out(by=self.page.principal, provider=row)
        if not result.ok:
            providers.delete(by=self.page.principal, provider=row)
            form.add_error(None, _("The test did not succeed: %(why)s") % {"why": words.again(result.detail)})
            return self._again(form, failed=True)
        self._use(row)
        said = _("%(name)s answered in %(ms)s ms with the model %(model)s.")
        return self.page.onward(said % {"name": row.name, "ms": result.latency_ms, "model": result.model})

    def _again(self, form: ProviderForm, *, failed: bool = False) -> HttpResponseBase:
        return self.page.drawn(status=422, form=form, provider=self.state.provider, failed=failed)

    def _made(self, given: Mapping[str, Any]) -> TenantAIProvider:
        model = given["model"].strip()
        address = given["base_url"] if given["provider_name"] == ProviderName.OPENAI_COMPATIBLE else None
        return providers.create(
            by=self.page.principal, provider_name=given["provider_name"], api_key=given["api_key"] or None,
            base_url=address, custom_settings={"default_model": model} if model else {},
        )  # fmt: skip

    def _use(self, row: TenantAIProvider) -> None:
        """A bot that is there answers with it from now on."""
        bot = self.state.bot
        if bot and bot.tenant_ai_provider_id != row.id:
            with self.setting_up(bot):
                bots.update_bot(by=self.page.principal, bot_id=bot.id, tenant_ai_provider_id=row.id, model="")


def builtin(step: Step) -> TenantAIProvider:
    """The tenant's own, made where there is none; by an admin, whose the providers are."""
    rows = TenantAIProvider.objects.filter(provider_name=ProviderName.BUILTIN, is_active=True)
    if found := rows.order_by("created_at").first():
        return found
    if not Role(step.page.membership.role).covers(Role.ADMIN):
        raise Forbidden(_("This needs the role “%(role)s” or above.") % {"role": Role.ADMIN.label})
    return providers.create(by=step.page.principal, provider_name=ProviderName.BUILTIN.value)
