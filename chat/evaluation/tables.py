"""How rows of a table are made of cases; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat.evaluation.types import Row

ALL = "**all**"


def by_measure(found: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Cases with their measures as measures with their cases."""
    turned: dict[str, dict[str, float]] = {}
    for case, values in found.items():
        for measure, value in values.items():
            turned.setdefault(measure, {})[case] = value
    return turned


def with_all(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows under one of all their cases, which sees small changes that go the same way everywhere."""
    if len(rows) < 2:
        return tuple(rows)
    pooled: dict[str, dict[str, float]] = {}
    for row in rows:
        for measure, values in row.measures.items():
            pooled.setdefault(measure, {}).update({f"{row.name} {case}": value for case, value in values.items()})
    return (Row(ALL, pooled), *rows)
