"""What passes between the steps of a turn; frozen, so that a step can be tried and an answer replayed alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID, uuid4

from bots.types import BotProfile, Verdict
from integrations.chatmodels.types import ChatReply, ChatRequest, Passage, Turn
from integrations.errors import ProviderError
from integrations.types import ProviderRef
from knowledge.types import Hit

Door = Literal["public", "efficient", "completions"]
Outcome = Literal["complete", "failed", "aborted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A turn that may begin: access, session and limits are settled. `conversation_id` is `None` for a new one;
    `id` is the answer's to be. `masked` are the kinds of private data that were masked in the question.
    `with_person`: somebody has the talk, and the bot is silent."""

    profile: BotProfile
    question: str
    session_id: str
    source: Door
    history: tuple[Turn, ...] = ()
    conversation_id: UUID | None = None
    key_id: UUID | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    with_person: bool = False
    id: UUID = field(default_factory=uuid4)


class Listener(Protocol):
    """Takes an answer piece by piece; nothing it was given is taken back."""

    def say(self, piece: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider that may be asked, and for which model; "" for its default."""

    provider: ProviderRef
    model: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the knowledge holds: `passages[i]` is what a model is shown of `hits[i]`, under the number `i + 1`. Of a
    question that asks several things, `parts` are those found, as they were searched, and `lacking` the others."""

    hits: tuple[Hit, ...] = ()
    passages: tuple[Passage, ...] = ()
    relevant: bool = False
    parts: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """All that is needed to ask a model, with nothing left to read. `refused` is why a provider of the bot's is not
    among the candidates."""

    request: ChatRequest
    candidates: tuple[Candidate, ...]
    verdict: Verdict
    found: Found
    refused: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a mark `[number]` in the answer stands for; `passage` counts from 0."""

    number: int
    passage: int
    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer whose every mark has a quote, numbered from 1 without holes; what was taken out of it and how often,
    and the forbidden topic among that."""

    text: str
    quotes: tuple[Quote, ...] = ()
    taken: Mapping[str, int] = field(default_factory=dict)
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the bot says. `escalation` is why a person is called; `reply` is `None` where no model was asked. `silent`:
    a person has the talk, so the words tell the customer that and are no part of it."""

    text: str
    verdict: Verdict
    quotes: tuple[Quote, ...] = ()
    found: Found = field(default_factory=Found)
    reply: ChatReply | None = None
    escalation: str | None = None
    outcome: Outcome = "complete"
    silent: bool = False


class Declined(Exception):
    """An early exit: the bot has its words already, and no model is asked."""

    def __init__(self, said: Said) -> None:
        self.said = said
        super().__init__(said.verdict.reason or said.verdict.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A turn that is on record, as the chat endpoints answer it. `calls`: a person is wanted, and nobody knows yet."""

    id: UUID
    conversation_id: UUID
    session_id: str
    bot_id: UUID
    created_at: datetime
    said: Said
    latency_ms: Mapping[str, int]
    calls: bool = False
