"""An answer while it is being said: the model's pieces in, what the customer may read of them out; pure.

Marks come out as they will stand in the finished answer: numbered from 1 in the order of their appearance, those that
point nowhere dropped, all of them where the bot shows none. Text that may yet turn out to be a mark is held back, and
blanks before it with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

LONGEST_MARK = 64
_OPEN = re.compile(r"[\[【][^\]】\n]*$")
_MARKS = re.compile(r"\[\s*\^?(\d{1,3}(?:\s*[,;]\s*\^?\d{1,3})*)\s*\]|【(\d{1,3})[^】\n]{0,40}】")


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
        self._ready: list[str] = []

    def hear(self, piece: str) -> None:
        self._rest += piece
        safe = self._safe()
        if safe:
            text, self._rest = self._rest[:safe], self._rest[safe:]
            self._release(_MARKS.sub(self._mark, text))

    def end(self) -> None:
        """No more comes: what was held back is no mark. An answer that was held for its first mark stays unsaid."""
        text, self._rest = self._rest.rstrip(), ""
        self._release(_MARKS.sub(self._mark, text))

    def _safe(self) -> int:
        """How much of the rest can be said: not a mark that has begun, nor the blanks that a dropped one leaves."""
        begun = _OPEN.search(self._rest)
        end = begun.start() if begun and len(self._rest) - begun.start() <= LONGEST_MARK else len(self._rest)
        return len(self._rest[:end].rstrip())

    def _release(self, text: str) -> None:
        if self._held:
            self._ready.append(text)
            if not self._numbers:
                return
            text, self._held = "".join(self._ready), False
        if text:
            self._say(text)

    def _mark(self, found: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d+", found[1] or found[2])]
        shown = [self._numbers.setdefault(n, len(self._numbers) + 1) for n in numbers if n in self._known]
        return "" if self._bare else "".join(f"[{n}]" for n in shown)
