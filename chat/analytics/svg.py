"""Charts as inline SVG: shapes with attributes and classes alone, since the pages allow no styles. Pure.

Each has a title and a description for who does not see it; the page puts a table of the same figures beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Literal

from tenants import formats

WIDTH, HEIGHT = 480, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
_DASHES = ' stroke-dasharray="5 3"'
# What a series stands for, whose colour the stylesheet has; those with a pattern are told apart without colours too.
Tone = Literal["good", "bad", "warn", "neutral", "accent"]
_PATTERNS: Mapping[str, str] = {
    "bad": '<path d="M0 0L6 6M6 0L0 6"></path>',
    "warn": '<path d="M0 6L6 0"></path>',
    "accent": '<circle cx="3" cy="3" r="1.2"></circle>',
}


@dataclass(frozen=True, slots=True)
class Series:
    """A name and a value for each label; `None` where there is none."""

    name: str
    values: Sequence[float | None]
    tone: Tone = "neutral"


def bars(*, key: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars of counts, those of all series standing on each other. `key` makes the ids unique on the page."""
    totals = [sum(one.values[at] or 0 for one in series) for at in range(len(labels))]
    top = ceil(_top(max(totals, default=0)) / 4) * 4.0  # so that each of its four steps is a whole number
    step = _step(labels)
    shapes = []
    for at, label in enumerate(labels):
        below = 0.0
        for one in series:
            value = one.values[at] or 0
            if value:
                high, low = _y(below + value, top), _y(below, top)
                place = (LEFT + at * step + step * 0.15, high, step * 0.7, max(low - high, 0.5))
                shapes.append(_box(key, one.tone, place, tip=_tip(label, one.name, value)))
                below += value
    return _chart(key, title, labels, series, top, [_patterns(key, series), *shapes])


def lines(*, key: str, title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """A line for each series, broken where it has no value."""
    top = _top(max((value for one in series for value in one.values if value is not None), default=0))
    step = _step(labels)
    shapes = []
    for number, one in enumerate(series):
        name, dashes = f"chart-{one.tone}", _DASHES if number else ""
        points = [(LEFT + (at + 0.5) * step, value, at) for at, value in enumerate(one.values)]
        for run in _runs(points):
            path = " ".join(f"{x:.1f},{_y(value, top):.1f}" for x, value, _ in run)
            shapes.append(f'<polyline class="{name} chart-line" fill="none"{dashes} points="{path}"></polyline>')
        shapes += [
            _point(name, x, _y(value, top), is_round=not number, tip=_tip(labels[at], one.name, value))
            for x, value, at in points
            if value is not None
        ]
    return _chart(key, title, labels, series, top, shapes)


def swatch(*, key: str, number: int, tone: Tone, is_line: bool) -> str:
    """The sign of a series in the legend of its chart."""
    if not is_line:
        shape = _box(key, tone, (0.5, 0.5, 11, 11))
    else:
        dashes = _DASHES if number else ""
        line = f'<line class="chart-{tone} chart-line"{dashes} x1="0" x2="12" y1="6" y2="6"></line>'
        shape = line + _point(f"chart-{tone}", 6, 6, is_round=not number)
    return f'<svg viewBox="0 0 12 12" aria-hidden="true" class="chart-swatch">{shape}</svg>'


def _box(key: str, tone: Tone, place: tuple[float, float, float, float], *, tip: str = "") -> str:
    """A box in the colour of what it stands for, and its pattern over it."""
    x, y, width, height = place
    where = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    box = f'<rect class="chart-{tone}" {where}>{f"<title>{tip}</title>" if tip else ""}</rect>'
    over = f'<rect class="chart-over" fill="url(#{key}-{tone})" {where}></rect>' if tone in _PATTERNS else ""
    return box + over


def _point(name: str, x: float, y: float, *, is_round: bool, tip: str = "") -> str:
    said = f"<title>{tip}</title>" if tip else ""
    if is_round:
        return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="2.5">{said}</circle>'
    return f'<rect class="{name}" x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5">{said}</rect>'


def _patterns(key: str, series: Sequence[Series]) -> str:
    used = sorted({one.tone for one in series} & set(_PATTERNS))
    drawn = "".join(
        f'<pattern id="{key}-{tone}" class="chart-pattern" width="6" height="6" patternUnits="userSpaceOnUse">'
        f"{_PATTERNS[tone]}</pattern>"
        for tone in used
    )
    return f"<defs>{drawn}</defs>"


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
