"""An answer cut into sentences while it comes; pure.

In: a model's pieces. Out: sentences in order, each with the blanks before it, the marks behind it, and the number of a
list before it. A sentence comes out when what follows shows that it has ended. However the pieces are cut, the same
sentences come out, and joined they are the text.
"""

from __future__ import annotations

import re

from chat.turn import marks
from knowledge.ingest import sentences

LONGEST = 4000
_MAY_END = re.compile(r"[.!?…;؟۔।॥。！？；\n]")
_NUMBER = re.compile(r"\s*(?:[-*•>#|]+\s*)?(?:\(?(?:\d{1,3}|[a-zA-Z])[.)])?\s*")
_BLANKS = re.compile(r"[ \t]*")


class Cutter:
    """`rest` is what has not come out yet."""

    def __init__(self) -> None:
        self.rest = ""
        self._may = False

    def hear(self, piece: str) -> list[str]:
        self.rest += piece
        self._may = self._may or _MAY_END.search(piece) is not None or len(self.rest) > LONGEST
        return self._out(last=False) if self._may else []

    def end(self) -> list[str]:
        return self._out(last=True)

    def _out(self, *, last: bool) -> list[str]:
        """One by one, since where a sentence ends may depend on where the text begins."""
        found: list[str] = []
        while (end := _end(self.rest, last=last)) > 0:
            found.append(self.rest[:end])
            self.rest = self.rest[end:]
        self._may = _MAY_END.search(self.rest) is not None
        return found


def _end(text: str, *, last: bool) -> int:
    """Where the first sentence ends, after its marks; 0 where it may still go on."""
    before = 0
    for _, end in sentences.spans(text, start=0, end=len(text), longest=LONGEST):
        if end < before or _NUMBER.fullmatch(text, 0, end):
            continue
        before = _after_marks(text, end)
        if before < 0 or not text[before:].strip():
            break
        return before
    return len(text) if last else 0


def _after_marks(text: str, end: int) -> int:
    """Past the marks that follow a sentence on its line; -1 where what follows may yet become one."""
    at = end
    while True:
        begin = _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        found = marks.ONE.match(text, begin)
        if found is None:
            return -1 if marks.BEGUN.match(text, begin) else at
        at = found.end()
