"""Opens a turn: settles the session and what was said before, once access is settled.

In: the bot, what the caller sent, who calls. Out: an `Opened` turn, for which nothing is written yet. An unknown
session, or one of another bot, is refused (`SessionNotFound`) rather than begun anew: a client that lost its thread
should know. So is one that has ended (`SessionEnded`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import timezone

from bots.enums import PrivateData
from bots.guardrails import private, rules
from bots.types import BotProfile
from chat import selectors, tokens
from chat.enums import Status
from chat.errors import SessionEnded
from chat.models import Conversation
from chat.turn.types import Opened
from integrations.chatmodels.types import Turn
from tenants import plans


def public(
    *,
    profile: BotProfile,
    messages: Sequence[Turn],
    session_id: str | None,
    metadata: Mapping[str, Any],
    key_id: UUID | None = None,
) -> Opened:
    """The caller's own earlier messages are the history; the session's, where only one message is sent.

    What a stranger says was said earlier is no more trusted than the question: attempts to override the bot are
    left out of it.
    """
    *earlier, last = messages
    question, masked = _shown(profile, last.content)
    conversation, with_person = _session(profile, session_id)
    history = tuple(
        replace(turn, content=_shown(profile, turn.content)[0]) for turn in earlier if not rules.violation(turn.content)
    )
    if conversation and not earlier:
        most = profile.scope.max_conversation_history
        history = selectors.history(conversation_id=conversation.id, most=most)
    return Opened(
        profile=profile,
        question=question,
        masked=masked,
        session_id=session_id or tokens.new_session(profile.id),
        source="public",
        history=history,
        conversation_id=conversation.id if conversation else None,
        key_id=key_id,
        metadata=metadata,
        with_person=with_person,
    )


def efficient(
    *,
    profile: BotProfile,
    message: str,
    session_id: str | None,
    context_limit: int,
    metadata: Mapping[str, Any],
    key_id: UUID | None = None,
) -> Opened:
    """The session's own history, as far back as the caller and the bot's scope ask."""
    question, masked = _shown(profile, message)
    conversation, with_person = _session(profile, session_id)
    most = min(context_limit, profile.scope.max_conversation_history)
    return Opened(
        profile=profile,
        question=question,
        masked=masked,
        session_id=session_id or tokens.new_session(profile.id),
        source="efficient",
        history=selectors.history(conversation_id=conversation.id, most=most) if conversation else (),
        conversation_id=conversation.id if conversation else None,
        key_id=key_id,
        metadata=metadata,
        with_person=with_person,
    )


def completion(
    *,
    profile: BotProfile,
    messages: Sequence[Turn],
    session_id: str | None,
    metadata: Mapping[str, Any],
    key_id: UUID | None = None,
) -> Opened:
    """As `public`: OpenAI's clients keep the talk themselves and send all of it each time."""
    opened = public(profile=profile, messages=messages, session_id=session_id, metadata=metadata, key_id=key_id)
    return replace(opened, source="completions")


def rehearsal(*, profile: BotProfile, message: str, history: Sequence[Turn]) -> Opened:
    """A turn that no customer has and no session remembers; it counts against no plan."""
    question, masked = _shown(profile, message)
    return Opened(
        profile=profile,
        question=question,
        masked=masked,
        session_id=tokens.new_session(profile.id),
        source="efficient",
        history=tuple(replace(turn, content=_shown(profile, turn.content)[0]) for turn in history),
    )


def _shown(profile: BotProfile, text: str) -> tuple[str, tuple[str, ...]]:
    """A message as it may be kept and sent to a model, and what was masked in it."""
    return (text, ()) if profile.scope.pii == PrivateData.ALLOW else private.masked(text)


def _session(profile: BotProfile, session_id: str | None) -> tuple[Conversation | None, bool]:
    """The conversation, and whether a person has it, who answers within no plan's limit."""
    conversation = selectors.session(bot_id=profile.id, session_id=session_id) if session_id else None
    if conversation and conversation.status == Status.CLOSED:
        raise SessionEnded
    with_person = conversation is not None and conversation.status == Status.WITH_PERSON and selectors.is_kept()
    if not with_person:
        _check_plan()
    return conversation, with_person


def _check_plan() -> None:
    if plans.limit_of("messages_month") is not None:
        month = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        plans.check("messages_month", used=selectors.answers_since(month))
