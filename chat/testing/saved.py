"""A turn that was talked, as a case of a test; pure.

In: the messages of a conversation, and the id of an answer or of the question to it. Out: the question, what was said
before it, and what the bot did as what is expected of it. What was not kept (`None`) cannot be asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chat.enums import Outcome, Role
from chat.models import Message
from chat.testing import judge

HISTORY = 20


def case_of(messages: Sequence[Message], message_id: UUID) -> dict[str, Any] | None:
    """The messages come in their order. Answers that failed or broke off are no part of what was said before."""
    at = next((at for at, message in enumerate(messages) if message.id == message_id), None)
    if at is None:
        return None
    if messages[at].role == Role.USER:
        at += 1
    if at < 1 or at >= len(messages) or (messages[at - 1].role, messages[at].role) != (Role.USER, Role.ASSISTANT):
        return None
    question, answer = messages[at - 1], messages[at]
    before = [each for each in messages[: at - 1] if each.content and each.status == Outcome.COMPLETE]
    return {
        "question": question.content,
        "history": [
            {"role": "user" if each.role == Role.USER else "assistant", "content": each.content}
            for each in before[-HISTORY:]
        ],
        "source_message_id": answer.id,
        **_expected(answer),
    }


def _expected(answer: Message) -> dict[str, Any]:
    did = judge.got(action=answer.guardrail_action, reason=answer.guardrail_reason)
    if did != "answer":
        return {"expect": did}
    cited = list(answer.citations.all())
    return {
        "expect": did,
        "expected_document_ids": list(dict.fromkeys(each.document_id for each in cited)),
        "expected_titles": list(dict.fromkeys(each.document_title for each in cited if each.document_title)),
    }
