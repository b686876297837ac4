"""A bot's first page: what it is told, who it asks, how it answers, and which API keys open it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from apikeys.models import APIKey
from bots import services
from bots.dashboard import forms, starters
from bots.models import Bot, KeyBot
from bots.pages import BotConfirmPage, BotFormPage, BotPage
from integrations import selectors as integrations
from integrations import services as asking
from integrations.chatmodels.kinds import DEFAULT_MODELS
from integrations.enums import ProviderName
from integrations.errors import ProviderError
from tenants import context
from tenants.enums import Role
from tenants.errors import Invalid, NotFound
from tenants.pages import Page, PageForm


class PromptPage(BotFormPage):
    template: ClassVar[str] = "dashboard/bots/prompt.html"
    form_class: ClassVar[type[PageForm]] = forms.BotForm
    tab: ClassVar[str] = "bot"

    def initial(self) -> Mapping[str, Any]:
        return forms.values_of(self.bot)

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        bot = self.bot
        rows = forms.providers_for(bot.tenant_ai_provider_id, bot.fallback_ai_provider_id)
        form = super().form(bot=bot, providers=rows, **given)
        if not Role(self.membership.role).covers(Role.EDITOR):
            for field in form.fields.values():
                field.disabled = True
        return form

    def values(self) -> Mapping[str, Any]:
        values: dict[str, Any] = {"starters": starters.STARTERS}
        if Role(self.membership.role).covers(Role.ADMIN):
            values |= {"ties": _ties(self.bot), "free_keys": _free_keys(self.bot)}
        return values

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        changes = form.changes()
        if not changes:
            return self.go("bot", self.bot.id, said=_("Nothing was changed."))
        services.update_bot(by=self.principal, bot_id=self.bot.id, **changes)
        return self.go("bot", self.bot.id, said=self.saved())


def _ties(bot: Bot) -> list[tuple[KeyBot, APIKey]]:
    ties = {tie.key_id: tie for tie in bot.key_ties.order_by("created_at", "id")}
    keys = {key.id: key for key in APIKey.objects.filter(id__in=ties, tenant_id=context.current().id)}
    return [(tie, keys[found]) for found, tie in ties.items() if found in keys]


def _free_keys(bot: Bot) -> list[APIKey]:
    """Those of the tenant that work and are not tied to the bot."""
    tied = list(bot.key_ties.values_list("key_id", flat=True))
    rows = APIKey.objects.filter(tenant_id=context.current().id, revoked_at=None).exclude(id__in=tied)
    return [key for key in rows.order_by("name", "id") if key.status == "active"]


class TieKeyPage(BotPage):
    """Keys are the admin's, so tying them is too."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    def post(self, request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
        services.tie_key(by=self.principal, bot_id=bot_id, key_id=_id_of(request.POST.get("key_id", "")))
        return self.go("bot", bot_id, said=_("The key is tied: it opens the bots it is tied to, and no others."))

    def back(self) -> str:
        return self.url("bot", self.bot.id)


class UntieKeyPage(BotConfirmPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    def question(self) -> Mapping[str, Any]:
        key = APIKey.objects.filter(id=self.kwargs["key_id"], tenant_id=self.tenant.id).first()
        if key is None or not self.bot.key_ties.filter(key_id=key.id).exists():
            raise NotFound(_("This key is not tied to this bot."))
        others = KeyBot.objects.filter(key_id=key.id).exclude(bot=self.bot).exists()
        kept = _("The key no longer opens this bot. The other bots that it is tied to it still opens.")
        freed = _("The key is tied to no other bot: from then on it opens every bot of your organisation.")
        return {
            "title": _("Untie the key %(key)s") % {"key": key.name},
            "losses": [kept if others else freed],
            "action": _("Untie"),
            "cancel": self.url("bot", self.bot.id),
        }

    def do(self) -> HttpResponseBase:
        services.untie_key(by=self.principal, bot_id=self.bot.id, key_id=self.kwargs["key_id"])
        return self.go("bot", self.bot.id, said=_("The key is untied."))


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(_("Choose a key.")) from error


class ModelsPage(Page):
    """What a provider's field offers as models: those with a known price, or with `live` what the provider lists."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR}
    template: ClassVar[str] = "dashboard/bots/_models.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        fallback = request.GET.get("field") == "fallback"
        try:
            chosen = request.GET.get("fallback_ai_provider_id" if fallback else "tenant_ai_provider_id", "")
            provider = integrations.provider(UUID(chosen))
        except ValueError:
            return self.show(fallback=fallback)
        kind, problem = ProviderName(provider.provider_name), ""
        models = sorted({*integrations.chat_prices(kind), *filter(None, [DEFAULT_MODELS.get(kind)])})
        if "live" in request.GET:
            self.count_cost()
            try:
                models = asking.models(provider=provider)
            except ProviderError as error:
                problem = error.detail
        return self.show(
            fallback=fallback, provider=provider, models=models, problem=problem, live="live" in request.GET,
            default=DEFAULT_MODELS.get(kind, ""), is_builtin=kind == ProviderName.BUILTIN,
        )  # fmt: skip
