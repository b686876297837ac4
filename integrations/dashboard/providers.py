"""A tenant's AI providers: the list, a new one, one of them, trying it out, and its end. For admins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from integrations import selectors, services
from integrations.dashboard import words
from integrations.dashboard.forms import ProviderForm, initial
from integrations.enums import ProviderName
from integrations.errors import ProviderError
from integrations.models import TenantAIProvider
from integrations.types import ProbeResult
from tenants import formats
from tenants.enums import Role
from tenants.models import GlobalAIProvider
from tenants.pages import ConfirmPage, FormPage, Page

RECENT = timedelta(days=7)
ADMINS: dict[str, Role] = {"GET": Role.ADMIN, "POST": Role.ADMIN}


class _ProviderPage(Page):
    roles: ClassVar[dict[str, Role]] = ADMINS
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    section: ClassVar[str] = "providers"

    def say(self, name: str, result: ProbeResult) -> None:
        """How trying it out went, on the page that comes next."""
        if result.ok:
            seconds = formats.number(result.latency_ms / 1000, 1)
            told = {"name": name, "seconds": seconds, "model": result.model}
            messages.success(self.request, _("%(name)s works: %(model)s answered in %(seconds)s s.") % told)
        else:
            said = words.outcome(result.code, detail=result.detail)
            messages.warning(self.request, f"{said.word}. {said.says}")


class _OnProvider(_ProviderPage):
    """A page about one provider, or an act on it."""

    @cached_property
    def provider(self) -> TenantAIProvider:
        return selectors.provider(self.kwargs["provider_id"])

    def back(self) -> str:
        return self.url("provider", self.provider.id)


class Providers(_ProviderPage):
    template: ClassVar[str] = "dashboard/providers/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        counts = {"answers": Count("bots", distinct=True), "stands_in": Count("fallback_bots", distinct=True)}
        page = self.paged(TenantAIProvider.objects.annotate(**counts).order_by("created_at", "id"), size=24)
        recent = selectors.reliability(since=timezone.now() - RECENT)
        cards = [
            {"provider": row, "test": words.last_outcome(row), "recent": _share(recent.get(row.id))} for row in page
        ]
        return self.show(page=page, cards=cards)


class NewProvider(FormPage, _ProviderPage):
    """First which kind, as `?offer=` or `?kind=`; then its form. What fails its test is kept, switched off."""

    template: ClassVar[str] = "dashboard/providers/new.html"
    form_class = ProviderForm

    @cached_property
    def offer(self) -> GlobalAIProvider | None:
        try:
            return selectors.global_provider(UUID(self.request.GET.get("offer", "")))
        except ValueError:
            return None

    @cached_property
    def kind(self) -> ProviderName | None:
        wanted = self.offer.provider_type if self.offer else self.request.GET.get("kind", "")
        return ProviderName(wanted) if wanted in ProviderName.values else None

    def initial(self) -> Mapping[str, Any]:
        return {"name": self.offer.name} if self.offer else {}

    def form(self, **given: Any) -> ProviderForm:  # noqa: ANN401 -- a form's arguments
        return ProviderForm(initial=dict(self.initial()), kind=self.kind or ProviderName.BUILTIN, **given)

    def values(self) -> Mapping[str, Any]:
        assert self.kind is not None
        offered = self.offer.config.get("models") if self.offer else None
        known = offered if isinstance(offered, list) else []
        return {
            "kind": self.kind, "explained": words.KINDS[self.kind],
            "models": sorted({*map(str, known), *selectors.chat_prices(self.kind)}),
        }  # fmt: skip

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        if self.kind is None:
            return self._choose()
        return super().get(request, **ids)

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        return super().post(request, **ids) if self.kind else self._choose()

    def _choose(self) -> HttpResponse:
        offers = [
            {"offer": row, "explained": words.KINDS[row.provider_type]}
            for row in selectors.offers()
            if row.provider_type in words.KINDS
        ]
        kinds = [{"kind": kind, "explained": words.KINDS[kind]} for kind in ProviderName]
        return self.show(template="dashboard/providers/choose.html", offers=offers, kinds=kinds)

    def save(self, form: ProviderForm) -> HttpResponse:
        offer_id = self.offer.id if self.offer else None
        made = services.create(
            by=self.principal, provider_name=form.kind, global_ai_provider_id=offer_id, **form.changes()
        )
        result = services.try_out(by=self.principal, provider=made)
        self.say(made.name, result)
        if not result.ok:
            services.update(by=self.principal, provider=selectors.provider(made.id), is_active=False)
            messages.info(self.request, _("It is saved and switched off, so that no bot stumbles over it."))
        return self.go("provider", made.id)


class Provider(FormPage, _OnProvider):
    template: ClassVar[str] = "dashboard/providers/detail.html"
    form_class = ProviderForm

    def form(self, **given: Any) -> ProviderForm:  # noqa: ANN401 -- a form's arguments
        row = self.provider
        return ProviderForm(initial=initial(row), kind=ProviderName(row.provider_name), provider=row, **given)

    def values(self) -> Mapping[str, Any]:
        row, since = self.provider, timezone.now() - RECENT
        asked = selectors.last_test(row.id)
        failures = [
            each | {"outcome": words.outcome(each["outcome"])} for each in selectors.failures(row.id, since=since)
        ]
        return {
            "provider": row, "explained": words.KINDS[row.provider_name], "failures": failures,
            "test": words.last_outcome(row, latency_ms=asked.latency_ms if asked else None),
            "recent": _share(selectors.reliability(since=since).get(row.id)), **_named(selectors.holders(row)),
            "models": sorted(selectors.chat_prices(row.provider_name)),
        }  # fmt: skip

    def save(self, form: ProviderForm) -> HttpResponse:
        changed = services.update(
            by=self.principal, provider=selectors.provider(self.provider.id), **form.changes()
        )  # the page's own row stays as it is stored, should this be refused
        self.say(changed.name, services.try_out(by=self.principal, provider=changed))
        return self.go("provider", changed.id)


class TestProvider(_OnProvider):
    """Ask it for one word, now."""

    template: ClassVar[str] = "dashboard/providers/_test.html"

    def post(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        result = services.try_out(by=self.principal, provider=self.provider)
        if getattr(request, "htmx", False):
            said = words.outcome(
                result.code, detail=result.detail, at=self.provider.last_tested_at, latency_ms=result.latency_ms
            )
            return self.show(provider=self.provider, test=said)
        self.say(self.provider.name, result)
        return self.go("provider", provider_id)


class ProviderModels(_OnProvider):
    """The models that the provider has for this key, for the field's list; a failure is said and stops nothing."""

    costly: ClassVar[frozenset[str]] = frozenset({"GET"})
    template: ClassVar[str] = "dashboard/providers/_models.html"

    def get(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        try:
            return self.show(models=services.models(provider=self.provider), asked=True)
        except ProviderError as error:
            return self.show(models=[], asked=True, failed=words.outcome(error.code, detail=error.owner_detail))


class SwitchProvider(_OnProvider):
    def post(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        turned_on = request.POST.get("on") == "yes"
        services.update(by=self.principal, provider=self.provider, is_active=turned_on)
        return self.go("provider", provider_id, said=_("Switched on.") if turned_on else _("Switched off."))


class DeleteProvider(ConfirmPage, _OnProvider):
    """Only what nothing rests on can go; otherwise the page says what does."""

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        holders = selectors.holders(self.provider)
        if holders:
            return self.show(template="dashboard/providers/in_use.html", provider=self.provider, **_named(holders))
        return super().get(request, **ids)

    def question(self) -> Mapping[str, Any]:
        losses = [_("Its settings here. What it was asked so far, and the cost, stays in the usage.")]
        if self.provider.has_api_key:
            losses.insert(0, _("The stored key. It stays valid at the provider until you withdraw it there."))
        return {
            "title": _("Delete the provider “%(name)s”?") % {"name": self.provider.name}, "losses": losses,
            "action": _("Delete the provider"), "cancel": self.url("provider", self.provider.id),
        }  # fmt: skip

    def do(self) -> HttpResponse:
        services.delete(by=self.principal, provider=self.provider)
        return self.go("providers", said=_("The provider is deleted."))


def _share(counted: tuple[int, int] | None) -> dict[str, int] | None:
    """Calls, failures, and failures in percent; `None` where nothing was asked."""
    if not counted:
        return None
    calls, failed = counted
    return {"calls": calls, "failed": failed, "percent": -(-100 * failed // calls)}


def _named(holders: list[Model]) -> dict[str, Any]:
    bots = [each for each in holders if each._meta.model_name == "bot"]
    return {"bots": bots, "others": [each for each in holders if each not in bots]}
