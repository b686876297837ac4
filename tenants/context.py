"""The current tenant, and the only way into its schema.

django-tenants keeps the tenant on the thread's connection, which under ASGI is another thread's. So the tenant
travels in a ContextVar of ours, and database work enters the schema inside the function that does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

from tenants.types import TenantRef

_current: ContextVar[TenantRef | None] = ContextVar("tenant", default=None)


class NoTenant(RuntimeError):
    """Code that needs a tenant ran without one: a bug, never a visitor's fault."""


def current() -> TenantRef:
    """The tenant at work here; raises `NoTenant` where there is none."""
    tenant = _current.get()
    if tenant is None:
        raise NoTenant("This code needs a tenant and runs outside of any.")
    return tenant


@contextmanager
def entered(tenant: TenantRef) -> Iterator[TenantRef]:
    """Work inside `tenant`: its ContextVar and, on this thread's connection, its schema; both restored after."""
    before = connection.tenant  # type: ignore[attr-defined]  # set by django-tenants' backend
    token = _current.set(tenant)
    connection.set_schema(tenant.schema)  # type: ignore[attr-defined]  # same
    try:
        yield tenant
    finally:
        connection.set_tenant(before)  # type: ignore[attr-defined]  # same
        _current.reset(token)
