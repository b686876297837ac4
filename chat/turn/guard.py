"""Is the question allowed? Before anything is looked up, and again once it is known whether the knowledge answers.

In: the opened turn and its standalone question. Out: a verdict that lets it pass; where the bot has its words without
a model (a refusal, small talk, a person being called, nothing to say), `Declined` is raised with them.
"""

from __future__ import annotations

from typing import Any

from bots.guardrails import guard
from bots.types import Verdict
from chat.turn import speak
from chat.turn.trace import Trace
from chat.turn.types import Declined, Found, Opened

# What only the words of this very message say. Joined to the question before it, they would say that again.
_OF_THE_MESSAGE = frozenset({"injection", "escalation", "small_talk", "forbidden"})
_OF_THE_SUBJECT = frozenset({"allowed", "unlisted", "forbidden"})


def screen(*, turn: Opened, standalone: str, trace: Trace) -> Verdict:
    verdict = _verdict(turn, standalone)
    trace.note(question=standalone, guard=_facts(verdict))
    # What no passage could change is settled before the search.
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
    alone = guard.screen(policy=policy, question=turn.question)
    if standalone == turn.question or alone.kind in _OF_THE_MESSAGE:
        return alone
    joined = guard.screen(policy=policy, question=standalone)
    return joined if joined.kind in _OF_THE_SUBJECT else alone


def _pass(turn: Opened, verdict: Verdict, found: Found, trace: Trace) -> Verdict:
    if verdict.action == "allow" and verdict.kind != "small_talk":
        return verdict
    trace.note(guard=_facts(verdict))
    raise Declined(speak.declined(turn=turn, verdict=verdict, found=found))


def _facts(verdict: Verdict) -> dict[str, Any]:
    return {
        "action": verdict.action,
        "kind": verdict.kind,
        "reason": verdict.reason,
        "topic": verdict.topic,
        "scores": dict(verdict.scores),
    }
