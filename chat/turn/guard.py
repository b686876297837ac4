"""Is the question allowed? Before anything is looked up, and again once it is known whether the knowledge answers.

In: the opened turn and its standalone question. Out: a verdict (`look`), which may go to a judge; then one that lets
the question pass (`screen`, `settle`). Where the bot has its words without a model (a refusal, small talk, a person to
call, nothing to say), `Declined` is raised with them.
"""

from __future__ import annotations

from typing import Any

from bots.guardrails import guard
from bots.types import Verdict
from chat.turn import speak
from chat.turn.trace import Trace
from chat.turn.types import Declined, Found, Opened

# What only the words of this very message say. Joined to the question before it, they would say that again.
_OF_THE_MESSAGE = frozenset({"injection", "escalation", "small_talk", "forbidden", "private"})
_OF_THE_SUBJECT = frozenset({"allowed", "unlisted", "forbidden"})


def look(*, turn: Opened, standalone: str, trace: Trace) -> Verdict:
    """The verdict on a question by itself, of which nothing follows yet."""
    verdict = _verdict(turn, standalone)
    trace.note(question=standalone, guard=facts(verdict))
    if turn.masked:
        trace.note(masked=list(turn.masked))
    return verdict


def screen(*, turn: Opened, verdict: Verdict, trace: Trace) -> Verdict:
    """What no passage could change is settled before the search."""
    trace.note(guard=facts(verdict))
    return _pass(turn, guard.settle(verdict=verdict, policy=turn.profile.scope, relevant=True), Found(), trace)


def settle(*, turn: Opened, verdict: Verdict, found: Found, trace: Trace) -> Verdict:
    policy = turn.profile.scope
    settled = guard.settle(verdict=verdict, policy=policy, relevant=found.relevant)
    _pass(turn, settled, found, trace)
    if policy.citation_required and not found.passages:
        raise Declined(speak.nothing_to_say(turn=turn, verdict=settled, found=found))
    return settled


def _verdict(turn: Opened, standalone: str) -> Verdict:
    policy = turn.profile.scope
    alone = guard.screen(policy=policy, question=turn.question, masked=turn.masked)
    if standalone == turn.question or alone.kind in _OF_THE_MESSAGE:
        return alone
    joined = guard.screen(policy=policy, question=standalone)
    return joined if joined.kind in _OF_THE_SUBJECT else alone


def _pass(turn: Opened, verdict: Verdict, found: Found, trace: Trace) -> Verdict:
    if verdict.action == "allow" and verdict.kind != "small_talk":
        return verdict
    trace.note(guard=facts(verdict))
    raise Declined(speak.declined(turn=turn, verdict=verdict, found=found))


def facts(verdict: Verdict) -> dict[str, Any]:
    """Why, as the trace keeps it."""
    return {
        "action": verdict.action,
        "kind": verdict.kind,
        "reason": verdict.reason,
        "topic": verdict.topic,
        "layer": verdict.layer,
        "nearest": verdict.nearest,
        "doubtful": verdict.doubtful,
        "scores": dict(verdict.scores),
        "ahead": dict(verdict.ahead),
        "closest": dict(verdict.closest),
    }
