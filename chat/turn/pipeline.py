"""A turn of talk: prepare (guard, retrieve, compose), generate, cite, record.

In: an opened turn. Out: the answer as it was recorded. What is read and computed happens in hops to a thread; models
are awaited in between with no thread and no connection held. Whatever happens on the way, it is recorded.
"""

from __future__ import annotations

import asyncio

from chat.turn import generate, hop, prepare, record, speak
from chat.turn.trace import Trace
from chat.turn.types import Answer, Declined, Opened, Said
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
        ready = await prepare.ready(turn=turn, trace=trace)
        with trace.step("generate"):
            reply = await generate.generate(ready=ready, trace=trace)
        return speak.answered(turn=turn, ready=ready, reply=reply)
    except Declined as early:
        return early.said
    except ProviderError:
        return speak.broken()
