"""How much a message sounds like an attempt to take the bot over: a linear classifier over the built-in embedder.

In: a message. Out: a score, above `LEAST` an attack. It is fitted when it is first needed, on `injections.toml` and on
the questions of the library, so it fits whichever embedder is set. A long message is cut into windows and counts as its
worst one: an order that hides in a letter is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bots.guardrails import library, rules
from bots.guardrails.library import Vectors
from integrations.embedders import registry

LEAST = 0.9
# Hints of `attacks.toml` count too, so far as they come together.
HINT, MOST_HINTS = 0.3, 8
WINDOW, STEP, WINDOWS, CHARACTERS = 60, 40, 8, 900

_RIDGE = 3.0
_ROUNDS = 12
_LIBRARY_WEIGHT = 0.3


@dataclass(frozen=True)
class Score:
    """`window` is the part that sounds most like an attack, `nearest` the known attack it is nearest to."""

    value: float
    window: str
    nearest: str


@dataclass(frozen=True)
class _Model:
    weights: NDArray[np.float64]
    bias: float
    attacks: Vectors
    texts: tuple[str, ...]


def score(question: str, *, vector: Vectors) -> Score:
    """`vector` is the whole message's."""
    parts = windows(question)
    vectors = vector[None] if len(parts) == 1 else library.load().embed(parts)
    model = _fitted(registry.builtin().model)
    found = vectors @ model.weights + model.bias
    worst = int(found.argmax())
    value = float(found[worst]) + HINT * min(rules.hints(question), MOST_HINTS)
    nearest = model.texts[int((model.attacks @ vectors[worst]).argmax())]
    return Score(value=round(value, 4), window=parts[worst], nearest=nearest)


def windows(text: str) -> list[str]:
    """The message in overlapping parts of `WINDOW` words; of a very long one some, from its beginning to its end."""
    words = text.split()
    if len(words) <= WINDOW * 3 // 2 and len(text) <= CHARACTERS:
        return [text]
    if len(words) < 2:  # a script without spaces
        parts = [text[at : at + CHARACTERS // 3] for at in range(0, len(text), CHARACTERS // 3)]
    else:
        parts = [" ".join(words[at : at + WINDOW])[:CHARACTERS] for at in range(0, len(words), STEP)]
    chosen = np.linspace(0, len(parts) - 1, min(len(parts), WINDOWS)).round().astype(int)
    return [parts[at] for at in chosen]


def load() -> None:
    """Fit it now, so that no question waits for it."""
    _fitted(registry.builtin().model)


@cache
def _fitted(model: str) -> _Model:
    books = library.load()
    texts = library.read("injections.toml")
    attacks, harmless = texts["attacks"], texts["harmless"]
    placed = books.place(library.kept(model, [*attacks, *harmless]))
    known = [group.examples for group in (*books.topics.values(), *books.triggers.values())]
    rows = np.vstack([placed, *known]).astype(np.float64)
    of_library = len(rows) - len(placed)
    is_attack = np.r_[np.ones(len(attacks)), np.zeros(len(rows) - len(attacks))]
    counts = np.r_[np.ones(len(placed)), np.full(of_library, _LIBRARY_WEIGHT)]
    found = _fit(np.hstack([rows, np.ones((len(rows), 1))]), is_attack, counts)
    return _Model(weights=found[:-1], bias=float(found[-1]), attacks=placed[: len(attacks)], texts=tuple(attacks))


def _fit(rows: NDArray[np.float64], wanted: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic regression with a ridge, by Newton's method; the last column is the bias and is not held back."""
    found = np.zeros(rows.shape[1])
    ridge = np.full(rows.shape[1], _RIDGE)
    ridge[-1] = 1e-6
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-(rows @ found)))
        slope = rows.T @ (counts * (likely - wanted)) + ridge * found
        curve = (rows * (counts * likely * (1 - likely))[:, None]).T @ rows + np.diag(ridge)
        found -= np.linalg.solve(curve, slope)
    return found
