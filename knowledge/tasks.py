"""The doorbell of ingestion. What there is to do stands in the documents table; ringing twice does no harm."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import DatabaseError

from knowledge.ingest import pipeline, queue
from tenants import context
from tenants.selectors import live_tenants
from tenants.tasks import TenantTask, ring
from tenants.types import TenantRef

log = get_task_logger(__name__)


@shared_task(base=TenantTask)
def process_document(*, document_id: str) -> None:
    pipeline.run(UUID(document_id))


@shared_task(expires=30)
def sweep() -> int:
    """Ring for every document of every tenant that waits unheard or was left by its worker; answers for how many."""
    return sum(_sweep(tenant) for tenant in live_tenants())


def _sweep(tenant: TenantRef) -> int:
    try:
        with context.entered(tenant):
            if queue.is_idle():
                return 0
            queue.fail_exhausted()
            ids = queue.due()
            for document_id in ids:
                ring(process_document, document_id=str(document_id))
            return len(ids)
    except DatabaseError:  # one tenant's trouble is not the others'
        log.exception("Could not sweep the tenant %s", tenant.id)
        return 0
