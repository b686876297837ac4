"""What is known of a PDF's page before it becomes blocks."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: the size of its letters in points, and the box around it (`x` to `right`, `y` to `top`)."""

    text: str
    size: float
    bold: bool
    upright: bool
    x: float
    right: float
    y: float
    top: float


@dataclass(frozen=True, slots=True)
class Table:
    """`lines` are the places, among the page's lines, of those that stand in it; the first row may be the header."""

    rows: Sequence[Sequence[str]]
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class Page:
    lines: Sequence[Line]
    tables: Sequence[Table] = ()
