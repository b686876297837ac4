"""From glyphs at places to lines, and from lines to headings and blocks of text; pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowledge.ingest.extract.pdf_types import Line, Page, Table
from knowledge.ingest.types import Block

_LARGER: Final = 1.15  # than the text of the document: the letters of a heading
_LARGER_BOLD: Final = 1.05
_HEADING_LENGTH: Final = 160
_RANKS: Final = 4
_TOO_MANY: Final = 0.4  # of all lines: then size tells nothing, as in a drawing
_TITLE_LINES: Final = 4
_FRONT: Final = 3  # pages at the beginning, on which a title may stand alone
_TITLE_PITCH: Final = 1.6  # of its letters' size: how far apart the lines of one title stand
_GAP: Final = 1.45  # of the usual distance between lines: a new paragraph
_NAME_LENGTH: Final = 80
_LETTER: Final = re.compile(r"[^\W\d_]")
_NOT_WORD: Final = re.compile(r"[\W_]+")
# A line of a table of contents: a title, dots, a page number.
_CONTENTS: Final = re.compile(r"(?:\.[ \u00a0]?){5}[ \u00a0.]*\w{1,6}\s*$")


_Look = tuple[float, bool]  # the size of the letters, and whether they are bold


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the outline; `top` is where on its page it leads to."""

    title: str
    depth: int
    top: float | None


def blocks_of(pages: Sequence[Page], *, outline: Mapping[int, Sequence[Entry]]) -> Iterator[Block]:
    """Blocks of each page in order: a heading, a row of a table, or lines with newlines between them."""
    deepest = max((entry.depth for entries in outline.values() for entry in entries), default=0)
    written = [[line for line in page.lines if not _CONTENTS.search(line.text[-200:])] for page in pages]
    ranks = _ranks(written, deepest=deepest)
    for number, page in enumerate(pages, start=1):
        yield from _of_page(page, number, outline.get(number, ()), ranks)


def _of_page(page: Page, number: int, entries: Sequence[Entry], ranks: Mapping[_Look, int]) -> Iterator[Block]:
    places = {at: table for table in page.tables for at in table.lines}
    left = [(at, line) for at, line in enumerate(page.lines) if not _CONTENTS.search(line.text[-200:])]
    lines = [line for _, line in left]
    headings, pitch = _headings(lines, entries, ranks), _pitch(lines)
    group: list[str] = []
    told: set[int] = set()
    for at, (place, line) in enumerate(left):
        table = places.get(place)
        title = headings.get(at) if table is None else None
        if group and (table is not None or title is not None or _apart(lines[at - 1], line, pitch)):
            yield Block("paragraph", "\n".join(group), page=number)
            group = []
        if table is not None:
            yield from _rows(table, number) if id(table) not in told else ()
            told.add(id(table))
            continue
        if title is not None and title.text:
            yield Block("heading", title.text, title.level, page=number)
        if title is None or not title.replaces:
            group.append(line.text)
    if group:
        yield Block("paragraph", "\n".join(group), page=number)


def _rows(table: Table, page: int) -> Iterator[Block]:
    rows = [" | ".join(row).strip(" |") for row in table.rows]
    header = rows[0] if _is_header(table.rows) else ""
    for row in rows[1:] if header else rows:
        if row:
            yield Block("table_row", row, page=page, header=header)


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Names of columns are short, all there but perhaps the first, and no numbers."""
    first = rows[0]
    named = all(first[1:]) and len(first) == max(map(len, rows))
    return named and all(len(cell) <= _NAME_LENGTH and not cell.replace(".", "").isdecimal() for cell in first)


@dataclass(frozen=True, slots=True)
class _Title:
    text: str  # empty for the further lines of a title
    level: int
    replaces: bool  # the line is the title's; otherwise the title stands before it


def _headings(lines: Sequence[Line], entries: Sequence[Entry], ranks: Mapping[_Look, int]) -> dict[int, _Title]:
    found: dict[int, _Title] = {}
    for span in _runs(lines, ranks):
        if len(span) <= _TITLE_LINES:
            text = " ".join(lines[at].text.strip() for at in span)
            _put(found, span, _Title(text, _rank(lines[span[0]], ranks), True))
    places = _places(lines, {_matchable(entry.title) for entry in entries})
    for entry in entries:
        place = places.get(_matchable(entry.title))
        if place:
            _put(found, place, _Title(entry.title, entry.depth, True))
        else:
            at = _guessed_place(lines, entry, alone=len(entries) == 1)
            if at is not None and at not in found:
                found[at] = _Title(entry.title, entry.depth, False)
    return found


def _guessed_place(lines: Sequence[Line], entry: Entry, *, alone: bool) -> int | None:
    """Where an entry leads whose words are not on the page as the outline has them."""
    number = _matchable(entry.title.split()[0])
    if any(map(str.isdigit, number)):
        numbered = next((at for at, line in enumerate(lines) if _matchable(line.text) == number), None)
        if numbered is not None:
            return numbered
    if entry.top is not None:
        return next((at for at, line in enumerate(lines) if 0 < line.y <= entry.top + 1), None)
    return 0 if alone and lines else None


def _put(found: dict[int, _Title], span: range, title: _Title) -> None:
    found.update({at: _Title("", title.level, True) for at in span})
    found[span[0]] = title


def _runs(lines: Sequence[Line], ranks: Mapping[_Look, int]) -> Iterator[range]:
    """Lines under each other that look like the same heading: a title of several lines, or a drawing."""
    start = 0
    while start < len(lines):
        end = start + 1
        if _rank(lines[start], ranks):
            while end < len(lines) and _rank(lines[end], ranks) and _goes_on(lines[end - 1], lines[end]):
                end += 1
            yield range(start, end)
        start = end


def _goes_on(above: Line, line: Line) -> bool:
    same = (above.size, above.bold) == (line.size, line.bold)
    return same and 0 <= above.y - line.y <= line.size * _TITLE_PITCH


def _places(lines: Sequence[Line], titles: set[str]) -> dict[str, range]:
    """Where on the page the words of each title stand, which may take several lines."""
    places: dict[str, range] = {}
    for start in range(len(lines)):
        words = ""
        for end in range(start, min(start + _TITLE_LINES, len(lines))):
            words += _matchable(lines[end].text)
            if words in titles:
                places.setdefault(words, range(start, end + 1))
            if not words or not any(title.startswith(words) for title in titles):
                break
    return places


def _matchable(text: str) -> str:
    return _NOT_WORD.sub("", text).casefold()


def _ranks(pages: Sequence[Sequence[Line]], *, deepest: int) -> dict[_Look, int]:
    """The looks of headings, largest first, as levels; below the outline's where there is one."""
    body = _body(pages)
    seen: dict[_Look, set[int]] = {}
    for page, lines in enumerate(pages):
        for line in lines:
            if line.upright and _LETTER.search(line.text) and _stands_out(line, body):
                seen.setdefault((line.size, line.bold), set()).add(page)
    # A look that occurs on one inner page belongs to a drawing there.
    looks = [look for look, on in seen.items() if len(on) > 1 or min(on) < _FRONT]
    sizes = sorted({size for size, _ in looks}, reverse=True)
    ranks = {look: min(sizes.index(look[0]) + 1, _RANKS) + deepest for look in looks}
    total = sum(len(lines) for lines in pages)
    titles = sum(1 for lines in pages for line in lines if _rank(line, ranks))
    return ranks if titles <= total * _TOO_MANY or total < 10 else {}


def _stands_out(line: Line, body: _Look) -> bool:
    size, bold = body
    return line.size >= size * (_LARGER_BOLD if line.bold and not bold else _LARGER)


def _body(pages: Sequence[Sequence[Line]]) -> _Look:
    looks: Counter[_Look] = Counter()
    for lines in pages:
        for line in lines:
            looks[line.size, line.bold] += len(line.text)
    return looks.most_common(1)[0][0] if looks else (0.0, False)


def _rank(line: Line, ranks: Mapping[_Look, int]) -> int:
    text = line.text.strip()
    letters = len(_LETTER.findall(text[:_HEADING_LENGTH]))
    if not line.upright or len(text) > _HEADING_LENGTH or letters < 2 or text.endswith((".", ",", ";")):
        return 0
    return ranks.get((line.size, line.bold), 0)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from one line of this page to the next."""
    steps = Counter(round(a.y - b.y) for a, b in pairwise(lines) if a.y - b.y > 1)
    return float(steps.most_common(1)[0][0]) if steps else 0.0


def _apart(last: Line, line: Line, pitch: float) -> bool:
    step = last.y - line.y
    return step < -pitch / 2 or (pitch > 0 and step > pitch * _GAP)
