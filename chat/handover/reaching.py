"""A customer who left is reached by mail.

In: where they may be reached, and what a person answered. Out: the mails that are due. An answer is due two minutes
after it was given, ten minutes after the last mail at the earliest, and no more once the customer has fetched the
conversation. The row says what is due, so that a mail comes whichever worker died; one that was being sent then may
come twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from bots import origins
from bots import selectors as bots
from chat import selectors
from chat.enums import Role, Status
from chat.errors import ConversationsNotKept, NobodyIsCalled
from chat.handover import letters
from chat.models import Conversation

AWAY = timedelta(minutes=2)
QUIET = timedelta(minutes=10)
GIVEN_UP = timedelta(hours=1)  # where the mail server takes no mail
FIELDS = ("unread_from", "mail_due_at")
WAITING = (Status.ESCALATED, Status.WITH_PERSON)


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    body: str
    lease: datetime
    oldest: datetime


def keep(*, conversation: Conversation, email: str) -> None:
    """The customer may be reached there. Raises `NobodyIsCalled` where no person is expected to answer."""
    if not selectors.is_kept():
        raise ConversationsNotKept
    if not Conversation.objects.filter(id=conversation.id, status__in=WAITING).update(contact_email=email):
        raise NobodyIsCalled
    conversation.contact_email = email


def expect(row: Conversation, *, position: int, now: datetime) -> None:
    """A person has answered: a mail is due unless the customer comes. Whoever calls saves `FIELDS`."""
    if not row.contact_email:
        return
    row.unread_from = position if row.unread_from is None else row.unread_from
    row.mail_due_at = max(now + AWAY, row.mailed_at + QUIET) if row.mailed_at else now + AWAY


def seen(conversation: Conversation) -> None:
    """The customer is there. Before the messages are read for them, so that no answer is missed."""
    if conversation.mail_due_at is not None:
        Conversation.objects.filter(id=conversation.id).update(unread_from=None, mail_due_at=None)


def due() -> list[UUID]:
    rows = Conversation.objects.filter(mail_due_at__lte=timezone.now()).order_by("mail_due_at")
    return list(rows.values_list("id", flat=True)[:200])


def take(conversation_id: UUID) -> Letter | None:
    """The mail that is due, which nobody else sends from here on; nothing where there is none."""
    now = timezone.now()
    with transaction.atomic():
        rows = Conversation.objects.select_for_update(of=("self",)).select_related("bot")
        row = rows.filter(id=conversation_id, mail_due_at__lte=now).exclude(contact_email="").first()
        if row is None:
            return None
        said = list(
            row.messages.filter(role=Role.PERSON, position__gte=row.unread_from or 0)
            .order_by("position")
            .values_list("content", "created_at")
        )
        row.mailed_at, row.mail_due_at = now, now + QUIET if said else None
        row.save(update_fields=["mailed_at", "mail_due_at"])
    return _letter(row, said) if said else None


def _letter(row: Conversation, said: Sequence[tuple[str, datetime]]) -> Letter:
    words = letters.words(str(row.metadata.get("language", "")))
    subject = " ".join(words["subject"].replace("{name}", row.bot.name).split())
    answer, address = "\n\n".join(content for content, _ in said), _address(row)
    parts = [words["intro"].replace("{name}", row.bot.name), answer]
    if address:
        parts.append(f"{words['link']}\n{address}")
    assert row.mail_due_at is not None
    return Letter(row.contact_email, subject, "\n\n".join(parts), row.mail_due_at, said[0][1])


def settle(conversation_id: UUID, letter: Letter, *, sent: bool) -> None:
    """One that was not sent is tried again for a while."""
    if sent or timezone.now() - letter.oldest > GIVEN_UP:
        mine = Q(id=conversation_id, mail_due_at=letter.lease)  # nobody answered and nobody looked meanwhile
        Conversation.objects.filter(mine).update(unread_from=None, mail_due_at=None)


def _address(row: Conversation) -> str:
    """Where the talk goes on: on the page that it was held on, if the bot's owner lists its website, or on the bot's
    own; the customer says which, so anything else is left out."""
    page = str(row.metadata.get("page", ""))
    if letters.is_page(page) and origins.matches(letters.origin_of(page), row.bot.allowed_domains):
        return page
    if row.bot.is_public and row.bot.is_active and bots.look(row.bot_id).has_page:
        return settings.PUBLIC_URL.rstrip("/") + reverse("chat-page", args=(row.bot_id,)) + "/"
    return ""
