"""How well the guard tells what a bot may talk about: the screen and what it settles to, as in a turn, with no model.

Remarks of a set labelled `allowed`, `forbidden` and `off_topic` are screened by one policy that has the kinds of the
first two as its topics, at each level of strictness. In a set labelled `in_scope`, each kind in turn is the only topic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bots.enums import Strictness
from bots.guardrails import guard
from bots.types import ScopePolicy, Verdict
from chat.evaluation import metrics
from chat.evaluation.details import Details
from chat.evaluation.types import Remark, Row, Table, Values

ALLOWED, FORBIDDEN, OFF_TOPIC = "allowed", "forbidden", "off_topic"
IN_SCOPE, OUT_OF_SCOPE = "in_scope", "out_of_scope"
LABELS: Final = (ALLOWED, FORBIDDEN, OFF_TOPIC, IN_SCOPE, OUT_OF_SCOPE)
TRIGGERS: Final = ("complex_technical_issue", "billing_dispute")  # those of the setup guide
NOTE: Final = (
    "`as expected`: allowed answered, forbidden refused, off topic refused (lenient: answered). It is assumed that "
    "nothing relevant is found for what is off topic, and something for the rest. Precision, recall and F1 are those "
    "of the topic that the guard names."
)
ONE_NOTE: Final = "Each domain in turn is the only allowed topic; the cases are its own and all others'."


@dataclass(frozen=True, slots=True)
class Heard:
    remark: Remark
    verdict: Verdict

    @property
    def outcome(self) -> str:
        return {"allow": "answered", "refuse": "refused", "escalate": "handed over"}[self.verdict.action]

    @property
    def topic(self) -> str:
        """The kind that the verdict names, "" for none."""
        return _kind(self.verdict.topic or "") if self.verdict.kind in (ALLOWED, FORBIDDEN) else ""


def tables(name: str, remarks: Sequence[Remark], *, details: Details) -> list[Table]:
    if any(remark.label in (IN_SCOPE, OUT_OF_SCOPE) for remark in remarks):
        return [_one_by_one(name, remarks)]
    return [_at_level(name, remarks, level, details) for level in Strictness]


def policy(remarks: Iterable[Remark], level: Strictness) -> ScopePolicy:
    """The topics are the kinds of the labelled remarks."""
    named: dict[str, set[str]] = defaultdict(set)
    for remark in remarks:
        named[remark.label].add(_phrase(remark.kind))
    return ScopePolicy(
        strictness=level,
        allowed_topics=tuple(sorted(named[ALLOWED])),
        forbidden_topics=tuple(sorted(named[FORBIDDEN])),
        escalation_triggers=TRIGGERS,
    )


def _at_level(name: str, remarks: Sequence[Remark], level: Strictness, details: Details) -> Table:
    within = policy(remarks, level)
    heard = [_heard(remark, within) for remark in remarks]
    for each in heard:
        details.add("guard", f"{name}, {level}", _facts(each))
    rows = []
    for label in (ALLOWED, FORBIDDEN, OFF_TOPIC):
        part = [each for each in heard if each.remark.label == label]
        if part:
            rows.append(Row(f"**all {label.replace('_', ' ')}**", _outcomes(part, level)))
        if label != OFF_TOPIC:
            rows += [_class(kind, heard, level) for kind in sorted({each.remark.kind for each in part})]
    return Table(f"guard, {name}, {level}", f"Guard: {name}, {level}", tuple(rows), NOTE)


def _class(kind: str, heard: Sequence[Heard], level: Strictness) -> Row:
    own = [each for each in heard if each.remark.kind == kind]
    found = metrics.scores(metrics.confusion((each.remark.kind, each.topic) for each in heard), label=kind)
    return Row(kind, _outcomes(own, level), found)


def _outcomes(part: Sequence[Heard], level: Strictness) -> dict[str, Values]:
    return {
        "as expected": _share(part, lambda each: each.outcome == expected(each.remark.label, level)),
        "refused": _share(part, lambda each: each.outcome == "refused"),
        "handed over": _share(part, lambda each: each.outcome == "handed over"),
    }


def expected(label: str, level: Strictness) -> str:
    if label == OFF_TOPIC:
        return "answered" if level == Strictness.LENIENT else "refused"
    return "answered" if label == ALLOWED else "refused"


def _one_by_one(name: str, remarks: Sequence[Remark]) -> Table:
    kinds = sorted({remark.kind for remark in remarks if remark.label == IN_SCOPE})
    rows = []
    for kind in kinds:
        only = ScopePolicy(allowed_topics=(_phrase(kind),))
        pairs = [(remark, guard.screen(policy=only, question=remark.text).kind) for remark in remarks]
        said = {remark.id: (kind if verdict == ALLOWED else "") for remark, verdict in pairs}
        expected_of = {remark.id: (kind if remark.kind == kind else "") for remark, _ in pairs}
        right = {case: float(expected_of[case] == said[case]) for case in said}
        table = metrics.confusion((expected_of[case], said[case]) for case in said)
        rows.append(Row(kind, {"right": right}, metrics.scores(table, label=kind)))
    return Table(f"guard, {name}", f"Guard: {name}", tuple(rows), ONE_NOTE)


def _heard(remark: Remark, within: ScopePolicy) -> Heard:
    verdict = guard.screen(policy=within, question=remark.text)
    relevant = remark.label != OFF_TOPIC
    return Heard(remark, guard.settle(verdict=verdict, policy=within, relevant=relevant))


def _share(part: Iterable[Heard], is_so: Callable[[Heard], bool]) -> dict[str, float]:
    return {each.remark.id: float(is_so(each)) for each in part}


def _phrase(kind: str) -> str:
    return kind.replace("_", " ")


def _kind(phrase: str) -> str:
    return phrase.replace(" ", "_")


def _facts(heard: Heard) -> dict[str, Any]:
    remark, verdict = heard.remark, heard.verdict
    return {
        "id": remark.id, "text": remark.text, "label": remark.label, "kind": remark.kind, "outcome": heard.outcome,
        "verdict": verdict.kind, "reason": verdict.reason, "topic": verdict.topic, "scores": dict(verdict.scores),
    }  # fmt: skip
