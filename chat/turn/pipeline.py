"""A turn of talk: guard, retrieve, compose, generate, cite, record.

In: an opened turn. Out: the answer as it was recorded. What is read and computed happens in hops to a thread; the
model is awaited in between with no thread and no connection held. Whatever happens on the way, it is recorded.
"""

from __future__ import annotations

import asyncio
import secrets

from chat.turn import compose, followup, generate, guard, hop, provider, record, retrieve, speak
from chat.turn.trace import Trace
from chat.turn.types import Answer, Declined, Opened, Ready, Said
from integrations.errors import ProviderError


async def run(*, turn: Opened) -> Answer:
    trace = Trace()
    tenant = turn.profile.tenant
    try:
        said = await _said(turn, trace)
    except BaseException as error:
        trace.failed("turn", error)
        said = speak.broken(aborted=isinstance(error, asyncio.CancelledError))
        await asyncio.shield(hop.inside(tenant, record.record, turn=turn, said=said, trace=trace))
        raise
    return await hop.inside(tenant, record.record, turn=turn, said=said, trace=trace)


async def _said(turn: Opened, trace: Trace) -> Said:
    try:
        ready = await hop.inside(turn.profile.tenant, prepare, turn=turn, trace=trace)
        with trace.step("generate"):
            reply = await generate.generate(ready=ready, trace=trace)
        return speak.answered(turn=turn, ready=ready, reply=reply)
    except Declined as early:
        return early.said
    except ProviderError:
        return speak.broken()


def prepare(*, turn: Opened, trace: Trace) -> Ready:
    """Everything before the model. Raises `Declined` where the bot has its words without one."""
    with trace.step("guard"):
        standalone = followup.standalone(question=turn.question, history=turn.history)
        verdict = guard.screen(turn=turn, standalone=standalone, trace=trace)
    with trace.step("retrieve"):
        found = retrieve.retrieve(profile=turn.profile, question=standalone, trace=trace)
    verdict = guard.settle(turn=turn, verdict=verdict, found=found, trace=trace)
    request = compose.compose(
        profile=turn.profile, question=turn.question, standalone=standalone, passages=found.passages,
        history=turn.history, marker=secrets.token_hex(8),
    )  # fmt: skip
    trace.note(prompt={"system": request.system, "message": request.prompt, "history": len(request.history)})
    return Ready(request=request, provider=provider.of(turn.profile, trace), verdict=verdict, found=found)
