"""What the turn of talk is handed: a bot as it stood when the turn began, and what the guard thinks of a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from bots.enums import DEFAULT_SETTINGS, Judge, PrivateData, Strictness
from knowledge.types import Filter
from tenants.types import TenantRef

Action = Literal["allow", "refuse", "escalate"]
Kind = Literal["allowed", "forbidden", "unlisted", "small_talk", "injection", "escalation", "private"]
# What decided, the cheapest first; `knowledge` is whether the documents answer.
Layer = Literal["rules", "classifier", "embedder", "judge", "knowledge"]

DEFAULT_HISTORY = 10


@dataclass(frozen=True, slots=True)
class DatasetWeight:
    """A dataset a bot answers from, and which of its documents; priority 1 is the most important."""

    dataset_id: UUID
    priority: int = 1
    only: Filter = field(default_factory=Filter)

    @property
    def weight(self) -> float:
        """From 1.0 at priority 1 down to 0.8.

        Enough to prefer a dataset where both have something that fits: of look-alike FAQ entries the first scores 0.75
        and the second 0.64. Too little for a poor passage of the first to push out the only good one of the last: where
        one fits it scores 0.87, and the next 0.48 (medians; StackFAQ, XQuAD).
        """
        return 0.8 + 0.2 * 0.9 ** (self.priority - 1)


@dataclass(frozen=True, slots=True)
class ScopePolicy:
    """What a bot may talk about. As it is made here it is that of a bot without a scope."""

    id: UUID | None = None
    strictness: Strictness = Strictness.MODERATE
    allowed_topics: tuple[str, ...] = ()
    forbidden_topics: tuple[str, ...] = ()
    refusal_message: str | None = None
    max_conversation_history: int = DEFAULT_HISTORY
    citation_required: bool = True
    escalation_triggers: tuple[str, ...] = ()
    topic_examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # What is added to the thresholds, by the names in `bots.enums.Threshold`.
    thresholds: Mapping[str, float] = field(default_factory=dict)
    pii: PrivateData = PrivateData.MASK
    judge: Judge = Judge.OFF

    def examples(self, phrase: str) -> tuple[str, ...]:
        return self.topic_examples.get(phrase, ())


@dataclass(frozen=True, slots=True)
class BotProfile:
    """A frozen snapshot of a bot; `settings` is filled up with the defaults. The fallback is the provider that is asked
    when the first one fails."""

    id: UUID
    tenant: TenantRef
    name: str
    provider_id: UUID
    model: str
    system_prompt: str
    temperature: float
    max_tokens: int
    settings: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_SETTINGS))
    datasets: tuple[DatasetWeight, ...] = ()
    scope: ScopePolicy = field(default_factory=ScopePolicy)
    is_public: bool = False
    is_active: bool = True
    allowed_domains: tuple[str, ...] = ()
    fallback_id: UUID | None = None
    fallback_model: str = ""

    @property
    def dataset_ids(self) -> tuple[UUID, ...]:
        return tuple(dataset.dataset_id for dataset in self.datasets)

    @property
    def limits(self) -> dict[UUID, Filter]:
        """Which documents of each dataset count."""
        return {dataset.dataset_id: dataset.only for dataset in self.datasets}

    @property
    def weights(self) -> dict[UUID, float]:
        """How much each dataset counts in a search."""
        return {dataset.dataset_id: dataset.weight for dataset in self.datasets}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard decided, on what ground, and the figures behind it for the trace.

    `layer` decided, `nearest` is the example that the question is nearest to. `doubtful`: another figure a little off
    would have decided otherwise. `ahead` is how far the question is beyond each threshold it was held against, by the
    names in `bots.enums.Threshold`; below 0 it is short of it; `closest` is the phrase that comes nearest to each.
    `language` is that of a phrase the rules know, "" where the question has to tell it.
    """

    action: Action
    kind: Kind
    reason: str | None = None
    topic: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    language: str = ""
    layer: Layer = "rules"
    nearest: str | None = None
    doubtful: bool = False
    ahead: Mapping[str, float] = field(default_factory=dict)
    closest: Mapping[str, str] = field(default_factory=dict)
