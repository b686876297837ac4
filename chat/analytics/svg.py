"""Charts as inline SVG: shapes with attributes and classes alone, since the pages allow no styles. Pure.

Each has a title and a description for who does not see it; the page puts a table of the same figures beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from tenants import formats

WIDTH, HEIGHT = 480, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
CLASSES = ("chart-a", "chart-b", "chart-c", "chart-d")


@dataclass(frozen=True, slots=True)
class Series:
    """A name and a value for each label; `None` where there is none."""

    name: str
    values: Sequence[float | None]


def bars(*, key: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars of all series, standing on each other. `key` makes the ids unique on the page."""
    totals = [sum(one.values[at] or 0 for one in series) for at in range(len(labels))]
    top = _top(max(totals, default=0))
    step = _step(labels)
    shapes = []
    for at, label in enumerate(labels):
        below = 0.0
        for number, one in enumerate(series):
            value = one.values[at] or 0
            if value:
                high, low = _y(below + value, top), _y(below, top)
                shapes.append(
                    f'<rect class="{CLASSES[number % 4]}" x="{LEFT + at * step + step * 0.15:.1f}" y="{high:.1f}"'
                    f' width="{step * 0.7:.1f}" height="{max(low - high, 0.5):.1f}">'
                    f"<title>{_tip(label, one.name, value)}</title></rect>"
                )
                below += value
    return _chart(key, title, labels, series, top, shapes)


def lines(*, key: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """A line for each series, broken where it has no value."""
    top = _top(max((value for one in series for value in one.values if value is not None), default=0))
    step = _step(labels)
    shapes = []
    for number, one in enumerate(series):
        name = CLASSES[number % 4]
        points = [(LEFT + (at + 0.5) * step, value, at) for at, value in enumerate(one.values)]
        for run in _runs(points):
            path = " ".join(f"{x:.1f},{_y(value, top):.1f}" for x, value, _ in run)
            shapes.append(f'<polyline class="{name} chart-line" fill="none" points="{path}"></polyline>')
        shapes += [
            f'<circle class="{name}" cx="{x:.1f}" cy="{_y(value, top):.1f}" r="2.5">'
            f"<title>{_tip(labels[at], one.name, value)}</title></circle>"
            for x, value, at in points
            if value is not None
        ]
    return _chart(key, title, labels, series, top, shapes)


def _runs(points: Sequence[tuple[float, float | None, int]]) -> list[list[tuple[float, float, int]]]:
    found: list[list[tuple[float, float, int]]] = [[]]
    for x, value, at in points:
        if value is None:
            found.append([])
        else:
            found[-1].append((x, value, at))
    return [run for run in found if len(run) > 1]


def _chart(
    key: str, title: str, labels: Sequence[str], series: Sequence[Series], top: float, shapes: Sequence[str]
) -> str:
    names = ", ".join(one.name for one in series)
    described = f"{names}: {labels[0]} – {labels[-1]}" if labels else names
    grid = "".join(_grid_line(top * part / 4, top) for part in range(5))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{key}-title {key}-text">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-text">{escape(described)}</desc>'
        f"{grid}{''.join(shapes)}{_names(labels)}</svg>"
    )


def _grid_line(value: float, top: float) -> str:
    y = _y(value, top)
    return (
        f'<line class="chart-grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"></line>'
        f'<text class="chart-axis" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(value)}</text>'
    )


def _names(labels: Sequence[str]) -> str:
    """At most seven of them, so that none covers another."""
    step, every = _step(labels), max(1, ceil(len(labels) / 7))
    return "".join(
        f'<text class="chart-axis" x="{LEFT + (at + 0.5) * step:.1f}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(label)}</text>"
        for at, label in enumerate(labels)
        if at % every == 0
    )


def _step(labels: Sequence[str]) -> float:
    return (WIDTH - LEFT - RIGHT) / max(1, len(labels))


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _top(greatest: float) -> float:
    """The end of the axis: a round number that four steps lead to."""
    if greatest <= 0:
        return 4.0
    size = 10 ** floor(log10(greatest))
    return float(next(part * size for part in (1, 2, 4, 6, 8, 10) if part * size >= greatest))


def _short(value: float) -> str:
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{formats.shortly(value / size, 2)}{unit}"
    return formats.shortly(value, 4)


def _tip(label: str, name: str, value: float) -> str:
    return escape(f"{label}: {name} {formats.shortly(value, 3)}")
