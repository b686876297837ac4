"""The tenant is settled at the door and fails closed."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import pytest
from celery import shared_task
from celery.exceptions import Reject
from django.db import connection

from tenants import context, keys
from tenants.models import Tenant
from tenants.tasks import TenantTask
from tenants.types import TenantRef


@shared_task(base=TenantTask)
def where() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def test_code_that_needs_a_tenant_raises_without_one() -> None:
    with pytest.raises(context.NoTenant):
        context.current()


def test_entering_sets_tenant_and_schema_and_restores_both(acme: TenantRef, globex: TenantRef) -> None:
    with context.entered(globex):
        assert (context.current(), _schema()) == (globex, globex.schema)
    assert (context.current(), _schema()) == (acme, acme.schema)


def test_an_exception_inside_restores_too(acme: TenantRef, globex: TenantRef) -> None:
    with pytest.raises(RuntimeError), context.entered(globex):
        raise RuntimeError
    assert (context.current(), _schema()) == (acme, acme.schema)


def test_another_thread_starts_outside_of_any_tenant(acme: TenantRef) -> None:
    found: list[Any] = []

    def look() -> None:
        found.append(connection.schema_name)  # type: ignore[attr-defined]  # set by django-tenants
        with pytest.raises(context.NoTenant):
            context.current()
        found.append("raised")

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == ["public", "raised"]


def test_a_task_runs_in_its_tenant(acme: TenantRef, globex: TenantRef) -> None:
    assert where(tenant_id=str(globex.id)) == globex.schema
    assert _schema() == acme.schema


@pytest.mark.django_db
@pytest.mark.parametrize("kwargs", [{}, {"tenant_id": ""}, {"tenant_id": str(uuid4())}])
def test_a_task_without_a_live_tenant_is_refused(kwargs: dict[str, str]) -> None:
    with pytest.raises(Reject):
        where(**kwargs)


def test_a_task_of_a_suspended_tenant_is_refused(globex: TenantRef) -> None:
    Tenant.objects.filter(id=globex.id).update(is_active=False)
    with pytest.raises(Reject):
        where(tenant_id=str(globex.id))


def test_keys_begin_with_the_tenant_and_need_parts(globex: TenantRef) -> None:
    assert keys.redis_key(globex, "key", 1) == f"t:{globex.id}:key:1"
    assert keys.file_key(globex, "documents", "ab") == f"t/{globex.id}/documents/ab"
    for bad in [(), ("",)]:
        with pytest.raises(ValueError, match="key needs parts"):
            keys.redis_key(globex, *bad)
    for bad_name in ["..", "a/b", ".hidden"]:
        with pytest.raises(ValueError, match="plain names"):
            keys.file_key(globex, bad_name)
