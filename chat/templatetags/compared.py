"""Figures beside those of the period before, in words: by how much, which way, and whether that is good. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.analytics.svg import Tone
from chat.templatetags.answers import dollars, percent, seconds

register = template.Library()

Kind = Literal["count", "share", "time", "money"]
# Whether more of it is good, bad, or neither.
_MORE: Mapping[str, Tone] = {
    "resolution_rate": "good", "approval_rate": "good", "liked": "good", "unanswered": "bad", "escalated": "bad",
    "failed": "bad", "disliked": "bad", "model_latency_p50": "bad", "model_latency_p95": "bad",
    "model_first_word_p50": "bad",
}  # fmt: skip
_TURNED: Mapping[Tone, Tone] = {"good": "bad", "bad": "good"}
_MORE_WORDS = {
    "count": gettext_lazy("%(by)s more than before (%(before)s)"),
    "share": gettext_lazy("%(by)s points more than before (%(before)s)"),
    "time": gettext_lazy("%(by)s slower than before (%(before)s)"),
    "money": gettext_lazy("%(by)s more than before (%(before)s)"),
}
_LESS_WORDS = {
    "count": gettext_lazy("%(by)s fewer than before (%(before)s)"),
    "share": gettext_lazy("%(by)s points fewer than before (%(before)s)"),
    "time": gettext_lazy("%(by)s faster than before (%(before)s)"),
    "money": gettext_lazy("%(by)s less than before (%(before)s)"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """`arrow` is for the eye, `change` says the same in words; `tone` is what the change means."""

    value: str
    arrow: str
    change: str
    tone: Tone


@register.filter
def compared(found: Mapping[str, Any]) -> Figure:
    """A figure as the page of analytics gives it: its `name`, `kind`, `value`, and the one `before`."""
    kind: Kind = found["kind"]
    arrow, change, tone = _change(found["name"], kind, found["value"], found["before"])
    return Figure(value=shown(kind, found["value"]), arrow=arrow, change=change, tone=tone)


def shown(kind: Kind, value: float | None) -> str:
    if kind == "share":
        return percent(value)
    if kind == "time":
        return seconds(value)
    return dollars(value) if kind == "money" else str(value)


def _change(name: str, kind: Kind, now: float | None, then: float | None) -> tuple[str, str, Tone]:
    if now is None or then is None:
        return "", _("nothing to compare with"), "neutral"
    if shown(kind, now) == shown(kind, then):
        return "", _("the same as before"), "neutral"
    more = now > then
    by = f"{abs(now - then) * 100:.0f}" if kind == "share" else shown(kind, abs(now - then))
    words = str((_MORE_WORDS if more else _LESS_WORDS)[kind]) % {"by": by, "before": shown(kind, then)}
    tone = _MORE.get(name, "neutral")
    return "▲" if more else "▼", words, tone if more else _TURNED.get(tone, tone)
