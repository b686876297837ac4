"""`/v1/tenant/gaps/…`: what customers ask and the documents do not answer."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chat import selectors, services
from chat.enums import GapKind, GapStatus
from chat.models import Gap, GapQuestion
from tenants.enums import Role
from tenants.http import StrictSerializer, TenantView

MOST = 100  # questions that are shown of a gap


class GapFilter(serializers.Serializer[Any]):
    """The query of the list."""

    bot = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=GapStatus.choices, required=False)
    kind = serializers.ChoiceField(choices=GapKind.choices, required=False, help_text="One of its questions is this.")


class GapOut(serializers.ModelSerializer[Gap]):
    """`count` is how often it was asked; `kinds` how it showed that it was not answered."""

    bot_id = serializers.UUIDField()
    bot_name = serializers.CharField(source="bot.name")
    count = serializers.IntegerField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=GapKind.choices))

    class Meta:
        model = Gap
        fields = [
            "id", "bot_id", "bot_name", "question", "count", "kinds", "status", "first_at", "last_at", "dataset_id",
            "document_id", "settled_at", "settled_by", "reopened_at",
        ]  # fmt: skip


class QuestionOut(serializers.ModelSerializer[GapQuestion]):
    message_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField(source="message.conversation_id")

    class Meta:
        model = GapQuestion
        fields = ["text", "kind", "asked_at", "message_id", "conversation_id"]


class GapDetail(GapOut):
    questions = serializers.SerializerMethodField()

    class Meta(GapOut.Meta):
        fields = [*GapOut.Meta.fields, "questions"]

    @extend_schema_field(QuestionOut(many=True))
    def get_questions(self, row: Gap) -> Any:  # noqa: ANN401 -- as DRF types it
        return QuestionOut(selectors.questions_of(row)[:MOST], many=True).data


class AnswerIn(StrictSerializer):
    dataset_id = serializers.UUIDField(help_text="One that the bot answers from.")
    question = serializers.CharField(required=False, max_length=1_000, help_text="The gap's own unless given.")
    answer = serializers.CharField(max_length=20_000)
    title = serializers.CharField(required=False, max_length=200, default="", allow_blank=True)


class GapsView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "analytics:read"}

    @extend_schema(parameters=[GapFilter], responses=GapOut(many=True))
    def get(self, request: Request) -> Response:
        asked = GapFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = selectors.visible(selectors.gaps(), by=self.principal)
        return self.page(selectors.filtered_gaps(rows, asked.validated_data), GapOut)


class GapView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "analytics:read"}

    @extend_schema(responses=GapDetail)
    def get(self, request: Request, gap_id: UUID) -> Response:
        """With its latest questions."""
        return Response(GapDetail(selectors.gap(gap_id, by=self.principal)).data)


class _GapView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def told(self, gap_id: UUID) -> Response:
        return Response(GapDetail(selectors.gap(gap_id, by=self.principal)).data)


class AnswerView(_GapView):
    @extend_schema(request=AnswerIn, responses=GapDetail)
    def post(self, request: Request, gap_id: UUID) -> Response:
        """Write the answer: it becomes a document of that dataset."""
        given = self.data(AnswerIn)
        given.setdefault("question", selectors.gap(gap_id, by=self.principal).question)
        services.answer_gap(by=self.principal, gap_id=gap_id, **given)
        return self.told(gap_id)


class SolveView(_GapView):
    @extend_schema(request=None, responses=GapDetail)
    def post(self, request: Request, gap_id: UUID) -> Response:
        """The documents answer it by now. Asked again without an answer it is open again."""
        services.solve_gap(by=self.principal, gap_id=gap_id)
        return self.told(gap_id)


class DismissView(_GapView):
    @extend_schema(request=None, responses=GapDetail)
    def post(self, request: Request, gap_id: UUID) -> Response:
        """It is nothing for the bot."""
        services.dismiss_gap(by=self.principal, gap_id=gap_id)
        return self.told(gap_id)


class ReopenView(_GapView):
    @extend_schema(request=None, responses=GapDetail)
    def post(self, request: Request, gap_id: UUID) -> Response:
        services.reopen_gap(by=self.principal, gap_id=gap_id)
        return self.told(gap_id)
