"""The doorbell of ingestion. What there is to do stands in the tables; ringing twice does no harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db import DatabaseError, transaction

from knowledge.ingest import attempt, files, imports, moves, pipeline, queue, turns
from knowledge.ingest.turns import Turn
from knowledge.models import Document, SpaceChange, WebImport, Work
from knowledge.search import index
from tenants import context
from tenants.errors import NotFound
from tenants.selectors import live_tenant, live_tenants
from tenants.types import TenantRef

_WORK: Final[dict[type[Work], Callable[[queue.Lease, Turn], None]]] = {
    Document: pipeline.run,
    WebImport: imports.run,
    SpaceChange: moves.run,
}
log = get_task_logger(__name__)


@shared_task
def take_turn() -> None:
    """Serve the tenant whose turn it is; where more waits, somebody else is called before the work begins."""
    tenant_id = turns.take()
    if tenant_id is None:
        return
    try:
        tenant = live_tenant(tenant_id)
    except NotFound:
        return
    with context.entered(tenant):
        serve()
        if queue.has_due():
            ring()


def serve() -> bool:
    """Do one piece of the current tenant's work; answers whether there was any."""
    claim = queue.claim_next()
    if claim is None:
        return False
    if queue.has_due():
        ring()
    turn = Turn(context.current())
    try:
        attempt.at(claim, lambda lease: _WORK[claim.kind](lease, turn))
    finally:
        turn.end()
    return True


def ring() -> None:
    """The current tenant waits for its turn. A broker that is down is logged: the sweep rings again."""
    if turns.join(context.current()):
        _send()


def ring_on_commit() -> None:
    tenant = context.current()

    def run() -> None:
        with context.entered(tenant):
            ring()

    transaction.on_commit(run)


@shared_task(expires=20)
def sweep() -> int:
    """Ring for every live tenant where something waits unheard or was left by its worker; answers for how many."""
    return _sweep(live_tenants())


@shared_task(expires=5)
def sweep_recent() -> int:
    """As `sweep`, for the tenants that were served lately: where a worker died, the next takes over soon."""
    recent = turns.recent()
    return _sweep(tenant for tenant in live_tenants() if tenant.id in recent) if recent else 0


@shared_task
def tidy() -> None:
    """Delete what nothing names any more: files and vectors that an interruption left behind."""
    for tenant in live_tenants():
        with context.entered(tenant):
            files.drop_strays()
            moves.drop_strays()


@shared_task(expires=600)
def tend_indexes() -> int:
    """Build, drop and mend the search indexes of every live tenant; answers how many were built."""
    built = 0
    for tenant in live_tenants():
        with context.entered(tenant):
            built += index.tend_all()
    return built


def _sweep(tenants: Iterable[TenantRef]) -> int:
    waiting = sum(_look_after(tenant) for tenant in tenants)
    for _ in range(turns.unheard()):
        _send()
    return waiting


def _look_after(tenant: TenantRef) -> bool:
    try:
        with context.entered(tenant):
            if queue.is_idle():
                return False
            queue.fail_exhausted()
            if not queue.has_due():
                return False
            ring()
            return True
    except DatabaseError:  # one tenant's trouble is not the others'
        log.exception("Could not sweep the tenant %s", tenant.id)
        return False


def _send() -> None:
    try:
        take_turn.apply_async(queue=turns.QUEUE, retry=False)
    except (OSError, take_turn.OperationalError) as error:
        log.warning("Could not call a worker: %s", error)
