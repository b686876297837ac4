"""Everything before the model, in two halves: what is asked, and what is found and will be said to the model.

`prepare` is one hop to a thread. Only where a provider has to embed the question does it stop halfway: the event loop
awaits the provider, and `finish` is a second hop.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bots.types import Verdict
from chat.turn import compose, followup, guard, hop, provider, retrieve
from chat.turn.trace import Trace
from chat.turn.types import Opened, Ready
from knowledge.search import search


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that may be asked, as it is searched; its vectors are there unless some are `waiting`."""

    standalone: str
    verdict: Verdict
    question: search.Question


async def ready(*, turn: Opened, trace: Trace) -> Ready:
    """Raises `Declined` where the bot has its words without a model."""
    tenant = turn.profile.tenant
    prepared = await hop.inside(tenant, prepare, turn=turn, trace=trace)
    if isinstance(prepared, Ready):
        return prepared
    with trace.step("retrieve"):
        await search.embed(prepared.question)
    return await hop.inside(tenant, finish, turn=turn, asked=prepared, trace=trace)


def prepare(*, turn: Opened, trace: Trace) -> Ready | Asked:
    asked = ask(turn=turn, trace=trace)
    return asked if asked.question.waiting else finish(turn=turn, asked=asked, trace=trace)


def ask(*, turn: Opened, trace: Trace) -> Asked:
    with trace.step("guard"):
        standalone = followup.standalone(question=turn.question, history=turn.history)
        verdict = guard.screen(turn=turn, standalone=standalone, trace=trace)
    with trace.step("retrieve"):
        return Asked(standalone, verdict, retrieve.ask(profile=turn.profile, text=standalone))


def finish(*, turn: Opened, asked: Asked, trace: Trace) -> Ready:
    with trace.step("retrieve"):
        found = retrieve.find(profile=turn.profile, question=asked.question, trace=trace)
    verdict = guard.settle(turn=turn, verdict=asked.verdict, found=found, trace=trace)
    request = compose.compose(
        profile=turn.profile, question=turn.question, standalone=asked.standalone, passages=found.passages,
        history=turn.history, marker=secrets.token_hex(8),
    )  # fmt: skip
    trace.note(prompt={"system": request.system, "message": request.prompt, "history": len(request.history)})
    return Ready(request=request, provider=provider.of(turn.profile, trace), verdict=verdict, found=found)
