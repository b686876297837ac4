"""A tenant's AI providers: their life, trying them out, the ledger of what was asked of them, and moving their keys
under the operator's newest key.

Each write is one transaction with its audit row, which never holds a key. A key goes only to the address it was entered
for: whoever changes the address or the kind of provider enters the key again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import outbound, vault
from integrations.chatmodels import parameters, registry
from integrations.enums import ProviderName, Purpose
from integrations.errors import ProviderError
from integrations.models import ModelCall, TenantAIProvider
from integrations.selectors import global_provider, ref_of
from integrations.types import Call, ProbeResult
from tenants import audit, context
from tenants.errors import Conflict, Invalid
from tenants.models import Tenant
from tenants.types import Principal

MOST_COUNTED = 2**31 - 1  # as the columns take
DEAREST = Decimal(999_999)  # dollars a call
BUDGETS = ("requests_per_minute", "tokens_per_minute")


class ProviderInUse(Conflict):
    code, title = "provider_in_use", gettext_lazy("Bots or datasets use this provider")


class ChangedMeanwhile(Conflict):
    code, title = "changed_meanwhile", gettext_lazy("Somebody else changed this at the same moment; look and try again")


class KeyRequired(Invalid):
    code, title = "provider_key_required", gettext_lazy("This provider needs a key")


class KeyRequiredForNewAddress(Invalid):
    code, title = "key_required_for_new_address", gettext_lazy("Enter the key again for the new address")


def create(
    *,
    by: Principal,
    provider_name: str,
    api_key: str | None = None,
    **fields: Any,  # noqa: ANN401 -- the provider's fields
) -> TenantAIProvider:
    """A provider of the current tenant. Raises `Invalid` or a kind of it, field by field."""
    row = TenantAIProvider(provider_name=provider_name, created_by=by.user_id)
    _assign(row, fields)
    _set_key(row, api_key)
    row.name = row.name or _default_name(row)
    _check(row)
    with transaction.atomic():
        row.save()
        audit.record(
            by=by,
            action="ai_provider.create",
            target=row.id,
            data={"name": row.name, "provider_name": row.provider_name},
        )
    return row


def update(*, by: Principal, provider: TenantAIProvider, **changes: Any) -> TenantAIProvider:  # noqa: ANN401 -- same
    """Change some of a provider's fields. Raises `KeyRequiredForNewAddress`, `Invalid` or a kind of it."""
    seen, before = provider.updated_at, (provider.provider_name, provider.base_url)
    _assign(provider, {name: value for name, value in changes.items() if name != "api_key"})
    moved = before != (provider.provider_name, provider.base_url)
    if "api_key" in changes:
        _set_key(provider, changes["api_key"])
    elif moved and provider.provider_name == ProviderName.BUILTIN:
        _set_key(provider, None)
    elif moved and provider.has_api_key:
        raise KeyRequiredForNewAddress(errors={"api_key": [_("Enter the key again: it goes to a new address.")]})
    provider.name = provider.name or _default_name(provider)
    _check(provider)
    with transaction.atomic():
        # A key and an address that came in two requests at once must not meet in one row.
        if not TenantAIProvider.objects.select_for_update().filter(id=provider.id, updated_at=seen).exists():
            raise ChangedMeanwhile
        provider.save(force_update=True)
        audit.record(
            by=by,
            action="ai_provider.update",
            target=provider.id,
            data={"name": provider.name, "changed": sorted(changes)},
        )
    return provider


def delete(*, by: Principal, provider: TenantAIProvider) -> None:
    """Raises `ProviderInUse` while a bot answers with it, or a dataset is embedded by it."""
    target = provider.id
    try:
        with transaction.atomic():
            provider.delete()
            audit.record(by=by, action="ai_provider.delete", target=target, data={"name": provider.name})
    except (ProtectedError, IntegrityError) as error:  # the latter where a bot came at the same moment
        raise ProviderInUse(_("Bots or datasets use this provider. Give them another one first.")) from error


def try_out(*, by: Principal, provider: TenantAIProvider, model: str = "") -> ProbeResult:
    """Really ask the provider, and remember how it went. No connection to the database is held meanwhile."""
    chosen, asked = model or _model_to_try(provider), False
    try:
        ref = ref_of(provider)
        asked = True
        if not connection.in_atomic_block:
            connection.close()
        result = async_to_sync(registry.probe)(ref, model=chosen)
    except ProviderError as error:
        result = ProbeResult(ok=False, code=error.code, detail=error.owner_detail, model=chosen, latency_ms=0)
    with transaction.atomic():
        if asked:
            book([_tried(provider, result)])
        provider.last_tested_at = timezone.now()
        TenantAIProvider.objects.filter(id=provider.id).update(
            last_tested_at=provider.last_tested_at, last_test_code=result.code or "ok", last_test_detail=result.detail
        )
        audit.record(
            by=by,
            action="ai_provider.test",
            target=provider.id,
            data={"name": provider.name, "code": result.code or "ok"},
        )
    return result


def models(*, provider: TenantAIProvider) -> list[str]:
    """The models that the provider has for this key, asked for now. Raises `ProviderError`, in the owner's words."""
    try:
        ref = ref_of(provider)
        if not connection.in_atomic_block:
            connection.close()
        return async_to_sync(registry.models)(ref)
    except ProviderError as error:
        error.detail = error.owner_detail
        raise


def _tried(provider: TenantAIProvider, result: ProbeResult) -> Call:
    return Call(
        provider_id=provider.id, provider_name=provider.provider_name, model=result.model, purpose=Purpose.TEST,
        prompt_tokens=result.prompt_tokens, completion_tokens=result.completion_tokens, cost_usd=result.cost_usd,
        outcome=result.code or "ok", latency_ms=result.latency_ms,
    )  # fmt: skip


def book(calls: Sequence[Call]) -> None:
    """Write calls to models into the current tenant's ledger. They are no deeds of a person, so nothing is audited."""
    ModelCall.objects.bulk_create([_row(call) for call in calls])


def _row(call: Call) -> ModelCall:
    """Names and counts are as the provider told them, whatever it told: they are made to fit."""
    row = ModelCall(**asdict(call))
    row.model = call.model.replace("\x00", "").encode("utf-8", "replace").decode()[:200]
    for count in ("prompt_tokens", "completion_tokens", "latency_ms"):
        setattr(row, count, min(max(0, getattr(call, count)), MOST_COUNTED))
    if row.cost_usd is not None:
        row.cost_usd = min(max(Decimal(0), row.cost_usd), DEAREST)
    return row


def rotate_secrets() -> Counter[str]:
    """Re-encrypt every tenant's keys under the first of the operator's; answers how many were `rotated`, `kept` or
    found `unreadable`. Row by row, so that it can be stopped anywhere and run again."""
    counts: Counter[str] = Counter()
    for tenant in Tenant.objects.order_by("created_at", "id"):
        with context.entered(tenant.ref):
            ids = list(TenantAIProvider.objects.exclude(api_key="").order_by("id").values_list("id", flat=True))
            counts.update(_rotate(provider_id, tenant.id) for provider_id in ids)
    return counts


def _rotate(provider_id: UUID, tenant_id: UUID) -> str:
    with transaction.atomic():
        row = TenantAIProvider.objects.select_for_update().filter(id=provider_id).exclude(api_key="").first()
        if row is None or vault.is_current(row.api_key):
            return "kept"
        try:
            row.api_key = vault.rotated(row.api_key, tenant_id=tenant_id)
        except vault.Unreadable:
            return "unreadable"
        row.save(update_fields=["api_key", "updated_at"])
    return "rotated"


def _assign(row: TenantAIProvider, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.base_url = (row.base_url or "").strip().rstrip("/") or None


def _set_key(row: TenantAIProvider, key: str | None) -> None:
    key = (key or "").strip()
    row.key_hint = vault.hint(key)
    row.api_key = vault.encrypt(key, tenant_id=context.current().id) if key else ""


def _default_name(row: TenantAIProvider) -> str:
    offered = global_provider(row.global_ai_provider_id)
    if offered is not None:
        return offered.name
    if row.provider_name not in ProviderName.values:
        return ""
    with translation.override(settings.LANGUAGE_CODE):  # it is kept, and is no one reader's
        return str(ProviderName(row.provider_name).label)


def _check(row: TenantAIProvider) -> None:
    """What must be true of a provider, whichever way it came to be so."""
    if row.provider_name not in ProviderName.values:
        raise Invalid(errors={"provider_name": [_("One of %(known)s.") % {"known": ", ".join(ProviderName.values)}]})
    kind = ProviderName(row.provider_name)
    _check_offer(row)
    _check_settings(kind, row.custom_settings)
    if kind.needs_key and not row.has_api_key:
        raise KeyRequired(
            _("%(kind)s needs a key.") % {"kind": kind.label}, errors={"api_key": [_("A key is needed.")]}
        )
    if kind is ProviderName.BUILTIN and (row.has_api_key or row.base_url):
        raise Invalid(
            _("The built-in provider takes neither a key nor an address."),
            errors={"provider_name": [_("It runs here and needs neither.")]},
        )
    if kind.needs_address and not row.base_url:
        raise Invalid(_("Say where this provider is."), errors={"base_url": [_("An address is needed.")]})
    if row.base_url:
        _check_address(row.base_url)


def _check_offer(row: TenantAIProvider) -> None:
    if row.global_ai_provider_id is None:
        return
    offered = global_provider(row.global_ai_provider_id)
    if offered is None:
        raise Invalid(errors={"global_ai_provider_id": [_("There is no such provider on offer.")]})
    if offered.provider_type != row.provider_name:
        raise Invalid(
            errors={
                "provider_name": [
                    _("%(name)s is of the kind %(kind)s.") % {"name": offered.name, "kind": offered.provider_type}
                ]
            }
        )


def _check_settings(kind: ProviderName, settings: dict[str, Any]) -> None:
    unknown = parameters.unknown(kind, settings)
    wrong = {
        f"custom_settings.{name}": [_("A whole number, 1 at least; leave it out for no limit.")]
        for name in BUDGETS
        if name in settings and (type(settings[name]) is not int or settings[name] < 1)
    }
    if unknown or wrong:
        raise Invalid(errors={**unknown, **wrong})


def _check_address(url: str) -> None:
    try:
        outbound.check_url(url)
    except Invalid as error:
        error.errors = {"base_url": [error.detail]}
        raise


def _model_to_try(row: TenantAIProvider) -> str:
    """The provider's own default, or the first that the operator's offer names."""
    offered = global_provider(row.global_ai_provider_id)
    models = offered.config.get("models") if offered is not None else None
    first = models[0] if isinstance(models, list) and models else ""
    return str(row.custom_settings.get("default_model") or first)
