"""`/v1/tenant/analytics/…` and `/v1/tenant/readiness`: figures of what was said, and what is left to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors as bots
from chat.analytics import figures, tables
from chat.readiness import operator, tenant
from tenants import zones
from tenants.enums import Role
from tenants.http import TenantView
from tenants.types import Principal

LONGEST = timedelta(days=731)


class AnalyticsFilter(serializers.Serializer[Any]):
    """The last 30 days unless asked otherwise."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    bot = serializers.UUIDField(required=False)
    zone = serializers.CharField(
        required=False, default="UTC", max_length=60, help_text="Whose days, as `Europe/Berlin`."
    )
    form = serializers.ChoiceField(choices=["json", "csv"], required=False, default="json")

    def validate_zone(self, name: str) -> str:
        try:
            zones.zone(name)
        except ValueError as error:
            raise serializers.ValidationError(["A name of the IANA time zone database."]) from error
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.get("until") or timezone.now()
        since = attrs.get("since") or until - timedelta(days=30)
        if since >= until:
            raise serializers.ValidationError({"since": ["Before `until`."]})
        if until - since > LONGEST:
            raise serializers.ValidationError({"since": ["At most two years."]})
        return attrs | {"since": since, "until": until}


class SeriesFilter(AnalyticsFilter):
    step = serializers.ChoiceField(choices=["day", "week"], required=False, default="day")


class FiguresOut(serializers.Serializer[Any]):
    """Shares are of 1, times in milliseconds; null where there is nothing to tell. Costs are for admins and keys."""

    conversations = serializers.IntegerField()
    resolved = serializers.IntegerField()
    resolution_rate = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField()
    refused = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    escalated = serializers.IntegerField()
    failed = serializers.IntegerField()
    by_people = serializers.IntegerField()
    liked = serializers.IntegerField()
    disliked = serializers.IntegerField()
    approval_rate = serializers.FloatField(allow_null=True)
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField(allow_null=True)
    latency_p50 = serializers.FloatField(allow_null=True)
    latency_p95 = serializers.FloatField(allow_null=True)
    first_word_p50 = serializers.FloatField(allow_null=True)
    first_word_p95 = serializers.FloatField(allow_null=True)
    model_latency_p50 = serializers.FloatField(allow_null=True, help_text="Of answers that a model wrote.")
    model_latency_p95 = serializers.FloatField(allow_null=True)
    model_first_word_p50 = serializers.FloatField(allow_null=True)


class RefusedTopicOut(serializers.Serializer[Any]):
    reason = serializers.CharField()
    topic = serializers.CharField(allow_blank=True)
    times = serializers.IntegerField()


class MostCitedOut(serializers.Serializer[Any]):
    document_id = serializers.UUIDField()
    title = serializers.CharField()
    answers = serializers.IntegerField()


class SummaryOut(FiguresOut):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    refused_topics = RefusedTopicOut(many=True)
    cited_documents = MostCitedOut(many=True)


class PointOut(FiguresOut):
    day = serializers.DateField()


class SeriesOut(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    step = serializers.CharField()
    points = PointOut(many=True)


class LineOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    group = serializers.ChoiceField(choices=["data", "security", "testing", "operator"])
    title = serializers.CharField()
    is_done = serializers.BooleanField()
    why = serializers.CharField()
    applies = serializers.BooleanField(help_text="false: this bot needs none of it, so that it counts for nothing.")


class ReadinessFilter(serializers.Serializer[Any]):
    bot = serializers.UUIDField(required=False, help_text="Without one: the operator's lines alone.")


class ReadinessOut(serializers.Serializer[Any]):
    lines = LineOut(many=True)


class _AnalyticsView(TenantView):
    costly: ClassVar[frozenset[str]] = frozenset({"GET"})
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "analytics:read"}

    def asked(self, request: Request, shape: type[AnalyticsFilter]) -> tuple[figures.Span, dict[str, Any]]:
        bound = shape(data=request.query_params)
        bound.is_valid(raise_exception=True)
        asked = bound.validated_data
        span = figures.Span(
            since=asked["since"], until=asked["until"], zone=asked["zone"], bot_id=asked.get("bot"), by=self.principal
        )
        return span, asked


class SummaryView(_AnalyticsView):
    @extend_schema(
        parameters=[AnalyticsFilter], operation_id="tenant_analytics_summary",
        responses={(200, "application/json"): SummaryOut, (200, "text/csv"): OpenApiTypes.STR},
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        span, asked = self.asked(request, AnalyticsFilter)
        found = _shown(figures.summary(span), self.principal)
        if asked["form"] == "csv":
            return sheet("summary", ["figure", "value"], [[name, found[name]] for name in figures.FIGURES])
        topics, cited = figures.refused_topics(span), figures.cited_documents(span)
        told = {**found, "since": span.since, "until": span.until, "refused_topics": topics, "cited_documents": cited}
        return Response(SummaryOut(told).data)


class TimeseriesView(_AnalyticsView):
    @extend_schema(
        parameters=[SeriesFilter], operation_id="tenant_analytics_timeseries",
        responses={(200, "application/json"): SeriesOut, (200, "text/csv"): OpenApiTypes.STR},
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        """By day or week; one in which nothing happened is left out."""
        span, asked = self.asked(request, SeriesFilter)
        points = [_shown(point, self.principal) for point in figures.timeseries(span, step=asked["step"])]
        if asked["form"] == "csv":
            names = ["day", *figures.FIGURES]
            return sheet("timeseries", names, [[point[name] for name in names] for point in points])
        told = {"since": span.since, "until": span.until, "step": asked["step"], "points": points}
        return Response(SeriesOut(told).data)


class ReadinessView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "bots:read"}

    @extend_schema(parameters=[ReadinessFilter], responses=ReadinessOut, operation_id="tenant_readiness")
    def get(self, request: Request) -> Response:
        """What is left to do before a bot goes to customers, computed from what is there."""
        bound = ReadinessFilter(data=request.query_params)
        bound.is_valid(raise_exception=True)
        bot_id = bound.validated_data.get("bot")
        if bot_id:
            bots.profile(bot_id, opened_by=self.principal.key_id)
        lines = [*(tenant.lines(bots.bot(bot_id)) if bot_id else ()), *operator.lines()]
        return Response(ReadinessOut({"lines": lines}).data)


def sheet(name: str, head: list[str], rows: list[list[object]]) -> HttpResponse:
    response = HttpResponse(tables.lines([head, *rows]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _shown(found: dict[str, Any], by: Principal) -> dict[str, Any]:
    """What models cost is for admins, and for keys that may read it."""
    sees = by.kind == "key" or (by.role is not None and by.role.covers(Role.ADMIN))
    return found if sees else {**found, "cost_usd": None}
