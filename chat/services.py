"""What may be done to a conversation beside talking in it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from chat.enums import Role
from chat.errors import MessageNotFound
from chat.models import Conversation, Feedback, Message


def give_feedback(*, conversation: Conversation, message_id: UUID, rating: str, comment: str = "") -> Feedback:
    """What the customer thinks of an answer; a second opinion replaces the first. Raises `MessageNotFound`."""
    with transaction.atomic():
        message = Message.objects.filter(conversation=conversation, id=message_id, role=Role.ASSISTANT).first()
        if message is None:
            raise MessageNotFound
        feedback, _ = Feedback.objects.update_or_create(
            message=message, defaults={"rating": rating, "comment": comment}
        )
    return feedback
