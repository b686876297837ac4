"""The figures by day as rows that people read: headers that stay, shares in percent, times in seconds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Of a figure: its header, what it is divided by, and to how many places it is rounded.
_COLUMNS: Mapping[str, tuple[str, float, int]] = {
    "conversations": ("Conversations", 1, 0),
    "resolved": ("Resolved", 1, 0),
    "resolution_rate": ("Resolved %", 0.01, 1),
    "answers": ("Answers", 1, 0),
    "refused": ("Refused", 1, 0),
    "unanswered": ("Nothing found", 1, 0),
    "escalated": ("Called for a person", 1, 0),
    "failed": ("Failed", 1, 0),
    "by_people": ("Written by people", 1, 0),
    "liked": ("Helpful", 1, 0),
    "disliked": ("Not helpful", 1, 0),
    "approval_rate": ("Helpful %", 0.01, 1),
    "model_latency_p50": ("Answer time median s", 1000, 2),
    "model_latency_p95": ("Answer time slowest 5% s", 1000, 2),
    "model_first_word_p50": ("First word median s", 1000, 2),
    "prompt_tokens": ("Tokens in", 1, 0),
    "completion_tokens": ("Tokens out", 1, 0),
    "cost_usd": ("Cost USD", 1, 4),
}


def rows(points: Sequence[Mapping[str, Any]], *, bot: str, costs: bool) -> Iterator[list[object]]:
    """The headers, then a row for each day; `bot` is whose they are, `costs` whether what they cost is told."""
    names = [name for name in _COLUMNS if costs or name != "cost_usd"]
    yield ["Day", "Bot", *(_COLUMNS[name][0] for name in names)]
    for point in points:
        yield [point["day"], bot, *(_cell(name, point[name]) for name in names)]


def _cell(name: str, value: float | None) -> float | None:
    _header, per, places = _COLUMNS[name]
    return None if value is None else round(value / per, places)
