"""Whether what was found is likely to answer; pure.

A cosine alone says little: what counts as near differs by language, and by how much a knowledge base is about one
thing. So one of the best passages must stand out from the knowledge base's own background (the median of the vectors
ranked 6th to 30th) and be near by itself, taken together: `similarity - background + 0.68 * similarity`. What it holds
of the question's words helps, rare ones more: in Thai or Hindi any passage holds most of a question's small words.
Where it is surely in another language, words say nothing, and less nearness is asked for. The weights are those of a
logistic regression over ten sets (docs/quality.md), rounded; the spread of the similarities and the length of the
question added nothing.

Measured with the built-in embedder, half of each set's articles withheld: kept = questions about a stored article that
are called relevant, let through = the others that are.

    questions, passages   kept  let through     questions, passages   kept  let through
    English (XQuAD)        97 %      2 %        Thai                  100 %     45 %
    Spanish                99 %      8 %        Wikipedia (ClapNQ)     97 %     11 %
    German                 99 %      5 %        support FAQ            82 %     37 %
    Chinese                99 %     10 %        German, English        93 %     20 %
    Arabic                 93 %      6 %        Spanish, English       88 %     18 %
    Hindi                  97 %      8 %        Chinese, English       72 %     17 %

The FAQ is the limit: among entries about the same few web applications, a question whose entry is missing has a
neighbour that looks just like it. Nor can a passage on the subject without the answer be told from one with it. The
rule before this one (standing out by 0.06, or a similarity of 0.88) kept 56 % of the Chinese questions to English
passages, and of the FAQ's 93 % while it let through 60 %.

Cosines of other models have other scales: those of unrelated texts lie near 0.8 here, near 0.1 elsewhere. So a space
has its own background, and of any other model only standing out counts, as a share of the way from the background to 1.
A third of it keeps 97 %, 91 % and 99 % and lets through 8 %, 27 % and 12 % (XQuAD English, support FAQ and ClapNQ with
MiniLM; no provider's model was measured). Where there is no background, and for a passage whose meaning is not compared
(its provider is away, or it was edited a moment ago), most of the question's words must be in it: a choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final
from uuid import UUID

from knowledge.tokens import is_unspaced
from knowledge.types import Hit

_BEST: Final = 3
_BACKGROUND: Final = slice(5, 30)
_ENOUGH: Final = 4  # vectors that make a background
_NEARNESS: Final = 0.68  # what similarity counts beside what it stands out by
_SHARED: Final = 0.13  # what the question's words count, where all of them are in the passage
_ENOUGH_TOLD: Final = 0.635
_ENOUGH_FOREIGN: Final = 0.57
# What unrelated texts have, where there are too few passages for a background of their own:
_USUAL: Final = 0.77
_USUAL_UNSPACED: Final = 0.82  # in scripts without spaces between words
_USUAL_FOREIGN: Final = 0.73
# Who asks two things that are not there has two chances of a passage that only looks like an answer. So a part of a
# question has to be this much surer where the whole is not likely to be answered (docs/quality.md has the figures).
SURER: Final = 0.02
_WAY_UP: Final = 0.33  # from another model's background to 1
_WORDS_HELP: Final = 0.2
_WORDS: Final = 0.6  # of the question's words, where they alone tell


@dataclass(frozen=True, slots=True)
class Scale:
    """What a similarity is measured with: a space, and whether its model is the built-in multilingual one."""

    space: UUID | None = None
    is_known: bool = True


_KNOWN: Final = Scale()


def likely(hits: Sequence[Hit], *, scales: Mapping[UUID, Scale] | None = None, surer: float = 0.0) -> bool:
    """`hits` are all that was found, best first; `scales` is by dataset, the known model's where it says nothing.
    `surer` is what is asked for beyond the usual."""
    measured = [(hit, (scales or {}).get(hit.dataset_id, _KNOWN)) for hit in hits]
    found: dict[Scale, list[float]] = defaultdict(list)
    for hit, scale in measured:
        if hit.similarity is not None:
            found[scale].append(hit.similarity)
    backgrounds = {scale: _background(similarities) for scale, similarities in found.items()}
    return any(_is_likely(hit, scale, backgrounds.get(scale), surer) for hit, scale in measured[:_BEST])


def _background(similarities: Sequence[float]) -> float | None:
    others = sorted(similarities, reverse=True)[_BACKGROUND]
    return median(others) if len(others) >= _ENOUGH else None


def _is_likely(hit: Hit, scale: Scale, background: float | None, surer: float) -> bool:
    if hit.similarity is None:
        return hit.coverage >= _WORDS
    if scale.is_known:
        return _is_near(hit, hit.similarity, background, surer)
    if background is None:
        return hit.coverage >= _WORDS
    way = hit.similarity - background + _WORDS_HELP * hit.coverage * (1 - background)
    return way > 0 and way >= (_WAY_UP + surer) * (1 - background)


def _is_near(hit: Hit, similarity: float, background: float | None, surer: float) -> bool:
    told = similarity - (_usual(hit) if background is None else background) + _NEARNESS * similarity
    # Of few passages nobody can say which words are rare.
    shared = hit.coverage if background is None else hit.telling
    return told >= _ENOUGH_FOREIGN + surer if hit.foreign else told + _SHARED * shared >= _ENOUGH_TOLD + surer


def _usual(hit: Hit) -> float:
    if hit.foreign:
        return _USUAL_FOREIGN
    return _USUAL_UNSPACED if is_unspaced(hit.content) else _USUAL
