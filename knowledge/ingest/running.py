"""Finds what a PDF repeats at the top and bottom of its pages: headers, footers, page numbers; pure.

A line near a page's edge is a running line when the same line stands near the edge of several pages,
where a number in it may grow by one with each page, or when many pages have one that differs only in its
numbers. Text that stands between running lines stays.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from knowledge.ingest.types import Block

_EDGE = 6  # lines looked at from either end of a page, and hardly more than a third of it
_LEAST_EDGE = 4
_PAGES = 3  # pages that must repeat a line
_SHARE = 0.02  # of a long document's pages
_PAGES_ALIKE = 6  # pages that must repeat a line whose numbers differ without order
_SHARE_ALIKE = 0.25
_NUMBER = re.compile(r"\d{1,4}")
_NUMBERS_TRIED = 6
_WORDS_ALIKE = 12  # letters that a line without its numbers must still have
_LONGEST = 200
_MOST = 0.1  # of the letters that must be left


_Key = tuple[str, int | str | None]
_ANY = "any"  # any numbers


@dataclasses.dataclass(slots=True)
class _Line:
    block: int
    text: str


def without_running_lines(blocks: Sequence[Block]) -> tuple[Block, ...]:
    pages = _lines_by_page(blocks)
    counts = Counter(
        key
        for page, lines in pages.items()
        for key in {key for line in _edges(lines) for key in _keys(line.text, page)}
    )
    alike = max(_PAGES_ALIKE, int(len(pages) * _SHARE_ALIKE))
    same = max(_PAGES, int(len(pages) * _SHARE))
    running = {key for key, count in counts.items() if count >= (alike if key[1] == _ANY else same)}
    if not running:
        return tuple(blocks)
    dropped: dict[int, bool] = {}
    for page, lines in pages.items():
        dropped.update(_found(_edges(lines), page, running))
    left = tuple(_rebuilt(blocks, pages, dropped))
    # Where most of a document would go, it repeats itself: that is not what stands around its pages.
    return left if _letters(left) >= _letters(blocks) * _MOST else tuple(blocks)


def _letters(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _lines_by_page(blocks: Sequence[Block]) -> dict[int, list[_Line]]:
    pages: dict[int, list[_Line]] = {}
    for number, block in enumerate(blocks):
        if block.page is not None:
            lines = pages.setdefault(block.page, [])
            lines.extend(_Line(number, text) for text in block.text.split("\n"))
    return pages


def _edges(lines: list[_Line]) -> list[_Line]:
    full = [line for line in lines if line.text.strip()]
    edge = min(_EDGE, max(_LEAST_EDGE, len(full) // 3))
    return full if len(full) <= 2 * edge else full[:edge] + full[-edge:]


def _keys(text: str, page: int) -> Iterator[_Key]:
    """The line itself, the line with each of its numbers seen as a distance to the page, and the line
    without its numbers."""
    line = " ".join(text.split()).casefold()
    if not line or len(line) > _LONGEST:
        return
    if not line.isdecimal():
        yield line, None
    for found in list(_NUMBER.finditer(line))[:_NUMBERS_TRIED]:
        yield f"{line[: found.start()]}#{line[found.end() :]}", int(found.group()) - page
    words = _NUMBER.sub("#", line)
    if words != line and sum(map(str.isalpha, words)) >= _WORDS_ALIKE:
        yield words, _ANY


def _found(lines: Iterable[_Line], page: int, running: set[_Key]) -> Iterator[tuple[int, bool]]:
    """The running lines of a page's edges, and whether a line may be a title that is only repeated."""
    for line in lines:
        keys = [key for key in _keys(line.text, page) if key in running]
        if keys:
            yield id(line), all(key[1] is None for key in keys)


def _rebuilt(blocks: Sequence[Block], pages: dict[int, list[_Line]], dropped: dict[int, bool]) -> Iterator[Block]:
    """A heading that opens a chapter and is repeated above its pages is kept once, where it first stands."""
    kept: dict[int, list[str]] = {}
    headings: set[str] = set()
    for lines in pages.values():
        for line in lines:
            block = blocks[line.block]
            first = block.kind == "heading" and block.text not in headings and dropped.get(id(line), True)
            if first:
                headings.add(block.text)
            if first or id(line) not in dropped:
                kept.setdefault(line.block, []).append(line.text)
    for number, block in enumerate(blocks):
        if block.page is None:
            yield block
        elif number in kept:
            yield dataclasses.replace(block, text="\n".join(kept[number]))
