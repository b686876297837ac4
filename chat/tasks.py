"""What happens to conversations on a schedule."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import DatabaseError
from django.utils import timezone

from chat.models import Conversation
from tenants import context
from tenants.selectors import audit_settings, live_tenants

log = get_task_logger(__name__)


@shared_task
def purge() -> int:
    """Delete what was said longer ago than the operator keeps it, in every live tenant; answers how many talks."""
    oldest = timezone.now() - timedelta(days=audit_settings()["retention_days"])
    deleted = 0
    for tenant in live_tenants():
        try:
            with context.entered(tenant):
                _, by_model = Conversation.objects.filter(last_at__lt=oldest).delete()
        except DatabaseError:
            log.exception("Could not purge the conversations of %s.", tenant.slug)
            continue
        deleted += by_model.get(Conversation._meta.label, 0)
    return deleted
