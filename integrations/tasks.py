"""What happens to the ledger of calls in the background: what is old is deleted."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import DatabaseError
from django.utils import timezone

from integrations.models import ModelCall
from tenants import context
from tenants.selectors import audit_settings, live_tenants

log = get_task_logger(__name__)


@shared_task
def purge_calls() -> int:
    """Delete the calls that are older than the operator keeps the audit, in every live tenant; answers how many."""
    oldest = timezone.now() - timedelta(days=audit_settings()["retention_days"])
    deleted = 0
    for tenant in live_tenants():
        try:
            with context.entered(tenant):
                count, _ = ModelCall.objects.filter(at__lt=oldest).delete()
        except DatabaseError:
            log.exception("Could not purge the calls to models of %s.", tenant.slug)
            continue
        deleted += count
    return deleted
