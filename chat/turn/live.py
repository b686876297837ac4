"""An answer while it is being said: the model's pieces in, what the customer may read of them out; pure.

Marks come out as they will stand in the finished answer: numbered from 1 in the order of their appearance, those that
point nowhere dropped, all of them where the bot shows none. Text that may yet turn out to be a mark is held back, and
blanks before it with it; so are blanks at the end, since an answer ends with a word. However the pieces are cut, the
same words come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chat.turn import cite

LONGEST_MARK = 64
_OPEN = re.compile(r"(?:\[[\s\d,;^]*|【(?:\d{1,3}[^】\n]{0,40})?)\Z")


class Live:
    """`hold`: say nothing before the first mark that stands for a passage, for readers that cannot take words back."""

    def __init__(
        self, say: Callable[[str], None], *, known: Iterable[int], bare: bool = False, hold: bool = False
    ) -> None:
        self._say = say
        self._known = frozenset(known)
        self._bare = bare
        self._held = hold
        self._numbers: dict[int, int] = {}
        self._rest = ""
        self._ready = ""
        self._spoken = False

    def hear(self, piece: str) -> None:
        self._rest += piece
        safe = self._safe()
        if safe:
            text, self._rest = self._rest[:safe], self._rest[safe:]
            self._release(cite.MARKS.sub(self._mark, text))

    def end(self) -> None:
        """No more comes: what was held back is no mark. An answer that was held for its first mark stays unsaid."""
        text, self._rest = self._rest, ""
        self._release(cite.MARKS.sub(self._mark, text))

    def _safe(self) -> int:
        """How much of the rest can be said: not a mark that has begun, nor the blanks that a dropped one leaves."""
        begun = _OPEN.search(self._rest, max(0, len(self._rest) - LONGEST_MARK))
        return len(self._rest[: begun.start() if begun else None].rstrip())

    def _release(self, text: str) -> None:
        self._ready += text
        if self._held and not self._numbers:
            return
        self._held = False
        text = self._ready.rstrip()
        self._ready = self._ready[len(text) :]
        if not self._spoken:
            text = text.lstrip()
        if text:
            self._spoken = True
            self._say(text)

    def _mark(self, found: re.Match[str]) -> str:
        if len(found[0]) - len(found[1]) > LONGEST_MARK:  # its beginning may be out already
            return found[0]
        shown = [self._numbers.setdefault(n, len(self._numbers) + 1) for n in cite.numbers(found) if n in self._known]
        return cite.marks(found, [] if self._bare else shown)
