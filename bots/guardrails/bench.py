"""Tries a policy with messages of which it is known what should become of them, and compares it with another policy.

In: a policy, perhaps the one that it is to replace, and the tenant's own labelled messages. Out: what became of each
message and why, a table of what was expected and what came, shifts of thresholds that would do better, and the
messages that the two policies treat differently. Nothing is read and no model is asked: whether the documents answer a
message is part of the message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

from bots.enums import PrivateData, Strictness, Threshold
from bots.guardrails import guard, library, private, topics
from bots.guardrails.library import Vectors
from bots.types import ScopePolicy, Verdict

# How many probes a suggestion has to set right.
LEAST_GAIN = 2

ProbeKind = Literal["in_topic", "off_topic", "forbidden", "injection", "private", "own"]
Outcome = Literal["allow", "refuse", "escalate", "mask"]


@dataclass(frozen=True, slots=True)
class Probe:
    """`relevant`: whether the documents are taken to answer it. `topic` is the phrase that it was made for."""

    text: str
    kind: ProbeKind
    expected: Outcome
    relevant: bool = True
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a probe, and why."""

    probe: Probe
    outcome: Outcome
    verdict: Verdict

    @property
    def passed(self) -> bool:
        return self.outcome == self.probe.expected


@dataclass(frozen=True, slots=True)
class Count:
    kind: ProbeKind
    expected: Outcome
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A message that the other policy treats differently."""

    probe: Probe
    before: Tried
    after: Tried


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A shift with which fewer probes go wrong: `wrong` now, `wrong_then` with it."""

    threshold: Threshold
    now: float
    then: float
    wrong: int
    wrong_then: int
    changes: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Report:
    tried: tuple[Tried, ...]
    table: tuple[Count, ...]
    suggestions: tuple[Suggestion, ...]
    changes: tuple[Changed, ...] = field(default=())


def run(*, policy: ScopePolicy, own: Sequence[Probe] = (), live: ScopePolicy | None = None) -> Report:
    """`live` is the policy that this one is compared with."""
    probes = tuple(chain(probes_for(policy), own))
    vectors = _vectors(probes)
    tried = _tried(policy, probes, vectors)
    return Report(
        tried=tried,
        table=tuple(
            Count(*cell, count)
            for cell, count in Counter((each.probe.kind, each.probe.expected, each.outcome) for each in tried).items()
        ),
        suggestions=tuple(filter(None, (_suggestion(policy, name, tried, vectors) for name in Threshold))),
        changes=_compared(live, policy, probes) if live else (),
    )


def tried(*, policy: ScopePolicy, probes: Sequence[Probe]) -> tuple[Tried, ...]:
    """What becomes of these messages alone."""
    return _tried(policy, probes, _vectors(probes)) if probes else ()


def _compared(live: ScopePolicy, policy: ScopePolicy, probes: Sequence[Probe]) -> tuple[Changed, ...]:
    """Over the messages on the topics of either."""
    known = {probe.text for probe in probes}
    asked = (*probes, *(probe for probe in probes_for(live) if probe.text not in known))
    vectors = _vectors(asked)
    return _changes(_tried(live, asked, vectors), _tried(policy, asked, vectors))


def _vectors(probes: Sequence[Probe]) -> Vectors:
    return library.load().embed([private.masked(probe.text)[0] for probe in probes])


def probes_for(policy: ScopePolicy) -> tuple[Probe, ...]:
    """Messages of five kinds, made from the library and the policy's topics."""
    texts = library.read("probes.toml")
    general = texts["general"]
    elsewhere: Outcome = "allow" if policy.strictness == Strictness.LENIENT else "refuse"
    kept: Mapping[PrivateData, Outcome] = {PrivateData.MASK: "mask", PrivateData.REFUSE: "refuse"}
    return (
        *(Probe(text, "in_topic", "allow", topic=name) for name, text in _about(policy.allowed_topics, texts)),
        *(Probe(text, "forbidden", "refuse", topic=name) for name, text in _about(policy.forbidden_topics, texts)),
        *(Probe(text, "off_topic", elsewhere, relevant=False) for text in general["off_topic"]),
        *(Probe(text, "injection", "refuse") for text in general["injection"]),
        *(Probe(text, "private", kept.get(policy.pii, "allow")) for text in general["private"]),
    )


def _about(phrases: Sequence[str], texts: Mapping[str, Mapping[str, list[str]]]) -> list[tuple[str, str]]:
    """Each phrase with the messages on it: of the library's topic that it stands for, else by its own words."""
    found = []
    for phrase in phrases:
        known = texts["topics"].get(topics.topic(phrase).known or "")
        said = known or [way.format(phrase.replace("_", " ")) for way in texts["own"]["ways"]]
        found += [(phrase, text) for text in said]
    return found


def _tried(policy: ScopePolicy, probes: Sequence[Probe], vectors: Vectors) -> tuple[Tried, ...]:
    return tuple(_try(policy, probe, vector) for probe, vector in zip(probes, vectors, strict=True))


def _try(policy: ScopePolicy, probe: Probe, vector: Vectors) -> Tried:
    """As a turn of talk does it: what a customer should not have sent is masked first."""
    shown, kinds = (probe.text, ()) if policy.pii == PrivateData.ALLOW else private.masked(probe.text)
    found = guard.screen(policy=policy, question=shown, masked=kinds, vector=vector)
    verdict = guard.settle(verdict=found, policy=policy, relevant=probe.relevant)
    # What becomes of private data does not hang on what else the message is about.
    other = probe.kind == "private" and verdict.kind != "private"
    plain = verdict.action == "allow" or other
    return Tried(probe, "mask" if kinds and plain else "allow" if other else verdict.action, verdict)


def _changes(before: Sequence[Tried], after: Sequence[Tried]) -> tuple[Changed, ...]:
    pairs = zip(before, after, strict=True)
    return tuple(Changed(new.probe, old, new) for old, new in pairs if _what(old) != _what(new))


def _what(tried: Tried) -> tuple[object, ...]:
    return tried.outcome, tried.verdict.kind, tried.verdict.topic


def _suggestion(policy: ScopePolicy, name: Threshold, tried: Sequence[Tried], vectors: Vectors) -> Suggestion | None:
    """The shift with the fewest probes wrong; of several the one that moves least. None that mends a single one: that
    would be learning it by heart."""
    now = policy.thresholds.get(name, 0.0)
    step, most = (0.1, 1.0) if name == Threshold.INJECTION else (0.01, 0.2)
    shifts = [round(turns * step, 2) for turns in range(-round(most / step), round(most / step) + 1)]
    judged = [(each.verdict.ahead[name], _should(name, each.probe)) for each in tried if name in each.verdict.ahead]
    wrong = {
        shift: sum((ahead - (shift - now) >= 0) != should for ahead, should in judged if should is not None)
        for shift in [now, *shifts]
    }
    then = min(shifts, key=lambda shift: (wrong[shift], abs(shift - now)))
    if wrong[now] - wrong[then] < LEAST_GAIN:
        return None
    moved = replace(policy, thresholds={**policy.thresholds, name: then})
    again = _tried(moved, [each.probe for each in tried], vectors)
    return Suggestion(name, now, then, wrong[now], wrong[then], _changes(tried, again))


def _should(name: Threshold, probe: Probe) -> bool | None:
    """Whether this threshold should be reached; nothing where the message does not tell."""
    if probe.kind == "private":
        return None
    wanted = {
        Threshold.FORBIDDEN: probe.kind == "forbidden",
        Threshold.ALLOWED: probe.kind == "in_topic",
        Threshold.INJECTION: probe.kind == "injection",
        Threshold.ESCALATION: probe.expected == "escalate",
    }
    if probe.kind == "own":  # says what should become of it, not on what ground
        return _of_own(name, probe.expected)
    return wanted[name]


def _of_own(name: Threshold, expected: Outcome) -> bool | None:
    if name == Threshold.ESCALATION:
        return expected == "escalate"
    if name == Threshold.ALLOWED:
        return True if expected in {"allow", "mask"} else None
    return False if expected in {"allow", "mask", "escalate"} else None if name == Threshold.INJECTION else True
