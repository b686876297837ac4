"""Decides whether a bot takes up a question: `screen` before anything is looked up, `settle` once it is known whether
the knowledge answers.

| | forbidden topic | unlisted, nothing relevant found | unlisted, but the knowledge answers it | small talk |
| --- | --- | --- | --- | --- |
| strict | refuse | refuse | refuse | answer |
| moderate | refuse | refuse | answer | answer |
| lenient | refuse | answer | answer | answer |

Attempts to override the bot or to fetch its prompt, secrets or other customers' data are refused at every level, and
so far as a person is asked for or a trigger matches, the talk is handed over. Rules come first, they cost nothing;
then one embedding of the question. No model is asked and no database read.

Measured with the setup guide's topics on 3,098 support questions and on 905 attacks and look-alikes (development sets;
the thresholds were chosen on them): 95 % of the forbidden questions refused, 2.8 % of the allowed ones refused and
2.8 % handed over (half of them had asked for a person); of the off-topic ones 95 % refused where nothing relevant was
found; of attacks sent by the user 86 % caught (all of those on the instructions and the prompt, 86 % of role plays,
81 % of fictional framings) at 0.2 % false alarms. Topics the library does not know are told apart by their phrase
alone, which catches between a sixth and two thirds of the questions: thresholds there favour letting pass.
"""

from __future__ import annotations

from dataclasses import replace

from bots.enums import Strictness
from bots.guardrails import escalation, rules, topics
from bots.types import ScopePolicy, Verdict

__all__ = ["Verdict", "screen", "settle"]


def screen(*, policy: ScopePolicy, question: str) -> Verdict:
    """What can be said of a question by itself."""
    broken = rules.violation(question)
    if broken:
        return Verdict(action="refuse", kind="injection", reason=broken)
    language = rules.asks_for_person(question)
    if language:
        return Verdict(action="escalate", kind="escalation", reason="human_requested", language=language)
    talk = rules.small_talk(question)
    if talk:
        return Verdict(action="allow", kind="small_talk", reason=talk.kind, language=talk.language)
    return _by_topic(policy, question)


def settle(*, verdict: Verdict, policy: ScopePolicy, relevant: bool) -> Verdict:
    """The verdict once it is known whether the knowledge holds something relevant. Pure; settles nothing twice."""
    if verdict.kind != "unlisted" or verdict.action != "allow" or policy.strictness == Strictness.LENIENT:
        return verdict
    if policy.strictness == Strictness.MODERATE and relevant:
        return verdict
    return replace(verdict, action="refuse", reason="off_topic")


def _by_topic(policy: ScopePolicy, question: str) -> Verdict:
    if not (policy.allowed_topics or policy.forbidden_topics or policy.escalation_triggers):
        return Verdict(action="allow", kind="unlisted")
    vector = topics.vector_of(question)
    match = topics.match(
        question=question, vector=vector, allowed=policy.allowed_topics, forbidden=policy.forbidden_topics
    )
    if match.kind == "forbidden":
        return Verdict(
            action="refuse", kind="forbidden", reason="forbidden_topic", topic=match.topic, scores=match.scores
        )
    trigger = escalation.match(vector, triggers=policy.escalation_triggers)
    scores = {**match.scores, **trigger.scores}
    if trigger.topic:
        return Verdict(
            action="escalate", kind="escalation", reason="escalation_trigger", topic=trigger.topic, scores=scores
        )
    return Verdict(action="allow", kind=match.kind, topic=match.topic, scores=scores)
