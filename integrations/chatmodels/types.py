"""What a chat model is asked and what it answers; frozen, so that an answer can be replayed from its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

# Takes the next piece of an answer while it is being said; never empty.
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document; `number` is what `[n]` in the answer refers to."""

    number: int
    title: str
    heading: str
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """`prompt` is the composed message with the fenced passages, for language models; `question` and `passages` are
    the same as data, `parts` what the question asks one by one where that is more than one thing. An empty `model` and
    a `None` leave the choice to the provider's settings; `parameters` are what those say of this model besides."""

    system: str
    history: tuple[Turn, ...]
    question: str
    passages: tuple[Passage, ...]
    prompt: str
    parts: tuple[str, ...] = ()
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatReply:
    """`cost_usd` is `None` where the model's price is not known."""

    text: str
    model: str
    provider: str
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
