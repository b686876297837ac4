"""Reads of providers. The only place where a stored key is opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import (
    CharField,
    Count,
    DecimalField,
    Expression,
    F,
    Max,
    Model,
    OuterRef,
    ProtectedError,
    Q,
    QuerySet,
    RestrictedError,
    Subquery,
    Sum,
    Value,
)
from django.db.models.deletion import Collector
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.utils.translation import gettext as _

from integrations import vault
from integrations.enums import Purpose
from integrations.errors import ProviderInactive, ProviderKeyUnreadable
from integrations.models import ModelCall, TenantAIProvider
from integrations.types import Price, ProviderRef
from tenants import context
from tenants.enums import PriceKind
from tenants.errors import NotFound
from tenants.models import GlobalAIProvider
from tenants.selectors import model_prices


def provider(provider_id: UUID) -> TenantAIProvider:
    """The current tenant's provider of this id; `NotFound` where there is none."""
    found = TenantAIProvider.objects.filter(id=provider_id).first()
    if found is None:
        raise NotFound(_("There is no such AI provider."))
    return found


def provider_ref(provider_id: UUID) -> ProviderRef:
    """The provider, ready to be asked. Raises `NotFound`, `ProviderInactive`, `ProviderKeyUnreadable`."""
    row = provider(provider_id)
    if not row.is_active:
        raise ProviderInactive
    return ref_of(row)


def ref_of(row: TenantAIProvider) -> ProviderRef:
    """A row with its key opened, active or not. Raises `ProviderKeyUnreadable`."""
    try:
        key = vault.decrypt(row.api_key, tenant_id=context.current().id) if row.api_key else ""
    except vault.Unreadable as error:
        raise ProviderKeyUnreadable from error
    return ProviderRef(
        id=row.id,
        name=row.provider_name,
        base_url=row.base_url,
        api_key=key,
        settings=row.custom_settings,
        label=row.name,
        prices=chat_prices(row.provider_name),
    )


def chat_prices(provider_name: str) -> Mapping[str, Price]:
    """What this kind's chat models cost, by name; up to a minute old."""
    return _prices(provider_name, PriceKind.CHAT)


def embedding_prices(provider_name: str) -> Mapping[str, Price]:
    """What this kind's embedding models cost, by name; up to a minute old."""
    return _prices(provider_name, PriceKind.EMBEDDING)


def _prices(provider_name: str, kind: PriceKind) -> Mapping[str, Price]:
    return {model: Price(*pair) for model, pair in model_prices(provider_name, kind).items()}


def offers() -> QuerySet[GlobalAIProvider]:
    """What the operator offers to every tenant."""
    return GlobalAIProvider.objects.filter(is_active=True).order_by("-is_default", "name", "id")


def global_provider(provider_id: UUID | None) -> GlobalAIProvider | None:
    """The operator's provider of this id, if it is active."""
    return GlobalAIProvider.objects.filter(id=provider_id, is_active=True).first() if provider_id else None


def holders(row: TenantAIProvider) -> list[Model]:
    """What keeps the provider from being deleted: bots, and models that documents are embedded with."""
    try:
        Collector(using=DEFAULT_DB_ALIAS, origin=row).collect([row])
    except (ProtectedError, RestrictedError) as error:
        held = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        owners = {getattr(each, "bot", each) for each in held}  # what belongs to a bot holds on the bot's behalf
        return sorted(owners, key=lambda each: (each._meta.model_name or "", str(each)))
    return []


_TEXT = CharField()
_LABEL = Subquery(TenantAIProvider.objects.filter(id=OuterRef("provider_id")).values("name")[:1], output_field=_TEXT)
# What calls are summed up by, and what a person calls that.
_KEYS: dict[str, tuple[Expression | F, Expression | F]] = {
    "day": (Cast(TruncDate("at", tzinfo=UTC), _TEXT), Cast(TruncDate("at", tzinfo=UTC), _TEXT)),
    "model": (F("model"), F("model")),
    "provider": (Coalesce(Cast("provider_id", _TEXT), "provider_name"), Coalesce(_LABEL, "provider_name")),
    "purpose": (F("purpose"), F("purpose")),
}
_MONEY = DecimalField(max_digits=20, decimal_places=8)
# A call that failed before a token was counted costs nothing, whatever its model.
_UNPRICED = Q(cost_usd=None) & (Q(outcome="ok") | Q(prompt_tokens__gt=0) | Q(completion_tokens__gt=0))
_SUMS: dict[str, Expression | Count] = {
    "calls": Count("id"),
    "failed": Count("id", filter=~Q(outcome="ok")),
    "unpriced_calls": Count("id", filter=_UNPRICED),
    "prompt_tokens": Coalesce(Sum("prompt_tokens"), 0),
    "completion_tokens": Coalesce(Sum("completion_tokens"), 0),
    "cost_usd": Coalesce(Sum("cost_usd"), Value(0), output_field=_MONEY),
}


def calls(*, since: datetime, until: datetime | None = None) -> QuerySet[ModelCall]:
    """The current tenant's calls to models from `since` on and before `until`."""
    rows = ModelCall.objects.filter(at__gte=since)
    return rows.filter(at__lt=until) if until else rows


def usage(rows: QuerySet[ModelCall], *, by: str) -> QuerySet[ModelCall, Any]:
    """Calls summed up by `day` (in UTC), `model`, `provider` or `purpose`; `cost_usd` is of those with a price."""
    key, name = _KEYS[by]
    return rows.values(key=key, name=name).annotate(**_SUMS).order_by("key", "name")


def totals(rows: QuerySet[ModelCall]) -> dict[str, Any]:
    return rows.aggregate(**_SUMS)


def reliability(*, since: datetime) -> dict[UUID, tuple[int, int]]:
    """By provider: how many calls there were since then, and how many of them failed. Tests do not count."""
    rows = _in_earnest(since).values("provider_id").annotate(calls=Count("id"), failed=_SUMS["failed"])
    return {row["provider_id"]: (row["calls"], row["failed"]) for row in rows if row["provider_id"]}


def failures(provider_id: UUID, *, since: datetime) -> QuerySet[ModelCall, Any]:
    """How often each way of failing happened, and when last."""
    rows = _in_earnest(since).filter(provider_id=provider_id).exclude(outcome="ok")
    return rows.values("outcome").annotate(times=Count("id"), last=Max("at")).order_by("-times", "outcome")


def last_test(provider_id: UUID) -> ModelCall | None:
    """The last time that somebody tried the provider out, as the ledger has it."""
    return ModelCall.objects.filter(provider_id=provider_id, purpose=Purpose.TEST).order_by("-at").first()


def _in_earnest(since: datetime) -> QuerySet[ModelCall]:
    return calls(since=since).exclude(purpose=Purpose.TEST)
