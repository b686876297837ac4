"""The tables as Markdown for people and as JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from chat.evaluation import metrics
from chat.evaluation.baseline import Changes
from chat.evaluation.types import Change, Row, Table

_WHOLE = {"documents", "unknown", "failed", "searched"}


def markdown(tables: Sequence[Table], changes: Changes | None = None) -> str:
    """With `changes` every figure that moved by more than noise says from where."""
    parts = [_markdown(table, changes or {}) for table in tables]
    if changes is not None:
        parts.append(verdict(changes))
    return "\n\n".join(parts) + "\n"


def verdict(changes: Changes) -> str:
    real = [change for change in changes.values() if change.is_real]
    if not changes:
        return "The baseline has none of these cases: nothing could be compared."
    if not real:
        return f"No difference to the baseline that is more than noise ({len(changes)} figures compared)."
    better = sum(change.after > change.before for change in real)
    by_chance = len(changes) * 0.05
    return (
        f"Against the baseline {better} of {len(changes)} figures rose and {len(real) - better} fell by more than "
        f"noise (p < 0.05; chance alone marks up to {by_chance:.0f} of them). Whether higher is better the column says."
    )


def data(tables: Sequence[Table], changes: Changes | None = None) -> list[dict[str, Any]]:
    return [
        {
            "part": table.part,
            "title": table.title,
            "note": table.note,
            "rows": [_row(table, row, changes or {}) for row in table.rows],
        }
        for table in tables
    ]


def _markdown(table: Table, changes: Changes) -> str:
    measures = list(dict.fromkeys(name for row in table.rows for name in row.measures))
    facts = list(dict.fromkeys(name for row in table.rows for name in row.facts))
    head = ["", "cases", *measures, *facts]
    lines = [f"### {table.title}", "", _line(head), "|---" + "|--:" * (len(head) - 1) + "|"]
    for row in table.rows:
        cells = [row.name, str(_cases(row))]
        cells += [_measure(row, name, changes.get((table.part, row.name, name))) for name in measures]
        cells += [_fact(name, row.facts[name]) if name in row.facts else "" for name in facts]
        lines.append(_line(cells))
    return "\n".join([*lines, *(["", table.note] if table.note else [])])


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cases(row: Row) -> int:
    return len({case for values in row.measures.values() for case in values})


def _measure(row: Row, name: str, change: Change | None) -> str:
    if name not in row.measures:
        return ""
    shown = _figure(metrics.mean(row.measures[name].values()))
    if change is None or not change.is_real:
        return shown
    sign = "▲" if change.after > change.before else "▼"
    return f"{shown} {sign} {change.after - change.before:+.3f}"


def _fact(name: str, value: float) -> str:
    return f"{value:.0f}" if name in _WHOLE else f"{value:.1f}" if name.endswith(" ms") else _figure(value)


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _row(table: Table, row: Row, changes: Changes) -> dict[str, Any]:
    figures = {name: _number(metrics.mean(values.values())) for name, values in row.measures.items()}
    moved = {
        name: {"before": _number(change.before), "p": _number(change.p), "cases": change.cases, "real": change.is_real}
        for name in row.measures
        if (change := changes.get((table.part, row.name, name)))
    }
    facts = {name: _number(value) for name, value in row.facts.items()}
    return {"name": row.name, "cases": _cases(row), **figures, **facts, **({"against": moved} if moved else {})}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
