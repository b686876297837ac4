"""Measurements kept to be compared with later ones, case by case.

The file holds the ids of a row's cases once, and each measure as a column beside them. Only cases that both have are
compared; a row or a measure that only one has is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chat.evaluation import metrics, significance
from chat.evaluation.types import Change, Row, Table, Values
from tenants.errors import Invalid

FORMAT: Final = 1
_DIGITS: Final = 4
Key = tuple[str, str, str]  # part, row, measure
Changes = Mapping[Key, Change]
Kept = dict[tuple[str, str, str], dict[str, float]]


class BadBaseline(Invalid):
    title = "The baseline cannot be read"


def save(path: Path, tables: Sequence[Table]) -> None:
    rows = {f"{table.part}/{row.name}": _columns(row) for table in tables for row in table.rows if row.measures}
    text = json.dumps({"format": FORMAT, "rows": rows}, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> Kept:
    """Raises `BadBaseline`."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise BadBaseline(f"{path} was saved by another version.")
        return {
            (*name.split("/", 1), measure): {
                case: value for case, value in zip(row["ids"], column, strict=True) if value is not None
            }
            for name, row in kept["rows"].items()
            for measure, column in row["measures"].items()
        }
    except OSError as error:
        raise BadBaseline(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadBaseline(f"{path} was not saved by `--save`.") from None


def compare(tables: Sequence[Table], before: Kept) -> dict[Key, Change]:
    found = {}
    for table in tables:
        for row in table.rows:
            for measure, values in row.measures.items():
                key = (table.part, row.name, measure)
                change = _change(before.get(key, {}), values)
                if change:
                    found[key] = change
    return found


def _change(before: Values, after: Values) -> Change | None:
    shared = sorted(before.keys() & after.keys())
    if not shared:
        return None
    old, new = [before[case] for case in shared], [round(after[case], _DIGITS) for case in shared]
    return Change(metrics.mean(old), metrics.mean(new), significance.p_value(old, new), len(shared))


def _columns(row: Row) -> dict[str, Any]:
    ids = list(dict.fromkeys(case for values in row.measures.values() for case in values))
    columns = {measure: [_short(values.get(case)) for case in ids] for measure, values in row.measures.items()}
    return {"ids": ids, "measures": columns}


def _short(value: float | None) -> float | None:
    """Whole numbers without a point: most values are 0 or 1."""
    if value is None:
        return None
    return int(value) if value == int(value) else round(value, _DIGITS)
