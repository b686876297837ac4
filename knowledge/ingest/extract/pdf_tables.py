"""Tables of a PDF's page, found by the rules that are drawn around their cells; pure but for the words of a box.

Two kinds are recognised, because they can be told for sure. A grid has rules across and down. A ruled head has only a
rule under its header, drawn column by column; its rows are the lines below it that keep to the columns, and a row
begins where something stands in the first one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowledge.ingest.extract.pdf_types import Line, Table

_NEAR: Final = 2.5  # points: two rules as far apart are one
_COLUMN: Final = 12.0  # the least width of a column
_ROW: Final = 5.0  # the least height of a row
_COVERS: Final = 0.6  # of a row's height that a rule down must go along to part its cells
_FILLED: Final = 0.4  # of a table's cells hold something
_REGULAR: Final = 0.6  # of a table's rows have the same number of cells
_CUT: Final = 0.03  # of its words stand across a rule: more, and it is a drawing
_LONGEST: Final = 1_500  # characters: a cell with more is a frame around a text
_GAP: Final = 2.2  # lines' heights: a wider gap ends a table that only its head rules

Box = tuple[float, float, float, float]
Words = Callable[[Box], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across at a height, or down at a place; `start` to `end` along it."""

    across: bool
    at: float
    start: float
    end: float


def found(lines: Sequence[Line], rules: Sequence[Rule], words: Words) -> list[Table]:
    if len(rules) < 3:
        return []
    tables = [table for box in _grids(rules) if (table := _grid(box, rules, lines, words))]
    taken = frozenset(at for table in tables for at in table.lines)
    for head in _heads(rules):
        table = _under(head, lines, taken, words)
        if table:
            tables.append(table)
            taken |= table.lines
    return tables


def _grids(rules: Sequence[Rule]) -> list[Box]:
    """The boxes around rules that touch each other, where some go across and some down."""
    groups: list[list[Rule]] = []
    for rule in rules:
        touching = [group for group in groups if any(_touch(rule, other) for other in group)]
        merged = [rule, *(other for group in touching for other in group)]
        groups = [group for group in groups if group not in touching] + [merged]
    boxes = []
    for group in groups:
        across = [rule for rule in group if rule.across]
        down = [rule for rule in group if not rule.across]
        if len(_places(across)) >= 3 and len(_places(down)) >= 3:
            boxes.append(
                (min(r.start for r in across), min(r.at for r in across), max(r.end for r in across),
                 max(r.at for r in across))
            )  # fmt: skip
    return boxes


def _touch(rule: Rule, other: Rule) -> bool:
    if rule.across == other.across:
        apart = abs(rule.at - other.at) <= _NEAR
        return apart and rule.start <= other.end + _NEAR and other.start <= rule.end + _NEAR
    return other.start - _NEAR <= rule.at <= other.end + _NEAR and rule.start - _NEAR <= other.at <= rule.end + _NEAR


def _places(rules: Sequence[Rule]) -> list[float]:
    """Where the rules are, those that are one counted once, in order."""
    places: list[float] = []
    for at in sorted(rule.at for rule in rules):
        if not places or at - places[-1] > _NEAR:
            places.append(at)
    return places


def _grid(box: Box, rules: Sequence[Rule], lines: Sequence[Line], words: Words) -> Table | None:
    left, bottom, right, top = box
    inside = [rule for rule in rules if _is_in(rule, box)]
    across = [rule for rule in inside if rule.across]
    down = [rule for rule in inside if not rule.across]
    heights = [
        at for at in _places(across)
        if sum(r.end - r.start for r in across if abs(r.at - at) <= _NEAR) >= (right - left) * 0.5
    ]  # fmt: skip
    rows = []
    for low, high in reversed(list(pairwise(heights))):
        if high - low >= _ROW:
            parting = [r for r in down if min(r.end, high) - max(r.start, low) >= (high - low) * _COVERS]
            edges = [left, *(at for at in _places(parting) if left + _NEAR < at < right - _NEAR), right]
            columns = [(a, b) for a, b in pairwise(edges) if b - a >= _COLUMN / 2]
            rows.append([words((a, low, b, high)) for a, b in columns])
    rows = [row for row in rows if any(row)]
    within = frozenset(
        at for at, line in enumerate(lines)
        if left - _NEAR <= (line.x + line.right) / 2 <= right + _NEAR and bottom <= (line.y + line.top) / 2 <= top
    )  # fmt: skip
    whole = Counter(words(box).split())
    cut = whole - Counter(word for row in rows for cell in row for word in cell.split())
    return Table(rows, within) if _is_table(rows) and within and cut.total() <= whole.total() * _CUT else None


def _is_in(rule: Rule, box: Box) -> bool:
    left, bottom, right, top = box
    middle = (rule.start + rule.end) / 2
    x, y = (middle, rule.at) if rule.across else (rule.at, middle)
    return left - _NEAR <= x <= right + _NEAR and bottom - _NEAR <= y <= top + _NEAR


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    cells = [cell for row in rows for cell in row]
    usual, often = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    return (
        len(rows) >= 2
        and usual > 1
        and often >= len(rows) * _REGULAR
        and sum(len(cell) > 1 for cell in cells) >= len(rows)
        and sum(map(bool, cells)) >= len(cells) * _FILLED
        and max(map(len, cells)) <= _LONGEST
    )


def _heads(rules: Sequence[Rule]) -> Iterator[tuple[float, list[float]]]:
    """Rules across that are drawn in pieces, from the top: their height, and the edges of their columns."""
    across = [rule for rule in rules if rule.across]
    down = [rule for rule in rules if not rule.across]
    for at in reversed(_places(across)):
        pieces = sorted((r for r in across if abs(r.at - at) <= _NEAR), key=lambda r: r.start)
        edges = [pieces[0].start]
        for piece, following in pairwise(pieces):
            if following.start - piece.end > _NEAR:
                break
            if following.start - edges[-1] >= _COLUMN:
                edges.append(following.start)
        else:
            edges.append(max(piece.end for piece in pieces))
            crossed = any(r.start - _NEAR <= at <= r.end + _NEAR for r in down)
            if len(edges) > 2 and not crossed:
                yield at, edges


def _under(head: tuple[float, list[float]], lines: Sequence[Line], taken: frozenset[int], words: Words) -> Table | None:
    at, edges = head
    above = [n for n, line in enumerate(lines) if 0 <= line.y - at <= 2 * line.size and n not in taken]
    if not above or not all(_keeps_to(lines[n], edges, words) for n in above):
        return None
    rows, used, low = [_cells(above, lines, edges, words)], set(above), at
    for n in sorted(range(len(lines)), key=lambda n: -lines[n].top):
        line = lines[n]
        if line.top > at + 1 or n in taken or n in used:
            continue
        if low - line.top > line.size * _GAP or not _keeps_to(line, edges, words):
            break
        used.add(n)
        low = min(low, line.y)
    body = sorted(used - set(above), key=lambda n: -lines[n].top)
    rows.extend(_cells(row, lines, edges, words) for row in _rows(body, lines, edges))
    return Table(rows, frozenset(used)) if _is_table(rows) else None


def _rows(body: Sequence[int], lines: Sequence[Line], edges: Sequence[float]) -> Iterator[list[int]]:
    row: list[int] = []
    pictured = not any(lines[n].x < edges[1] - 1 for n in body)  # nothing is written in the first column
    for n in body:
        reaches = any(lines[n].x < edge < lines[n].right for edge in edges[1:-1]) if pictured else False
        begins = (reaches or lines[n].x < edges[1] - 1) and not any(
            abs(lines[n].y - lines[m].y) < lines[n].size / 2 for m in row
        )
        if row and begins:
            yield row
            row = []
        row.append(n)
    if row:
        yield row


def _cells(row: Sequence[int], lines: Sequence[Line], edges: Sequence[float], words: Words) -> list[str]:
    low, high = min(lines[n].y for n in row) - 1, max(lines[n].top for n in row) + 1
    return [words((a - 1, low, b - 1, high)) for a, b in pairwise(edges)]


def _keeps_to(line: Line, edges: Sequence[float], words: Words) -> bool:
    """Whether the line's words stand in columns: none lies across an edge."""
    if line.x < edges[0] - _COLUMN or line.right > edges[-1] + _COLUMN:
        return False
    crossed = [edge for edge in edges[1:-1] if line.x < edge < line.right]
    return not any(words((edge - 3, line.y, edge + 1, line.top)) for edge in crossed)
