"""A passage's text as sentences are held against it; pure.

In: its title, its heading and its text. Out: where its sentences are, their words, its language and its figures. The
same passages are found again and again, so that each text is read once, and the last KEPT are remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chat.turn import claims
from integrations.chatmodels import words
from knowledge import language
from knowledge.ingest import sentences

LONGEST = 400  # characters of a sentence
KEPT = 512  # of some 20 kB


@dataclass(frozen=True, slots=True)
class Reading:
    """`parts` are the words of each of `spans`; `held` are all, and those that stand above the text. `figures` are the
    text's, in digits or words; `told` has those above it, too."""

    spans: tuple[tuple[int, int], ...]
    parts: tuple[frozenset[str], ...]
    held: frozenset[str]
    language: str
    figures: frozenset[str]
    told: frozenset[str]


@lru_cache(maxsize=KEPT)
def read(title: str, heading: str, text: str) -> Reading:
    above = f"{title} {heading}"
    spans = tuple(sentences.spans(text, start=0, end=len(text), longest=LONGEST)) or ((0, len(text)),)
    parts = tuple(frozenset(words.content(text[start:end])) for start, end in spans)
    return Reading(
        spans=spans,
        parts=parts,
        held=frozenset(words.content(above)).union(*parts),
        language=language.detect(text),
        figures=claims.told(text),
        told=claims.told(f"{above} {text}"),
    )
