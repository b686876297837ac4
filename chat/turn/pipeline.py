"""A turn of talk: prepare (guard, retrieve, compose), generate, examine what is said, record.

In: a turn that was begun. Out: the answer as it was recorded. What is read and computed happens in hops to a thread;
models are awaited in between with no thread and no connection held. Whatever happens on the way, it is recorded: a
customer who leaves as `aborted` with what was said until then, a failure as `failed`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chat.turn import examine, generate, hop, live, prepare, record, speak
from chat.turn.trace import Trace
from chat.turn.types import Answer, Candidate, Declined, Listener, Opened, Ready, Said
from integrations.chatmodels.types import Say
from integrations.enums import ProviderName
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
    if turn.with_person:
        return Begun(turn, trace, Declined(speak.with_person(turn=turn)))
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


async def rehearse(*, begun: Begun, listener: Listener | None = None) -> Said:
    """What the bot would say: all of a turn but its record, which no customer was part of. The calls that it made are
    in its trace. Raises what went wrong."""
    return await _said(begun, listener, [])


async def _said(begun: Begun, listener: Listener | None, heard: list[str]) -> Said:
    turn, trace = begun.turn, begun.trace
    try:
        if isinstance(begun.first, Exception):
            raise begun.first
        ready = await prepare.ready(turn=turn, trace=trace, first=begun.first)
        talk = await hop.outside(_talk, turn, ready, listener, heard, trace)
        try:
            with trace.step("generate"):
                reply = await generate.generate(ready=ready, voice=_voice(talk) if listener else None, trace=trace)
            if not listener:
                talk.examiner.strict = talk.examiner.strict or reply.provider == ProviderName.BUILTIN
                talk.hear(speak.storable(reply.text))
            with trace.step("cite"):
                spoken = await talk.end()
        finally:
            await talk.leave()
        trace.answered(spoken)
        return speak.answered(turn=turn, ready=ready, reply=reply, spoken=spoken)
    except Declined as early:
        return early.said


def _voice(talk: live.Live) -> generate.Voice:
    """The built-in provider quotes or has nothing to say, whatever the bot may."""

    def voice(candidate: Candidate) -> Say:
        if candidate.provider.name == ProviderName.BUILTIN:
            talk.examiner.strict = True
        return lambda piece: talk.hear(speak.storable(piece))

    return voice


def _talk(turn: Opened, ready: Ready, listener: Listener | None, heard: list[str], trace: Trace) -> live.Live:
    """What examines the model's words, lets the listener hear them, and remembers what it heard."""

    def say(piece: str) -> None:
        if listener:
            trace.spoke()
            heard.append(piece)
            listener.say(piece)

    examiner = examine.examiner(
        profile=turn.profile, request=ready.request, question=turn.question, bare=speak.is_bare(turn.profile)
    )
    return live.Live(say, examiner=examiner)
