"""Rows as CSV that a spreadsheet may open: a cell that would be a formula there is text. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, float):
        rounded = round(value, 6)  # what sums leave behind tells nothing
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
