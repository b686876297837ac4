"""Decides whether a bot takes up a question: `screen` before anything is looked up, `settle` once it is known whether
the knowledge answers.

| | forbidden topic | unlisted, nothing relevant found | unlisted, but the knowledge answers it | small talk |
| --- | --- | --- | --- | --- |
| strict | refuse | refuse | refuse | answer |
| moderate | refuse | refuse | answer | answer |
| lenient | refuse | answer | answer | answer |

Attempts to override the bot or to fetch its prompt, secrets or other customers' data are refused at every level, and
so far as a person is asked for or a trigger matches, the talk is handed over. Rules come first, they cost nothing;
then one embedding of the question, for the classifier of attacks and for the topics. No model is asked and no database
read. A question that asks several things is judged as a whole and part by part: between two subjects its vector may be
near to neither, so what is refused or handed over for one part is so for all. A verdict says which layer came to it,
what the question was nearest to, and how far it was beyond the thresholds.

The figures are in docs/guardrails.md. Topics the library does not know are told apart by their phrase alone, which is
enough for narrow ones; thresholds there favour letting pass, and examples mend it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.enums import PrivateData, Strictness, Threshold
from bots.guardrails import attacks, escalation, injections, private, rules, topics
from bots.guardrails.library import Vectors
from bots.types import ScopePolicy, Verdict
from knowledge.search import parts

__all__ = ["Verdict", "screen", "settle"]

# A score of the classifier this near to its threshold is in doubt.
GREY = 0.3


def screen(*, policy: ScopePolicy, question: str, masked: Sequence[str] = (), vector: Vectors | None = None) -> Verdict:
    """What can be said of a question by itself; `masked` are the kinds of private data that it held, `vector` is its
    place where that is known already."""
    if policy.pii == PrivateData.REFUSE and (masked or private.kinds(question)):
        return Verdict(action="refuse", kind="private", reason="private_data")
    found = _by_rules(question)
    if found:
        return found
    asked = parts.of(question)
    texts = [*(part.wording for part in asked), *(part.text for part in asked if part.leans)]
    place, *others = topics.vectors_of([question, *texts]) if vector is None or asked else [vector]
    whole = _by_meaning(policy, question, place)
    verdicts = [_by_meaning(policy, *each) for each in zip(texts, others, strict=True)]
    return _with_parts(whole, verdicts[: len(asked)], alone=verdicts[len(asked) :])


def settle(*, verdict: Verdict, policy: ScopePolicy, relevant: bool) -> Verdict:
    """The verdict once it is known whether the knowledge holds something relevant. Pure; settles nothing twice."""
    if verdict.kind != "unlisted" or verdict.action != "allow" or policy.strictness == Strictness.LENIENT:
        return verdict
    if policy.strictness == Strictness.MODERATE and relevant:
        return verdict
    layer = verdict.layer if policy.strictness == Strictness.STRICT else "knowledge"
    return replace(verdict, action="refuse", reason="off_topic", layer=layer)


def _with_parts(whole: Verdict, each: Sequence[Verdict], *, alone: Sequence[Verdict]) -> Verdict:
    """The gravest of all. What is about no topic as a whole is about the first part's, where each part is about one.
    `alone` are the parts that lean on another, without its words."""
    for action in ("refuse", "escalate"):
        for verdict in (whole, *each, *alone):
            if verdict.action == action:
                return verdict
    listed = bool(each) and all(verdict.kind == "allowed" for verdict in each)
    return each[0] if whole.kind == "unlisted" and listed else whole


def _by_rules(question: str) -> Verdict | None:
    broken = rules.violation(question)
    if broken:
        return Verdict(action="refuse", kind="injection", reason=broken)
    language = rules.asks_for_person(question)
    if language:
        return Verdict(action="escalate", kind="escalation", reason="human_requested", language=language)
    talk = rules.small_talk(question)
    if talk:
        return Verdict(action="allow", kind="small_talk", reason=talk.kind, language=talk.language)
    return None


def _by_meaning(policy: ScopePolicy, question: str, vector: Vectors) -> Verdict:
    attack = injections.score(question, vector=vector)
    least = injections.LEAST + policy.thresholds.get(Threshold.INJECTION, 0.0)
    ahead = {Threshold.INJECTION.value: round(attack.value - least, 4)}
    doubtful = abs(attack.value - least) <= GREY
    if attack.value >= least:
        return Verdict(
            action="refuse", kind="injection", reason=attacks.INJECTION, scores={"injection": attack.value},
            layer="classifier", nearest=attack.nearest, doubtful=doubtful, ahead=ahead,
        )  # fmt: skip
    verdict = _by_topic(policy, question, vector)
    return replace(
        verdict,
        layer="embedder",
        scores={**verdict.scores, "injection": attack.value},
        doubtful=verdict.doubtful or doubtful,
        ahead={**verdict.ahead, **ahead},
    )


def _by_topic(policy: ScopePolicy, question: str, vector: Vectors) -> Verdict:
    if not (policy.allowed_topics or policy.forbidden_topics or policy.escalation_triggers):
        return Verdict(action="allow", kind="unlisted")
    match = topics.match(question=question, vector=vector, policy=policy)
    found = Verdict(
        action="allow", kind=match.kind, topic=match.topic, scores=match.scores, nearest=match.nearest,
        doubtful=match.doubtful, ahead=match.ahead, closest=match.closest,
    )  # fmt: skip
    if match.kind == "forbidden":
        return replace(found, action="refuse", reason="forbidden_topic")
    return _by_trigger(policy, vector, found) if policy.escalation_triggers else found


def _by_trigger(policy: ScopePolicy, vector: Vectors, found: Verdict) -> Verdict:
    """`found` is what the question's topic says."""
    trigger = escalation.match(vector, policy=policy)
    found = replace(
        found,
        scores={**found.scores, **trigger.scores},
        doubtful=found.doubtful or trigger.doubtful,
        ahead={**found.ahead, Threshold.ESCALATION.value: trigger.ahead},
        closest={**found.closest, Threshold.ESCALATION.value: trigger.closest},
    )
    if not trigger.topic:
        return found
    return replace(
        found, action="escalate", kind="escalation", reason="escalation_trigger", topic=trigger.topic,
        nearest=trigger.nearest,
    )  # fmt: skip
