"""Talking, and what else may be done to a conversation."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from chat.enums import Role, Status
from chat.errors import MessageNotFound
from chat.models import Conversation, Feedback, Message
from chat.tasks import tell_of_escalation
from chat.turn import hop, pipeline
from chat.turn.types import Answer, Listener
from tenants.tasks import ring


async def talk(*, begun: pipeline.Begun, listener: Listener | None = None) -> Answer:
    """The bot's answer, said piece by piece to a `listener`. Where it hands over to a person, the people of the tenant
    are told. Raises `ProviderError` where nobody could be asked."""
    answer = await pipeline.run(begun=begun, listener=listener)
    if answer.calls:
        tenant = begun.turn.profile.tenant
        await hop.inside(tenant, ring, tell_of_escalation, conversation_id=str(answer.conversation_id))
    return answer


def end(*, conversation: Conversation) -> None:
    """The customer is done; nothing more can be said in this session. Ending it twice is no error."""
    conversation.status = Status.CLOSED
    conversation.save(update_fields=["status"])


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
