"""Whether what was found is likely to answer; pure.

A cosine alone says little: what counts as near differs by language, and by how much a knowledge base is about one
thing. So one of the best passages must either stand out from the knowledge base's own background (the median of the
vectors ranked 6th to 30th), or be near by itself; the share of the question's words that are in it helps with both. In
a small knowledge base a passage of mixed content stands out for any question, so one that shares no word with a
question of its own language must be rather near too: of 20 general questions to the demonstration's handbook (who won
the world cup, what is the capital of France), 10 were called relevant without this and none is with it.

Measured with the built-in embedder. XQuAD: each language's paragraphs of half its articles, 250 questions about all of
them; kept = questions about a stored article that are called relevant, let through = the others that are.

    questions, passages   kept  let through     questions, passages   kept  let through
    English, English       99 %      8 %        German, English        79 %      2 %
    Spanish, Spanish       96 %      7 %        Spanish, English       71 %      5 %
    Chinese, Chinese       99 %      5 %        Chinese, English       43 %      1 %
    support FAQ, XQuAD       -       0 %        support FAQ, half of it 98 %     78 %

The last row is the limit: among 125 entries about the same few web applications, a question whose entry is missing
has a neighbour that looks just like it. Nor can a passage on the subject without the answer be told from one with it
(ClapNQ). By `similarity + 0.1 * coverage` alone, with 95 % kept 0 % / 4 % / 1 % are let through within a language, but
across languages one question in ten is kept.

Cosines of other models have other scales: those of unrelated texts lie near 0.8 here, near 0.1 elsewhere. So a space
has its own background, and of a provider's model only standing out counts, as a share of the way from the background
to 1: 0.3, which is what 0.06 comes to at a background of 0.8. Where there is no background, and for a passage whose
meaning is not compared (its provider is away, or it was edited a moment ago), most of the question's words must be in
it. These last rules are choices, not measurements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final
from uuid import UUID

from knowledge.types import Hit

_BEST: Final = 3
_BACKGROUND: Final = slice(5, 30)
_ENOUGH: Final = 4  # vectors that make a background
_STANDS_OUT: Final = 0.06
_NEAR: Final = 0.88
_STRANGE: Final = 0.83  # without a word in common, in one language
_WAY_UP: Final = 0.3  # from a provider's background to 1
_WORDS_HELP: Final = 0.2
_WORDS: Final = 0.6  # of the question's words, where they alone tell


@dataclass(frozen=True, slots=True)
class Scale:
    """What a similarity is measured with: a space, and whether its model is the built-in one."""

    space: UUID | None = None
    is_builtin: bool = True


_BUILTIN: Final = Scale()


def likely(hits: Sequence[Hit], *, scales: Mapping[UUID, Scale] | None = None) -> bool:
    """`hits` are all that was found, best first; `scales` is by dataset, the built-in model's where it says nothing."""
    measured = [(hit, (scales or {}).get(hit.dataset_id, _BUILTIN)) for hit in hits]
    found: dict[Scale, list[float]] = defaultdict(list)
    for hit, scale in measured:
        if hit.similarity is not None:
            found[scale].append(hit.similarity)
    backgrounds = {scale: _background(similarities) for scale, similarities in found.items()}
    return any(_is_likely(hit, scale, backgrounds.get(scale)) for hit, scale in measured[:_BEST])


def _background(similarities: Sequence[float]) -> float | None:
    others = sorted(similarities, reverse=True)[_BACKGROUND]
    return median(others) if len(others) >= _ENOUGH else None


def _is_likely(hit: Hit, scale: Scale, background: float | None) -> bool:
    if hit.similarity is None:
        return hit.coverage >= _WORDS
    if scale.is_builtin:
        return _is_near(hit, hit.similarity, background)
    if background is None:
        return hit.coverage >= _WORDS
    way = hit.similarity - background + _WORDS_HELP * hit.coverage * (1 - background)
    return way > 0 and way >= _WAY_UP * (1 - background)


def _is_near(hit: Hit, similarity: float, background: float | None) -> bool:
    if similarity + 0.1 * hit.coverage >= _NEAR:
        return True
    if hit.coverage == 0 and not hit.foreign and similarity < _STRANGE:
        return False
    return background is not None and similarity - background + 0.05 * hit.coverage >= _STANDS_OUT
