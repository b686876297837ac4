"""Celery tasks inside a tenant, and the way to ring for one.

A tenant's task carries `tenant_id` in its arguments and refuses to run without a live tenant: it never falls back to
the public schema. Tasks take ids, make one call, and are only a doorbell: the truth is in the database.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Reject
from celery.utils.log import get_task_logger
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from tenants import context
from tenants.errors import NotFound
from tenants.models import AuditEvent
from tenants.selectors import audit_settings, live_tenant

log = get_task_logger(__name__)


class TenantTask(Task):  # type: ignore[type-arg]  # Celery's class takes parameters in its stubs alone
    """Runs its body inside the tenant named by the keyword `tenant_id`."""

    abstract = True
    typing = False  # Celery would check the arguments against the body's, which never sees `tenant_id`

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- Celery's signature
        tenant_id = kwargs.pop("tenant_id", None)
        if not tenant_id:
            raise Reject("A tenant's task came without its tenant.", requeue=False)
        try:
            tenant = live_tenant(tenant_id)
        except NotFound as gone:
            raise Reject(f"The tenant {tenant_id} is gone or suspended.", requeue=False) from gone
        with context.entered(tenant):
            return super().__call__(*args, **kwargs)


def ring(task: Task, **kwargs: Any) -> None:  # type: ignore[type-arg]  # same  # noqa: ANN401 -- a task's own arguments
    """Enqueue now, for the current tenant. A broker that is down is logged: the sweeper rings again."""
    try:
        task.apply_async(kwargs={"tenant_id": str(context.current().id), **kwargs}, retry=False)
    except OSError as error:
        log.warning("Could not ring %s: %s", task.name, error)
    except task.OperationalError as error:
        log.warning("Could not ring %s: %s", task.name, error)


def enqueue_on_commit(task: Task, **kwargs: Any) -> None:  # type: ignore[type-arg]  # same  # noqa: ANN401 -- same
    """Enqueue for the current tenant once the transaction is through, or not at all."""
    tenant = context.current()

    def run() -> None:
        with context.entered(tenant):
            ring(task, **kwargs)

    transaction.on_commit(partial(run))


@shared_task
def purge_audit() -> int:
    """Delete the audit events that are older than the operator keeps them; answers how many."""
    oldest = timezone.now() - timedelta(days=audit_settings()["retention_days"])
    deleted, _ = AuditEvent.objects.filter(at__lt=oldest).delete()
    return deleted


@shared_task
def purge_sessions() -> int:
    """Delete the sessions of pages that are over; answers how many."""
    deleted, _ = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return deleted
