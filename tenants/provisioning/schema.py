"""A tenant's schema: made and migrated, or dropped, inside the caller's transaction.

PostgreSQL's DDL is transactional, so a failing migration takes the schema and the tenant's rows away with it, and so
does a process killed in the middle.
"""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection

from tenants.models import Tenant


def create(tenant: Tenant) -> None:
    """Create the schema and bring it to the newest migration. Must run inside a transaction."""
    before = connection.tenant  # type: ignore[attr-defined]  # set by django-tenants' backend
    name = connection.ops.quote_name(tenant.schema_name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {name}")
    try:
        call_command(
            "migrate_schemas",
            tenant=True,
            schema_name=tenant.schema_name,
            interactive=False,
            verbosity=0,
        )
    finally:
        connection.set_tenant(before)  # type: ignore[attr-defined]  # same


def drop(tenant: Tenant) -> None:
    """Drop the schema with all that is in it. Must run inside a transaction."""
    name = connection.ops.quote_name(tenant.schema_name)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
