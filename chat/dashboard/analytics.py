"""Analytics: a span of days and perhaps a bot, figures beside those of the span before, charts, a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat.analytics import figures, svg, tables
from chat.analytics.figures import Span
from chat.analytics.svg import Series, Tone
from chat.dashboard import days, sheet
from chat.dashboard.conversations import ALL, bots_to_choose
from tenants import formats
from tenants.enums import Role
from tenants.pages import FilterForm, Page

RANGES = {
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
}
WEEKS_FROM = 120  # days of a span from which on its charts go by weeks


class SpanForm(FilterForm):
    behind = ("since", "until")

    range = forms.ChoiceField(required=False, label=gettext_lazy("Last"), choices=list(RANGES.items()))
    since = forms.DateField(required=False, label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))
    bot = forms.ChoiceField(required=False, label=gettext_lazy("Bot"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- Django's signature
        super().__init__(*args, **kwargs)
        self.fields["bot"].choices = [*ALL, *bots_to_choose()]  # type: ignore[attr-defined]  # a choice field

    def chosen(self) -> tuple[date, date, UUID | None]:
        """First day, last day and bot; a range that is none is the last 30 days."""
        self.is_valid()
        found, today = self.cleaned_data, timezone.localdate()
        last = max(days.FIRST, min(found.get("until") or today, today))
        first = found.get("since") or last - timedelta(days=int(found.get("range") or 30) - 1)
        if first > last or (last - first).days > 731:
            first = last - timedelta(days=29)
        return first, last, UUID(found["bot"]) if found.get("bot") else None


class Chart:
    """A chart, and the table beside it."""

    def __init__(
        self, *, key: str, title: str, labels: Sequence[str], series: Sequence[Series], is_line: bool = False
    ) -> None:
        self.title, self.series = title, series
        draw = svg.lines if is_line else svg.bars
        drawn = draw(key=key, title=title, labels=labels, series=series)
        self.svg: SafeString = mark_safe(drawn)  # noqa: S308 -- our own shapes; what others wrote is escaped where it is drawn
        self.keys = [
            (
                mark_safe(svg.swatch(key=key, number=at, tone=one.tone, is_line=is_line)),  # noqa: S308 -- our own shapes
                one.name,
            )
            for at, one in enumerate(series)
        ]
        self.rows = [(label, [_cell(one.values[at]) for one in series]) for at, label in enumerate(labels)]


def _cell(value: float | None) -> str:
    return "–" if value is None else formats.shortly(value, 2)


class Analytics(Page):
    section: ClassVar[str] = "analytics"
    template: ClassVar[str] = "dashboard/analytics/analytics.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = SpanForm({"range": "30", **request.GET.dict()})
        first, last, bot_id = form.chosen()
        span = span_of(self, first, last, bot_id)
        length = (last - first).days + 1
        before = span_of(self, first - timedelta(days=length), first - timedelta(days=1), bot_id)
        now, then = figures.summary(span), figures.summary(before)
        points = filled(span, first, last)
        return self.show(
            form=form, first=first, last=last, now=now, charts=charts_of(points), **self.groups(now, then),
            topics=figures.refused_topics(span), cited=figures.cited_documents(span),
        )  # fmt: skip

    def groups(self, now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
        """The leading figures, and the rest by what they are about; costs for admins. A period in which nothing was
        said is none to compare with."""
        is_empty = not (then["conversations"] or then["answers"])

        def of(kind: str, *named: tuple[str, str]) -> list[dict[str, Any]]:
            return [
                {
                    "name": name,
                    "title": title,
                    "kind": kind,
                    "value": now[name],
                    "before": None if is_empty else then[name],
                }
                for name, title in named
            ]

        answers = of(
            "count", ("answers", _("Answers")), ("refused", _("Refused")), ("failed", _("Failed")),
            ("by_people", _("Written by people")),
        )  # fmt: skip
        speed = of(
            "time", ("model_latency_p50", _("Answer time, median")),
            ("model_latency_p95", _("Answer time, slowest 5 %")), ("model_first_word_p50", _("First word, median")),
        )  # fmt: skip
        tokens = ("prompt_tokens", _("Tokens sent")), ("completion_tokens", _("Tokens answered"))
        groups = [
            (_("Answers"), "", [*answers, *of("share", ("approval_rate", _("Found helpful")))]),
            (_("Speed"), _("Of answers that a model wrote; refusals and greetings ask none."), speed),
        ]
        if _sees_costs(self):
            costs = [*of("money", ("cost_usd", _("Cost"))), *of("count", *tokens)]
            groups.append((_("Cost"), _("Of the calls that wrote answers."), costs))
        leading = [
            *of("count", ("conversations", _("Conversations"))), *of("share", ("resolution_rate", _("Resolved"))),
            *of("count", ("unanswered", _("Nothing found")), ("escalated", _("Called for a person"))),
        ]  # fmt: skip
        return {"leading": leading, "figure_groups": groups}


class AnalyticsSheet(Page):
    """The figures by day as CSV."""

    costly: ClassVar[frozenset[str]] = frozenset({"GET"})
    section: ClassVar[str] = "analytics"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = SpanForm({"range": "30", **request.GET.dict()})
        first, last, bot_id = form.chosen()
        points = figures.timeseries(span_of(self, first, last, bot_id))
        bot = str(dict(form.fields["bot"].choices).get(str(bot_id), "")) if bot_id else "All"  # type: ignore[attr-defined]  # a choice field
        text = tables.lines(sheet.rows(points, bot=bot, costs=_sees_costs(self)))
        response = HttpResponse(text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="analytics-{first}-{last}.csv"'
        return response


def _sees_costs(page: Page) -> bool:
    return Role(page.membership.role).covers(Role.ADMIN)


def span_of(page: Page, first: date, last: date, bot_id: UUID | None) -> Span:
    return Span(
        since=days.begins(first), until=days.ends(last), zone=timezone.get_current_timezone_name(), bot_id=bot_id,
        by=page.principal,
    )  # fmt: skip


def filled(span: Span, first: date, last: date) -> list[dict[str, Any]]:
    """By day, or by week where the span is long; days in which nothing happened are there too."""
    step = "week" if (last - first).days > WEEKS_FROM else "day"
    found = {point["day"]: point for point in figures.timeseries(span, step=step)}
    day = first - timedelta(days=first.weekday()) if step == "week" else first
    points = []
    while day <= last:
        points.append(found.get(day) or {**figures.NOTHING, "day": day})
        day += timedelta(days=7 if step == "week" else 1)
    return points


def charts_of(points: Sequence[dict[str, Any]]) -> list[Chart]:
    labels = [formats.moment(point["day"], "day_of_year") for point in points]

    def series(name: str, title: str, tone: Tone, *, per: float = 1) -> Series:
        values = [None if point[name] is None else round(point[name] / per, 3) for point in points]
        return Series(title, values, tone)

    return [
        Chart(key="talks", title=_("Conversations"), labels=labels, series=[
            series("resolved", _("Resolved"), "good"),
            Series(_("Not resolved"), [point["conversations"] - point["resolved"] for point in points], "warn"),
        ]),
        Chart(key="trouble", title=_("What was not answered"), labels=labels, series=[
            series("unanswered", _("Nothing found"), "warn"), series("refused", _("Refused"), "neutral"),
            series("escalated", _("Called for a person"), "accent"), series("failed", _("Failed"), "bad"),
        ]),
        Chart(key="opinions", title=_("Feedback"), labels=labels, series=[
            series("liked", _("Helpful"), "good"), series("disliked", _("Not helpful"), "bad"),
        ]),
        Chart(key="times", title=_("Answer time in seconds"), labels=labels, is_line=True, series=[
            series("model_latency_p50", _("Median"), "accent", per=1000),
            series("model_latency_p95", _("Slowest 5 %"), "neutral", per=1000),
        ]),
    ]  # fmt: skip
