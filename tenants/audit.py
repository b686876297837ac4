"""The record of what operators and tenants do, written in the transaction of the deed itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from tenants.models import AuditEvent
from tenants.selectors import audit_settings
from tenants.types import Principal, TenantRef


def record(
    *,
    by: Principal,
    action: str,
    target: object = "",
    tenant: TenantRef | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write an event, unless the operator turned auditing off.

    `action` is `noun.verb`; `target` names what it was done to; `data` never holds a secret. The tenant is the
    caller's own unless another is named.
    """
    if not audit_settings()["enabled"]:
        return
    where = tenant or by.tenant
    AuditEvent.objects.create(
        tenant_id=where.id if where else None,
        actor_kind=by.kind,
        actor_id=by.user_id or by.key_id,
        actor=by.label,
        action=action,
        target=str(target)[:254],
        data=data or {},
    )


def events_of(
    tenant: TenantRef, *, actor: str = "", action: str = "", since: date | None = None, until: date | None = None
) -> QuerySet[AuditEvent]:
    """What was done in a tenant, the newest first; `since` and `until` are days of the reader's, both included."""
    rows = AuditEvent.objects.filter(tenant_id=tenant.id)
    if actor:
        rows = rows.filter(actor__icontains=actor)
    if action:
        rows = rows.filter(action=action)
    if since:
        rows = rows.filter(at__gte=_midnight(since))
    if until:
        rows = rows.filter(at__lt=_midnight(until) + timedelta(days=1))
    return rows.order_by("-at", "id")


def actions_of(tenant: TenantRef) -> list[str]:
    """The kinds of deeds that are on record."""
    rows = AuditEvent.objects.filter(tenant_id=tenant.id).order_by("action")
    return list(rows.values_list("action", flat=True).distinct())


def kept_days() -> int:
    """How long the record is kept, as the operator set it."""
    return int(audit_settings()["retention_days"])


def _midnight(day: date) -> datetime:
    day = min(max(day, date(1900, 1, 1)), date(9999, 12, 1))  # beyond them there is no room for a time zone
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
