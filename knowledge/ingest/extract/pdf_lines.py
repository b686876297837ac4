"""From glyphs at places to lines, and from lines to headings and blocks of text; pure."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from knowledge.ingest.types import Block

_LARGER: Final = 1.15  # than the text of the document: the letters of a heading
_HEADING_LENGTH: Final = 160
_RANKS: Final = 4
_GAP: Final = 1.45  # of the usual distance between lines: a new paragraph
_LETTER: Final = re.compile(r"[^\W\d_]")
_NOT_WORD: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    size: float
    x: float
    y: float


def matchable(text: str) -> str:
    return _NOT_WORD.sub("", text).casefold()


class Collector:
    """Takes what pypdf hands to a visitor, piece by piece, and puts lines together."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._parts: list[str] = []
        self._sizes: Counter[float] = Counter()
        self._place: tuple[float, float] | None = None

    def visit(self, text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        first, *rest = text.split("\n")
        self._add(first, cm, tm, size)
        for part in rest:
            self._end()
            self._add(part, cm, tm, size)

    def lines(self) -> list[Line]:
        self._end()
        return self._lines

    def _add(self, text: str, cm: Sequence[float], tm: Sequence[float], size: float) -> None:
        self._parts.append(text)
        if not text.strip():
            return
        scale = math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
        self._sizes[round(size * scale * 2) / 2] += len(text)
        if self._place is None:
            self._place = (tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5])

    def _end(self) -> None:
        text = "".join(self._parts)
        if self._place is not None and text.strip():
            self._lines.append(Line(text, self._sizes.most_common(1)[0][0], *self._place))
        self._parts, self._sizes, self._place = [], Counter(), None


def blocks_of(pages: Sequence[Sequence[Line]], *, outline: Mapping[tuple[int, str], int]) -> Iterator[Block]:
    """Blocks of each page in order: a heading, or lines with newlines between them."""
    body = _body_size(pages)
    ranks = _ranks(pages, body, deepest=max(outline.values(), default=0))
    for number, lines in enumerate(pages, start=1):
        pitch = _pitch(lines)
        group: list[str] = []
        last: Line | None = None
        for line in lines:
            level = outline.get((number, matchable(line.text)), 0) or _rank(line, ranks)
            if level or (last is not None and _apart(last, line, pitch)):
                if group:
                    yield Block("paragraph", "\n".join(group), page=number)
                group = []
            if level:
                yield Block("heading", line.text.strip(), level, page=number)
            else:
                group.append(line.text)
            last = line
        if group:
            yield Block("paragraph", "\n".join(group), page=number)


def _body_size(pages: Sequence[Sequence[Line]]) -> float:
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _ranks(pages: Sequence[Sequence[Line]], body: float, *, deepest: int) -> dict[float, int]:
    """The sizes of headings, largest first, as levels; below the outline's where there is one."""
    sizes = {
        line.size for lines in pages for line in lines if line.size >= body * _LARGER and _LETTER.search(line.text)
    }
    return {size: min(rank, _RANKS) + deepest for rank, size in enumerate(sorted(sizes, reverse=True), start=1)}


def _rank(line: Line, ranks: Mapping[float, int]) -> int:
    text = line.text.strip()
    if line.size not in ranks or len(text) > _HEADING_LENGTH or len(_LETTER.findall(text)) < 2:
        return 0
    return 0 if text.endswith((".", ",", ";")) else ranks[line.size]


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from one line of this page to the next."""
    steps = Counter(round(a.y - b.y) for a, b in zip(lines, lines[1:], strict=False) if a.y - b.y > 1)
    return float(steps.most_common(1)[0][0]) if steps else 0.0


def _apart(last: Line, line: Line, pitch: float) -> bool:
    step = last.y - line.y
    return step < -pitch / 2 or (pitch > 0 and step > pitch * _GAP)
