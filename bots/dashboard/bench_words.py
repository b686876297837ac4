"""What came of trying a guard, in the words of the page and in the order in which one reads it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bots.dashboard.fields import EXAMPLE_CHARACTERS
from bots.enums import Threshold
from bots.guardrails import reading
from bots.guardrails.bench import Changed, Report, Suggestion, Tried
from bots.types import ScopePolicy, Verdict

Word = str | Promise
KINDS: Mapping[str, Word] = {
    "own": _("Your questions"),
    "in_topic": _("On the allowed topics"),
    "forbidden": _("On the forbidden topics"),
    "off_topic": _("On neither, and no document answers"),
    "injection": _("Attacks"),
    "private": _("Private data"),
}
OUTCOMES: Mapping[str, Word] = {
    "allow": _("Answered"),
    "refuse": _("Refused"),
    "escalate": _("To a person"),
    "mask": _("Masked, then answered"),
}
LAYERS: Mapping[str, Word] = {
    "rules": _("the words"),
    "classifier": _("the classifier of attacks"),
    "embedder": _("the meaning"),
    "judge": _("the bot’s model"),
    "knowledge": _("what the documents hold"),
}
VERDICTS: Mapping[str, Word] = {
    "allowed": _("an allowed topic"),
    "forbidden": _("a forbidden topic"),
    "unlisted": _("nothing that is listed"),
    "small_talk": _("small talk"),
    "injection": _("an attack"),
    "escalation": _("something that calls a person"),
    "private": _("private data"),
}
# Whose examples teach the guard what was expected: the threshold, and the list of phrases.
_LISTS: Mapping[str, tuple[Threshold, str]] = {
    "refuse": (Threshold.FORBIDDEN, "forbidden_topics"),
    "allow": (Threshold.ALLOWED, "allowed_topics"),
    "escalate": (Threshold.ESCALATION, "escalation_triggers"),
}
THRESHOLDS: Mapping[str, Word] = {
    Threshold.FORBIDDEN: _("forbidden topics"),
    Threshold.ALLOWED: _("allowed topics"),
    Threshold.ESCALATION: _("what calls a person"),
    Threshold.INJECTION: _("attacks"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is. `figures`: how far beyond each threshold, below 0 short of it."""

    sentences: list[SafeString]
    layer: Word
    nearest: str | None
    doubtful: bool
    figures: list[tuple[Word, float]]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A topic whose example the message could become; `value` is how its button says it."""

    topic: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """`remedies`: of what went wrong, the likeliest topic first; `is_example`: it is one of a topic's already."""

    text: str
    expected: Word
    outcome: Word
    passed: bool
    reason: Reason
    remedies: list[Remedy] = field(default_factory=list)
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Probes of a kind, those that went wrong first."""

    title: Word
    passed: int
    rows: list[Row] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def failed(self) -> int:
        return self.total - self.passed

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if not row.passed]

    @property
    def right(self) -> list[Row]:
        return [row for row in self.rows if row.passed]


@dataclass(frozen=True, slots=True)
class Difference:
    text: str
    before: Word
    after: Word
    wanted: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """A shift of a threshold; `value` is how its button says it."""

    threshold: Word
    value: str
    now: float
    then: float
    wrong: int
    wrong_then: int
    changes: list[Difference]


@dataclass(frozen=True, slots=True)
class Shown:
    groups: list[Group]
    outcomes: list[Word]
    table: list[tuple[Word, Word, list[tuple[int, bool]]]]
    advice: list[Advice]
    changes: list[Difference]
    passed: int
    total: int


def shown(report: Report, policy: ScopePolicy) -> Shown:
    """`policy` is what was tried, whose topics may be given examples."""
    groups = [_group(kind, [each for each in report.tried if each.probe.kind == kind], policy) for kind in KINDS]
    return Shown(
        groups=[group for group in groups if group.rows],
        outcomes=list(OUTCOMES.values()),
        table=_table(report),
        advice=[_advice(each) for each in report.suggestions],
        changes=[_difference(each) for each in report.changes],
        passed=sum(each.passed for each in report.tried),
        total=len(report.tried),
    )


def reason(verdict: Verdict) -> Reason:
    said = reading.sentences(kind=verdict.kind, topic=verdict.topic, ahead=verdict.ahead, closest=verdict.closest)
    return Reason(
        sentences=said,
        layer=LAYERS[verdict.layer],
        nearest=verdict.nearest,
        doubtful=verdict.doubtful,
        figures=[(THRESHOLDS[name], ahead) for name, ahead in sorted(verdict.ahead.items())],
    )


def _group(kind: str, tried: Sequence[Tried], policy: ScopePolicy) -> Group:
    rows = [
        Row(
            text=each.probe.text, expected=OUTCOMES[each.probe.expected], outcome=OUTCOMES[each.outcome],
            passed=each.passed, reason=reason(each.verdict), remedies=_remedies(each, policy),
            is_example=not each.passed and any(each.probe.text in said for said in policy.topic_examples.values()),
        )
        for each in sorted(tried, key=lambda each: each.passed)
    ]  # fmt: skip
    return Group(KINDS[kind], sum(each.passed for each in tried), rows)


def _remedies(tried: Tried, policy: ScopePolicy) -> list[Remedy]:
    """What a topic's example can mend: that a message on it was not taken for one."""
    probe = tried.probe
    if tried.passed or not probe.relevant or probe.kind not in {"own", "in_topic", "forbidden"}:
        return []
    threshold, name = _LISTS.get(probe.expected, (None, ""))
    phrases: Sequence[str] = getattr(policy, name, ())
    if threshold is None or len(probe.text) > EXAMPLE_CHARACTERS:
        return []
    likeliest = probe.topic or tried.verdict.closest.get(threshold)
    free = [phrase for phrase in phrases if probe.text not in policy.examples(phrase)]
    ordered = sorted(free, key=lambda phrase: phrase != likeliest)
    return [Remedy(phrase.replace("_", " "), json.dumps([name, phrase, probe.text])) for phrase in ordered]


def _table(report: Report) -> list[tuple[Word, Word, list[tuple[int, bool]]]]:
    """A line for each kind and what is expected of it; how many came out how, and whether that is right."""
    counts: dict[tuple[str, str, str], int] = {
        (cell.kind, cell.expected, cell.outcome): cell.count for cell in report.table
    }
    order = list(KINDS)
    lines = sorted({(kind, expected) for kind, expected, _outcome in counts}, key=lambda line: order.index(line[0]))
    return [
        (
            KINDS[kind],
            OUTCOMES[expected],
            [(counts.get((kind, expected, outcome), 0), outcome == expected) for outcome in OUTCOMES],
        )
        for kind, expected in lines
    ]


def _advice(found: Suggestion) -> Advice:
    return Advice(
        threshold=THRESHOLDS[found.threshold],
        value=f"{found.threshold.value}:{found.then}",
        now=found.now,
        then=found.then,
        wrong=found.wrong,
        wrong_then=found.wrong_then,
        changes=[_difference(each) for each in found.changes],
    )


def _difference(found: Changed) -> Difference:
    before, after = OUTCOMES[found.before.outcome], OUTCOMES[found.after.outcome]
    if before == after:  # the same is done for another reason
        before, after = _because(found.before), _because(found.after)
    return Difference(found.probe.text, before, after, found.after.outcome == found.probe.expected)


def _because(tried: Tried) -> Word:
    return f"{OUTCOMES[tried.outcome]} ({tried.verdict.topic or VERDICTS[tried.verdict.kind]})"
