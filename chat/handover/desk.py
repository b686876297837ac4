"""A person has a conversation: takes it, answers in it, hands it back to the bot or closes it.

In: who acts, and which conversation. Out: the conversation as it is then. Each deed locks the row that a turn of talk
locks when it is put on record, so two people never have one conversation, and no message takes another's place. An
answer that the bot was giving when somebody took over is kept: its customer has read it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import selectors
from chat.enums import Role, Status
from chat.errors import ConversationClosed, ConversationsNotKept, ConversationTaken, NotAtThisDesk
from chat.handover import reaching
from chat.models import Conversation, Message
from tenants import audit
from tenants.enums import Role as Place
from tenants.errors import Invalid, NotFound
from tenants.models import User
from tenants.types import Principal

ANSWER_CHARACTERS = 10_000


def take(*, by: Principal, conversation_id: UUID, anyway: bool = False) -> Conversation:
    """The bot is silent from here on. Taking one's own again changes nothing; a colleague's is taken only `anyway`.
    Raises `ConversationClosed`, `ConversationTaken`, `ConversationsNotKept`."""
    if not selectors.is_kept():
        raise ConversationsNotKept
    with transaction.atomic():
        row = _locked(conversation_id)
        if row.status == Status.WITH_PERSON and row.taken_by == by.user_id:
            return row
        if row.status == Status.WITH_PERSON and not anyway:
            raise ConversationTaken(_("%(name)s has this conversation.") % {"name": row.taken_by_name})
        data = {"from": row.taken_by_name} if row.taken_by else {}
        row.status, row.taken_by, row.taken_by_name = Status.WITH_PERSON, by.user_id, _name_of(by)
        row.save(update_fields=["status", "taken_by", "taken_by_name"])
        audit.record(by=by, action="conversation.take", target=row.id, data=data)
    return row


def reply(*, by: Principal, conversation_id: UUID, content: str) -> Message:
    """What a person writes to the customer. Raises `NotAtThisDesk` where somebody else, or nobody, has the talk."""
    said = content.strip()
    if not said or len(said) > ANSWER_CHARACTERS:
        raise Invalid(errors={"content": [_("Between 1 and %(most)s characters.") % {"most": ANSWER_CHARACTERS}]})
    if not selectors.is_kept():
        raise ConversationsNotKept
    with transaction.atomic():
        row = _locked(conversation_id)
        _check_mine(row, by)
        now = timezone.now()
        message = Message.objects.create(
            conversation=row, position=row.messages.count(), role=Role.PERSON, content=said, created_at=now,
            author_id=by.user_id, author_name=_name_of(by),
        )  # fmt: skip
        row.last_at, row.waiting_since = now, None
        reaching.expect(row, position=message.position, now=now)
        row.save(update_fields=["last_at", "waiting_since", *reaching.FIELDS])
        audit.record(by=by, action="conversation.reply", target=row.id, data={"message": str(message.id)})
    return message


def hand_back(*, by: Principal, conversation_id: UUID) -> Conversation:
    """The bot answers again, and knows what the person said. Whoever administers may hand back a colleague's."""
    with transaction.atomic():
        row = _locked(conversation_id)
        _check_mine(row, by, or_administers=True)
        _leave(row, status=Status.OPEN)
        audit.record(by=by, action="conversation.hand_back", target=row.id)
    return row


def close(*, by: Principal, conversation_id: UUID) -> Conversation:
    """Nothing more can be said. Closing twice is no error; one that a colleague has is theirs to close."""
    with transaction.atomic():
        row = _locked(conversation_id, or_closed=True)
        if row.status == Status.CLOSED:
            return row
        if row.status == Status.WITH_PERSON:
            _check_mine(row, by, or_administers=True)
        _leave(row, status=Status.CLOSED)
        audit.record(by=by, action="conversation.close", target=row.id)
    return row


def end(*, conversation: Conversation) -> None:
    """The customer is done, whoever has the talk."""
    with transaction.atomic():
        row = _locked(conversation.id, or_closed=True)
        _leave(row, status=Status.CLOSED)
    conversation.status = row.status


def _locked(conversation_id: UUID, *, or_closed: bool = False) -> Conversation:
    row = Conversation.objects.select_for_update().filter(id=conversation_id).first()
    if row is None:
        raise NotFound(_("There is no such conversation."))
    if row.status == Status.CLOSED and not or_closed:
        raise ConversationClosed
    return row


def _check_mine(row: Conversation, by: Principal, *, or_administers: bool = False) -> None:
    if row.status == Status.WITH_PERSON:
        if row.taken_by == by.user_id or (or_administers and by.role is not None and by.role.covers(Place.ADMIN)):
            return
        raise NotAtThisDesk(_("%(name)s has this conversation.") % {"name": row.taken_by_name})
    raise NotAtThisDesk


def _leave(row: Conversation, *, status: Status) -> None:
    fields: dict[str, Any] = {"status": status, "taken_by": None, "taken_by_name": "", "waiting_since": None}
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=[*fields])


def _name_of(by: Principal) -> str:
    """As the customer reads it: a name, and never an address."""
    user = User.objects.filter(id=by.user_id).first() if by.user_id else None
    return (user.name if user and user.name else by.email.partition("@")[0])[:200]
