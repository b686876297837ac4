"""Talking, what else may be done to a conversation, and asking a bot its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from bots import selectors as bots
from bots import services as tests
from bots.models import TestCase, TestRun
from chat import selectors
from chat.analytics import export as transcripts
from chat.enums import Role
from chat.errors import MessageNotFound
from chat.gaps import gathering
from chat.gaps.settling import answer as answer_gap
from chat.gaps.settling import dismiss as dismiss_gap
from chat.gaps.settling import reopen as reopen_gap
from chat.gaps.settling import solve as solve_gap
from chat.handover import desk, reaching
from chat.handover.desk import close, hand_back, reply, take
from chat.models import Conversation, Feedback, Message
from chat.tasks import run_tests, tell_of_escalation
from chat.testing import saved
from chat.turn import hop, pipeline
from chat.turn.types import Answer, Listener
from tenants import audit, context
from tenants.tasks import enqueue_on_commit, ring
from tenants.types import Principal

__all__ = [
    "answer_gap", "close", "delete", "dismiss_gap", "end", "export", "give_feedback", "hand_back", "leave_contact",
    "reopen_gap", "reply", "save_as_case", "seen", "solve_gap", "start_tests", "take", "talk",
]  # fmt: skip


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
    desk.end(conversation=conversation)


def leave_contact(*, conversation: Conversation, email: str) -> None:
    """Where the customer may be reached when they leave. Raises `NobodyIsCalled`, `ConversationsNotKept`."""
    reaching.keep(conversation=conversation, email=email)


def seen(*, conversation: Conversation) -> None:
    """The customer reads it now, so that nothing goes to their e-mail."""
    reaching.seen(conversation)


def give_feedback(*, conversation: Conversation, message_id: UUID, rating: str, comment: str = "") -> Feedback:
    """What the customer thinks of an answer; a second opinion replaces the first. Raises `MessageNotFound`."""
    with transaction.atomic():
        message = Message.objects.filter(conversation=conversation, id=message_id, role=Role.ASSISTANT).first()
        if message is None:
            raise MessageNotFound
        feedback, _made = Feedback.objects.update_or_create(
            message=message, defaults={"rating": rating, "comment": comment, "created_at": timezone.now()}
        )
    return feedback


def delete(*, by: Principal, conversation_id: UUID) -> None:
    """With all that was said in it, and what was learned from it. Raises `NotFound`."""
    row = selectors.conversation(conversation_id, by=by, whole=False)
    with transaction.atomic():
        audit.record(by=by, action="conversation.delete", target=row.id, data={"bot": str(row.bot_id)})
        row.delete()
        gathering.tidy()


def export(*, by: Principal, asked: Mapping[str, Any], form: str) -> StreamingHttpResponse:
    """The conversations that fit, as a file that is written while it is read; what was taken along is on record."""
    tenant = context.current()
    found = transcripts.ids(by=by, asked=asked)
    audit.record(by=by, action="conversation.export", data={"conversations": len(found), "form": form})

    async def lines() -> AsyncIterator[bytes]:
        yield transcripts.head(form).encode()
        for batch in transcripts.batches(found):
            yield (await hop.inside(tenant, transcripts.text, batch, by=by, form=form)).encode()

    response = StreamingHttpResponse(lines(), content_type=transcripts.TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="conversations.{form}"'
    return response


def start_tests(*, by: Principal, bot_id: UUID, set_id: UUID, version: int | None = None) -> TestRun:
    """A run of a bot's test set against its draft or a version, and a worker called for it."""
    with transaction.atomic():
        run = tests.begin_run(by=by, bot_id=bot_id, set_id=set_id, version=version)
        enqueue_on_commit(run_tests, run_id=str(run.id))
    return run


def save_as_case(*, by: Principal, conversation_id: UUID, message_id: UUID, given: Mapping[str, Any]) -> TestCase:
    """A turn of a conversation as a case of one of its bot's test sets (`test_set_id`); what else is `given` goes
    before what the answer was. Raises `NotFound`."""
    conversation = selectors.conversation(conversation_id, by=by, whole=False)
    found = saved.case_of(selectors.turn(conversation, message_id, before=saved.HISTORY), message_id)
    if found is None:
        raise MessageNotFound(_("There is no such turn in this conversation."))
    fields = dict(given)
    test_set = bots.one_test_set(bot_id=conversation.bot_id, set_id=fields.pop("test_set_id"))
    if fields.get("expect", found["expect"]) != "answer":
        found = {name: value for name, value in found.items() if not name.startswith("expected_")}
    return tests.create_case(by=by, bot_id=conversation.bot_id, set_id=test_set.id, **{**found, **fields})
