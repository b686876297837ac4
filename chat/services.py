"""Talking, what else may be done to a conversation, and asking a bot its tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from bots import selectors as bots
from bots import services as tests
from bots.models import TestCase, TestRun
from chat import selectors
from chat.enums import Role, Status
from chat.errors import MessageNotFound
from chat.models import Conversation, Feedback, Message
from chat.tasks import run_tests, tell_of_escalation
from chat.testing import saved
from chat.turn import hop, pipeline
from chat.turn.types import Answer, Listener
from tenants.tasks import enqueue_on_commit, ring
from tenants.types import Principal


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


def start_tests(*, by: Principal, bot_id: UUID, set_id: UUID, version: int | None = None) -> TestRun:
    """A run of a bot's test set against its draft or a version, and a worker called for it."""
    with transaction.atomic():
        run = tests.begin_run(by=by, bot_id=bot_id, set_id=set_id, version=version)
        enqueue_on_commit(run_tests, run_id=str(run.id))
    return run


def save_as_case(*, by: Principal, conversation_id: UUID, message_id: UUID, given: Mapping[str, Any]) -> TestCase:
    """A turn of a conversation as a case of one of its bot's test sets (`test_set_id`); what else is `given` goes
    before what the answer was. Raises `NotFound`."""
    conversation = selectors.conversation(conversation_id, by=by)
    found = saved.case_of(list(conversation.messages.all()), message_id)
    if found is None:
        raise MessageNotFound("There is no such turn in this conversation.")
    fields = dict(given)
    test_set = bots.one_test_set(bot_id=conversation.bot_id, set_id=fields.pop("test_set_id"))
    if fields.get("expect", found["expect"]) != "answer":
        found = {name: value for name, value in found.items() if not name.startswith("expected_")}
    return tests.create_case(by=by, bot_id=conversation.bot_id, set_id=test_set.id, **{**found, **fields})
