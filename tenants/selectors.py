"""Reads that the whole house shares: live tenants, routes of public ids, the operator's settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tenants.errors import NotFound
from tenants.models import Plan, SystemSetting, Tenant, TenantRoute
from tenants.types import TenantRef

AUDIT_LOGGING = "audit_logging"
AUDIT_DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "log_conversations": True,
    "log_knowledge_retrieval": True,
    "retention_days": 90,
}


def live_tenant(tenant_id: UUID | str) -> TenantRef:
    """The tenant of this id; `NotFound` where there is none or it is suspended."""
    tenant = Tenant.objects.filter(id=tenant_id, is_active=True).first()
    if tenant is None:
        raise NotFound("There is no such tenant.")
    return tenant.ref


def live_tenants() -> list[TenantRef]:
    return [tenant.ref for tenant in Tenant.objects.filter(is_active=True).order_by("created_at", "id")]


def tenant_of(public_id: UUID) -> TenantRef:
    """The live tenant that owns a bot's public id; `NotFound` where there is none."""
    route = TenantRoute.objects.select_related("tenant").filter(id=public_id).first()
    if route is None or not route.tenant.is_active:
        raise NotFound("There is no such bot.")
    return route.tenant.ref


def any_route_serves(origins: Sequence[str]) -> bool:
    """Whether a bot of any live tenant serves one of these web origins."""
    return TenantRoute.objects.filter(tenant__is_active=True, origins__overlap=list(origins)).exists()


def plan_of(tenant: TenantRef) -> Plan:
    return Plan.objects.get(tenants__id=tenant.id)


def audit_settings() -> dict[str, Any]:
    """The audit setting, filled up with its defaults."""
    row = SystemSetting.objects.filter(key=AUDIT_LOGGING).first()
    return AUDIT_DEFAULTS | (row.value if row else {})
