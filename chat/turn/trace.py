"""The notes of one turn: what each step thought, found and cost. Nothing but measurements; no step reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chat.turn.types import Spoken
from integrations.chatmodels.types import ChatReply
from integrations.enums import Purpose
from integrations.errors import ProviderError
from integrations.types import Call, ProviderRef
from tenants.errors import Problem

STEPS = ("guard", "retrieve", "generate")


@dataclass(slots=True)
class Asking:
    """A call under way; `reply` once it is there."""

    reply: ChatReply | None = None


class Trace:
    """Begins when it is made. `facts` may be kept as JSON; they never hold a key."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._laps: dict[str, int] = {}
        self.facts: dict[str, Any] = {"errors": []}
        self.calls: list[Call] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._laps[name] = self._laps.get(name, 0) + _since(began)

    @contextmanager
    def call(self, *, provider: ProviderRef, model: str, purpose: Purpose) -> Iterator[Asking]:
        """Around a call to a model, for the ledger; what it raises is noted and goes on."""
        asking, began, outcome = Asking(), time.monotonic(), "ok"
        try:
            yield asking
        except BaseException as error:
            outcome = error.code if isinstance(error, Problem) else "aborted"
            if isinstance(error, ProviderError):
                self.failed(purpose, error)
            raise
        finally:
            reply = asking.reply
            self.calls.append(
                Call(
                    provider_id=provider.id,
                    provider_name=provider.name,
                    model=reply.model if reply else model,
                    purpose=purpose,
                    prompt_tokens=reply.prompt_tokens if reply else 0,
                    completion_tokens=reply.completion_tokens if reply else 0,
                    cost_usd=reply.cost_usd if reply else None,
                    outcome=outcome,
                    latency_ms=_since(began),
                )
            )

    def spoke(self) -> None:
        """The reader hears something; the first time tells how long they waited."""
        self._laps.setdefault("first_word", _since(self._began))

    def note(self, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON holds
        self.facts |= facts

    def answered(self, spoken: Spoken) -> None:
        """Which hits the answer cites, under which number; the others were merely found. And what was taken out."""
        numbers = {quote.passage: quote.number for quote in spoken.quotes}
        for at, hit in enumerate(self.facts.get("hits", [])):
            hit["citation"] = numbers.get(at)
        self.facts["taken_out"] = spoken.taken

    def failed(self, step: str, error: BaseException) -> None:
        """What went wrong, in the words for the tenant that owns the bot."""
        detail = error.owner_detail if isinstance(error, ProviderError) else ""
        code = error.code if isinstance(error, Problem) else type(error).__name__
        self.facts["errors"].append({"step": step, "code": code, "detail": detail or str(error)[:500]})

    def latency(self) -> dict[str, int]:
        """Milliseconds by step, and all of them together."""
        return {"total": _since(self._began), **dict.fromkeys(STEPS, 0), **self._laps}


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
