"""What happens in the background: telling people of conversations, deleting old ones, asking bots their tests."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.utils.log import get_task_logger
from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from chat.enums import Status
from chat.gaps import gathering, reading
from chat.handover import calling, reaching
from chat.models import Conversation
from chat.testing import queue, runner
from tenants import context, words
from tenants.keys import redis_key
from tenants.selectors import audit_settings, live_tenants
from tenants.tasks import TenantTask, ring

log = get_task_logger(__name__)
QUIET_SECONDS = 600


@shared_task
def purge() -> int:
    """Delete what was said longer ago than the operator keeps it, in every live tenant; answers how many talks."""
    oldest = timezone.now() - timedelta(days=audit_settings()["retention_days"])
    deleted = 0
    for tenant in live_tenants():
        try:
            with context.entered(tenant):
                _, by_model = Conversation.objects.filter(last_at__lt=oldest).delete()
                gathering.tidy()
        except DatabaseError:
            log.exception("Could not purge the conversations of %s.", tenant.slug)
            continue
        deleted += by_model.get(Conversation._meta.label, 0)
    return deleted


@shared_task(base=TenantTask)
def tell_of_escalation(*, conversation_id: str) -> int:
    """Write to those who want to know that a customer waits; answers to how many.

    What the customer said stays out of the mail. A stranger could call for people all day, so there is one mail a bot
    in ten minutes; the list of conversations has them all.
    """
    row = Conversation.objects.select_related("bot").filter(id=conversation_id, status=Status.ESCALATED).first()
    tenant = context.current()
    if row is None or not cache.add(redis_key(tenant, "escalation", row.bot_id), 1, timeout=QUIET_SECONDS):
        return 0
    people = calling.addresses()
    why = words.in_words(row.escalation_reason, "reason")
    for person in people:  # one mail each, so that nobody reads the others' addresses
        send_mail(
            subject=f"A customer of {row.bot.name} asks for a person",
            message=(
                f"{row.bot.name} has handed a conversation over ({why}).\n\n"
                f"{_page('conversation', row.id)}\n\n"
                f"All that wait: {_page('inbox')}"
            ),
            from_email=None,
            recipient_list=[person],
            fail_silently=True,
        )
    return len(people)


@shared_task(base=TenantTask)
def mail_answer(*, conversation_id: str) -> bool:
    """Send a person's answer to a customer who left; answers whether it was sent. Failures stay silent, since a mail
    server's words hold the address."""
    letter = reaching.take(UUID(conversation_id))
    if letter is None:
        return False
    sent = send_mail(letter.subject, letter.body, from_email=None, recipient_list=[letter.to], fail_silently=True)
    reaching.settle(UUID(conversation_id), letter, sent=bool(sent))
    return bool(sent)


@shared_task(expires=30)
def sweep_answers() -> int:
    """Ring in every tenant for the answers that are due at customers who left; answers for how many."""
    rung = 0
    for tenant in live_tenants():
        try:
            with context.entered(tenant):
                found = reaching.due()
                for conversation_id in found:
                    ring(mail_answer, conversation_id=str(conversation_id))
        except DatabaseError:
            log.exception("Could not look for answers of %s.", tenant.slug)
            continue
        rung += len(found)
    return rung


def _page(name: str, *ids: object) -> str:
    """The address of one of the tenant's pages, for a mail."""
    return settings.PUBLIC_URL.rstrip("/") + reverse(f"dashboard:{name}", args=(context.current().slug, *ids))


@shared_task(base=TenantTask)
def gather_gaps() -> bool:
    """Group what was asked and not answered; answers whether there is more, for which somebody is called at once."""
    more = gathering.gather()
    if more:
        ring(gather_gaps)
    return more


@shared_task(expires=240)
def sweep_gaps() -> int:
    """Ring in every tenant where something was asked and not answered; answers in how many."""
    rung = 0
    for tenant in live_tenants():
        try:
            with context.entered(tenant):
                if not reading.is_waiting():
                    continue
                ring(gather_gaps)
        except DatabaseError:
            log.exception("Could not look for gaps of %s.", tenant.slug)
            continue
        rung += 1
    return rung


@shared_task(base=TenantTask)
def run_tests(*, run_id: str) -> bool:
    """Ask the cases of a run for a while; answers whether somebody has to go on, who is called at once."""
    unfinished = runner.work(UUID(run_id))
    if unfinished:
        ring(run_tests, run_id=run_id)
    return unfinished


@shared_task(expires=30)
def sweep_tests() -> int:
    """Ring for every run that nobody works on, and end those that stop their workers; answers for how many it rang."""
    rung = 0
    for tenant in live_tenants():
        try:
            with context.entered(tenant):
                waiting = queue.sweep()
                for run_id in waiting:
                    ring(run_tests, run_id=str(run_id))
        except DatabaseError:  # one tenant's trouble is not the others'
            log.exception("Could not sweep the tests of %s.", tenant.slug)
            continue
        rung += len(waiting)
    return rung
