"""A turn of talk: prepare (guard, retrieve, compose), generate, cite, record.

In: a turn that was begun. Out: the answer as it was recorded. What is read and computed happens in hops to a thread;
models are awaited in between with no thread and no connection held. Whatever happens on the way, it is recorded: a
customer who leaves as `aborted` with what was said until then, a failure as `failed`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chat.turn import generate, hop, live, prepare, record, speak
from chat.turn.trace import Trace
from chat.turn.types import Answer, Declined, Listener, Opened, Ready, Said
from integrations.chatmodels.types import Say
from integrations.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Begun:
    """A turn as far as it came without waiting for anybody."""

    turn: Opened
    trace: Trace
    first: prepare.Step | Exception


def begin(turn: Opened) -> Begun:
    """What can be done in the hop that opened the turn, inside its tenant; a failure is kept for `run`."""
    trace = Trace()
    try:
        return Begun(turn, trace, prepare.begin(turn=turn, trace=trace))
    except Exception as error:  # noqa: BLE001 -- raised again in `run`, which records it
        return Begun(turn, trace, error)


async def run(*, begun: Begun, listener: Listener | None = None) -> Answer:
    """With a `listener` the answer is said piece by piece while it is made. Raises `ProviderError`."""
    turn, trace = begun.turn, begun.trace
    tenant = turn.profile.tenant
    heard: list[str] = []
    try:
        said = await _said(begun, listener, heard)
    except BaseException as error:
        if not isinstance(error, ProviderError):  # whose trace it left already
            trace.failed("turn", error)
        said = speak.broken("".join(heard), aborted=isinstance(error, asyncio.CancelledError))
        await hop.inside(tenant, record.record, turn=turn, said=said, trace=trace)
        raise
    return await hop.inside(tenant, record.record, turn=turn, said=said, trace=trace)


async def rehearse(*, begun: Begun) -> Said:
    """What the bot would say: all of a turn but its record, which no customer was part of. The calls that it made are
    in its trace. Raises what went wrong."""
    return await _said(begun, None, [])


async def _said(begun: Begun, listener: Listener | None, heard: list[str]) -> Said:
    turn, trace = begun.turn, begun.trace
    try:
        if isinstance(begun.first, Exception):
            raise begun.first
        ready = await prepare.ready(turn=turn, trace=trace, first=begun.first)
        with trace.step("generate"):
            talk = _aloud(turn, ready, listener, heard) if listener else None
            reply = await generate.generate(ready=ready, say=_into(talk) if talk else None, trace=trace)
            if talk:
                talk.end()
        return speak.answered(turn=turn, ready=ready, reply=reply)
    except Declined as early:
        return early.said


def _into(talk: live.Live) -> Say:
    return lambda piece: talk.hear(speak.storable(piece))


def _aloud(turn: Opened, ready: Ready, listener: Listener, heard: list[str]) -> live.Live:
    """What lets the listener hear the model, and remembers what it heard."""

    def say(piece: str) -> None:
        heard.append(piece)
        listener.say(piece)

    return live.Live(
        say,
        known=(passage.number for passage in ready.request.passages),
        bare=speak.is_bare(turn.profile),
        hold=listener.hold and turn.profile.scope.citation_required,
    )
