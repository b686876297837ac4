"""Marks made good, sentence by sentence.

In: a sentence of a model's with marks such as `[2]` or `[1, 3]`, and the passages it was shown. Out: the sentence, in
which every mark is the number of a passage that supports it, and the quotes for that. A mark whose passage does not
support the sentence moves to one that does, or goes. A sentence without a mark gets one where a passage supports it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chat.turn import courtesy, marks, support
from chat.turn.support import Claim, Doubtful, Likeness, Source, Support

_CLOSING = " \t\r\n.!?…。！？؟।*_\"'”»|"

Kind = Literal["supported", "idle", "unsupported"]


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence whose marks are numbers of passages; `idle` is one that claims nothing."""

    text: str
    kind: Kind
    supports: tuple[Support, ...] = ()


def cite(
    sentence: str, *, sources: Sequence[Source], known: frozenset[str], near: Likeness | None, strict: bool = True
) -> Cited:
    """`known` are the words of the question and the passages. Only where `strict` does a sentence without a mark need a
    source. Raises `Doubtful` where only meaning could tell, and `near` is `None`."""
    bare = marks.dropped(sentence)
    segments = marks.segments(sentence)
    numbered = any(segment.numbers for segment in segments)
    idle = courtesy.claims_nothing(bare, known=known)
    if idle and not numbered and (courtesy.is_set_phrase(bare) or not strict):
        return Cited(bare, "idle")
    ask = near if numbered or strict else support.unlike
    if idle or (not strict and not numbered):
        ask = support.unlike
    found = [_supports(_claim(segment.said, bare, segments), segment.numbers, sources, ask) for segment in segments]
    if all(found):
        return Cited(_written(sentence, segments, found), "supported", tuple(one for group in found for one in group))
    if idle:
        return Cited(bare, "idle")
    kept = _written(sentence, segments, found)
    return Cited(kept, "unsupported", tuple(one for group in found for one in group))


def without_marks(text: str) -> str:
    """An answer without its marks, for bots that show none in the text."""
    return marks.dropped(text).strip()


def _claim(said: str, whole: str, segments: Sequence[marks.Segment]) -> Claim:
    """Few words say nothing by themselves: they stand for the whole sentence."""
    claim = Claim(marks.dropped(said))
    return claim if len(segments) == 1 or len(claim.words) > 1 else Claim(whole)


def _supports(claim: Claim, numbers: Sequence[int], sources: Sequence[Source], near: Likeness | None) -> list[Support]:
    """What is plainly said first, under its own marks before others; then what means the same."""
    marked = [source for source in sources if source.number in numbers]
    others = [source for source in sources if source.number not in numbers]
    plainly = _each(claim, marked, support.unlike)
    if not plainly and len(marked) > 1:
        plainly = support.together(claim, marked)
    plainly = plainly or _best(_each(claim, others, support.unlike))
    if plainly or near is support.unlike:  # which would find nothing else
        return plainly
    return _best(_each(claim, marked, near)) or _best(_each(claim, others, near))


def _each(claim: Claim, sources: Sequence[Source], near: Likeness | None) -> list[Support]:
    found = (support.find(claim, source, near=near) for source in sources)
    return [one for one in found if one]


def _best(found: Sequence[Support]) -> list[Support]:
    return [max(found, key=lambda one: (one.score, -one.number))] if found else []


def _written(sentence: str, segments: Sequence[marks.Segment], found: Sequence[Sequence[Support]]) -> str:
    numbers = [sorted({one.number for one in group}) for group in found]
    if any(segment.marks for segment in segments):
        chosen = [(segment.marks, shown) for segment, shown in zip(segments, numbers, strict=True)]
        return marks.placed(sentence, chosen)
    if not numbers[0]:
        return sentence
    close = len(sentence.rstrip(_CLOSING))
    return f"{sentence[:close]} {''.join(f'[{number}]' for number in numbers[0])}{sentence[close:]}"


__all__ = ["Cited", "Doubtful", "cite", "without_marks"]
