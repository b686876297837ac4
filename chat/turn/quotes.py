"""What stands under a mark: the passage's own words that support what was said with it; pure.

In: a passage and the places in it that support something. Out: one quote. Places that touch run on as they do there;
between others stands an ellipsis. Where all of it is too long for a quote, what supports best is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

from chat.turn.support import LONGEST_QUOTE, Support

APART = " … "
_LONGEST = 2 * LONGEST_QUOTE


def of(text: str, supports: Iterable[Support]) -> str:
    kept: list[tuple[int, int]] = []
    for one in sorted(supports, key=lambda each: (-each.score, each.start, each.end)):
        wider = _merged(text, [*kept, (one.start, one.end)])
        if not kept or sum(end - start for start, end in wider) <= _LONGEST:
            kept = wider
    return _short(APART.join(text[start:end].strip() for start, end in kept))


def _merged(text: str, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In their order, those that overlap or have nothing but blanks between them as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
