"""The record of what operators and tenants do, written in the transaction of the deed itself."""

from __future__ import annotations

from typing import Any

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
