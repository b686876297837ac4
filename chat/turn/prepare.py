"""Everything before the answer: what is asked, whether it may be, what is found and what will be said to the model.

All of it happens in the hop that opened the turn, unless a model has to be awaited: the bot's, to make a follow-up
stand alone or to judge a question in doubt, or an embedding provider. Then the event loop waits, with no thread and no
connection held.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bots.types import Verdict
from chat.turn import candidates, compose, followup, guard, hop, judge, retrieve, rewrite
from chat.turn.trace import Trace
from chat.turn.types import Candidate, Opened, Ready
from knowledge.search import search


@dataclass(frozen=True, slots=True)
class Leaning:
    """A question that says little by itself, and who may put it into words of its own."""

    by: Candidate


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that may be asked, as it is searched; its vectors are there unless some are `waiting`."""

    standalone: str
    verdict: Verdict
    question: search.Question


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A question that the guard is not sure of, and who may judge it."""

    standalone: str
    verdict: Verdict
    by: Candidate


Step = Ready | Asked | Leaning | Doubtful


async def ready(*, turn: Opened, trace: Trace, first: Step) -> Ready:
    """From what `begin` came to. Raises `Declined` where the bot has its words without a model."""
    tenant = turn.profile.tenant
    prepared = first
    if isinstance(prepared, Leaning):
        with trace.step("rewrite"):
            standalone = await rewrite.standalone(turn=turn, candidate=prepared.by, trace=trace)
        prepared = await hop.inside(tenant, go_on, turn=turn, standalone=standalone, trace=trace)
    if isinstance(prepared, Doubtful):
        with trace.step("judge"):
            verdict = await judge.judged(
                turn=turn, asked=prepared.standalone, verdict=prepared.verdict, candidate=prepared.by, trace=trace
            )
        prepared = await hop.inside(
            tenant, pass_on, turn=turn, standalone=prepared.standalone, verdict=verdict, trace=trace
        )
    if isinstance(prepared, Ready):
        return prepared
    with trace.step("retrieve"):
        await search.embed(prepared.question)
    return await hop.inside(tenant, finish, turn=turn, asked=prepared, trace=trace)


def begin(*, turn: Opened, trace: Trace) -> Step:
    """As far as can be gone in one hop. Raises `Declined`."""
    if rewrite.wanted(turn):
        willing, _ = candidates.of(turn.profile, passages=False, trace=trace)
        if rewrite.worthwhile(willing):
            with trace.step("guard"):  # what is refused as it stands costs no call
                alone = guard.look(turn=turn, standalone=turn.question, trace=trace)
                if not judge.judge_of(turn=turn, verdict=alone, trace=trace):
                    guard.screen(turn=turn, verdict=alone, trace=trace)
            return Leaning(willing[0])
    return go_on(turn=turn, standalone=followup.standalone(question=turn.question, history=turn.history), trace=trace)


def go_on(*, turn: Opened, standalone: str, trace: Trace) -> Ready | Asked | Doubtful:
    with trace.step("guard"):
        verdict = guard.look(turn=turn, standalone=standalone, trace=trace)
        by = judge.judge_of(turn=turn, verdict=verdict, trace=trace)
    if by:
        return Doubtful(standalone, verdict, by)
    return pass_on(turn=turn, standalone=standalone, verdict=verdict, trace=trace)


def pass_on(*, turn: Opened, standalone: str, verdict: Verdict, trace: Trace) -> Ready | Asked:
    """With a verdict that nobody is asked about any more."""
    with trace.step("guard"):
        verdict = guard.screen(turn=turn, verdict=verdict, trace=trace)
    with trace.step("retrieve"):
        asked = Asked(standalone, verdict, retrieve.ask(profile=turn.profile, text=standalone))
    return asked if asked.question.waiting else finish(turn=turn, asked=asked, trace=trace)


def finish(*, turn: Opened, asked: Asked, trace: Trace) -> Ready:
    with trace.step("retrieve"):
        found = retrieve.find(profile=turn.profile, question=asked.question, trace=trace)
    verdict = guard.settle(turn=turn, verdict=asked.verdict, found=found, trace=trace)
    request = compose.compose(
        profile=turn.profile, question=turn.question, standalone=asked.standalone, found=found, history=turn.history,
        marker=secrets.token_hex(8),
    )  # fmt: skip
    trace.note(prompt={"system": request.system, "message": request.prompt, "history": len(request.history)})
    willing, refused = candidates.of(turn.profile, passages=bool(request.passages), trace=trace)
    return Ready(request=request, candidates=willing, refused=refused, verdict=verdict, found=found)
