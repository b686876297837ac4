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
(ClapNQ). Of a provider's model, whose cosines have another scale, only the background tells; and where a provider did
not embed the question at all, a passage must hold most of its words. Both are choices, not measurements.
By `similarity + 0.1 * coverage` alone, with 95 % kept 0 % / 4 % / 1 % are let through within a language, but
across languages one question in ten is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from knowledge.types import Hit

_BEST: Final = 3
_BACKGROUND: Final = slice(5, 30)
_ENOUGH: Final = 4  # vectors that make a background
_STANDS_OUT: Final = 0.06
_NEAR: Final = 0.88
_STRANGE: Final = 0.83  # without a word in common, in one language
_WORDS: Final = 0.6  # of the question's words, where its meaning is not known


def likely(hits: Sequence[Hit], *, calibrated: bool = True, blind: bool = False) -> bool:
    """`hits` are all that was found, best first. `calibrated` says that all vectors are the built-in model's, `blind`
    that some space could not be searched by meaning."""
    similarities = sorted((hit.similarity for hit in hits if hit.similarity is not None), reverse=True)
    others = similarities[_BACKGROUND]
    background = median(others) if len(others) >= _ENOUGH else None
    if blind and any(hit.similarity is None and hit.coverage >= _WORDS for hit in hits[:_BEST]):
        return True
    if not calibrated:
        return any(_stands_out(hit, background) for hit in hits[:_BEST])
    return any(_is_likely(hit, background) for hit in hits[:_BEST])


def _stands_out(hit: Hit, background: float | None) -> bool:
    if hit.similarity is None:
        return False
    if background is None:  # too little to compare with
        return hit.coverage >= _WORDS
    return hit.similarity - background + 0.05 * hit.coverage >= _STANDS_OUT


def _is_likely(hit: Hit, background: float | None) -> bool:
    if hit.similarity is None:
        return False
    if hit.similarity + 0.1 * hit.coverage >= _NEAR:
        return True
    if hit.coverage == 0 and not hit.foreign and hit.similarity < _STRANGE:
        return False
    return background is not None and _stands_out(hit, background)
