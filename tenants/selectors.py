"""Reads that the whole house shares: live tenants, routes of public ids, the operator's settings."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenants.errors import NotFound
from tenants.models import Membership, ModelPrice, Plan, SystemSetting, Tenant, TenantRoute, User
from tenants.types import TenantRef

AUDIT_LOGGING = "audit_logging"
AUDIT_DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "log_conversations": True,
    "log_knowledge_retrieval": True,
    "retention_days": 90,
}
_PRICES_KEPT = 60  # seconds


def live_tenant(tenant_id: UUID | str) -> TenantRef:
    """The tenant of this id; `NotFound` where there is none or it is suspended."""
    tenant = Tenant.objects.filter(id=tenant_id, is_active=True).first()
    if tenant is None:
        raise NotFound(_("There is no such tenant."))
    return tenant.ref


def live_tenants() -> list[TenantRef]:
    return [tenant.ref for tenant in Tenant.objects.filter(is_active=True).order_by("created_at", "id")]


def tenant_of(public_id: UUID) -> TenantRef:
    """The live tenant that owns a bot's public id; `NotFound` where there is none."""
    route = TenantRoute.objects.select_related("tenant").filter(id=public_id).first()
    if route is None or not route.tenant.is_active:
        raise NotFound(_("There is no such bot."))
    return route.tenant.ref


def is_suspended_for(public_id: UUID, origins: Sequence[str]) -> bool:
    """Whether this bot serves one of these web origins, and would if its tenant were not suspended."""
    return TenantRoute.objects.filter(id=public_id, tenant__is_active=False, origins__overlap=list(origins)).exists()


def any_route_serves(origins: Sequence[str]) -> bool:
    """Whether a bot of any live tenant serves one of these web origins."""
    return TenantRoute.objects.filter(tenant__is_active=True, origins__overlap=list(origins)).exists()


def membership(*, user: User, slug: str) -> Membership | None:
    """The user's place in the live tenant of this slug; `None` also where there is no such tenant."""
    rows = Membership.objects.select_related("tenant", "user")
    return rows.filter(user=user, user__is_active=True, tenant__slug=slug, tenant__is_active=True).first()


def memberships(user: User) -> QuerySet[Membership]:
    """The user's places in live tenants, by name."""
    rows = Membership.objects.select_related("tenant").filter(user=user, tenant__is_active=True)
    return rows.order_by("tenant__name", "tenant_id")


def plan_of(tenant: TenantRef) -> Plan:
    return Plan.objects.get(tenants__id=tenant.id)


def audit_settings() -> dict[str, Any]:
    """The audit setting, filled up with its defaults."""
    row = SystemSetting.objects.filter(key=AUDIT_LOGGING).first()
    return AUDIT_DEFAULTS | (row.value if row else {})


def model_prices(provider_name: str, kind: str) -> Mapping[str, tuple[Decimal, Decimal]]:
    """What the models of this kind of provider cost, by name: US dollars a million tokens, sent and answered.

    Kept in the process, since every question asks: a price that was changed counts after a minute at the latest.
    """
    return _prices(provider_name, str(kind), int(time.monotonic() // _PRICES_KEPT))


@lru_cache(maxsize=64)
def _prices(provider_name: str, kind: str, minute: int) -> Mapping[str, tuple[Decimal, Decimal]]:
    """`minute` is in the key alone: the next one asks anew."""
    rows = ModelPrice.objects.filter(provider_name=provider_name, kind=kind)
    return MappingProxyType({row.model: (row.prompt_usd, row.completion_usd) for row in rows})
