"""`/v1/tenant/bots/{id}/test-sets/…`: questions with what is expected of the answers. Their runs are in `chat.api`."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from bots import parsers, selectors, services
from bots.api import testing_shapes as shapes
from bots.api.frame import EditorView
from tenants.parsers import JsonParser


class TestSetsView(EditorView):
    @extend_schema(responses=shapes.TestSetOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        return self.page(selectors.all_test_sets(selectors.bot(bot_id)), shapes.TestSetOut)

    @extend_schema(request=shapes.TestSetIn, responses={201: shapes.TestSetOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        row = services.create_test_set(by=self.principal, bot_id=bot_id, **self.data(shapes.TestSetIn))
        return Response(shapes.TestSetOut(row).data, status=201)


class TestSetView(EditorView):
    @extend_schema(responses=shapes.TestSetOut)
    def get(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        return Response(shapes.TestSetOut(selectors.one_test_set(bot_id=bot_id, set_id=set_id)).data)

    @extend_schema(request=shapes.TestSetIn(partial=True), responses=shapes.TestSetOut)
    def put(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        changes = self.data(shapes.TestSetIn)
        row = services.update_test_set(by=self.principal, bot_id=bot_id, set_id=set_id, **changes)
        return Response(shapes.TestSetOut(row).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        """Refused while the bot requires it."""
        selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        services.delete_test_set(by=self.principal, bot_id=bot_id, set_id=set_id)
        return Response(status=204)


class CasesView(EditorView):
    @extend_schema(responses=parsers.CaseOut(many=True))
    def get(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        row = selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        return self.page(row.cases.order_by("created_at", "id"), parsers.CaseOut)

    @extend_schema(request=parsers.CaseIn, responses={201: parsers.CaseOut})
    def post(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        case = services.create_case(by=self.principal, bot_id=bot_id, set_id=set_id, **self.data(parsers.CaseIn))
        return Response(parsers.CaseOut(case).data, status=201)


class CaseView(EditorView):
    @extend_schema(responses=parsers.CaseOut)
    def get(self, request: Request, bot_id: UUID, set_id: UUID, case_id: UUID) -> Response:
        row = selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        return Response(parsers.CaseOut(selectors.one_test_case(test_set=row, case_id=case_id)).data)

    @extend_schema(request=parsers.CaseIn(partial=True), responses=parsers.CaseOut)
    def put(self, request: Request, bot_id: UUID, set_id: UUID, case_id: UUID) -> Response:
        selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        case = services.update_case(
            by=self.principal, bot_id=bot_id, set_id=set_id, case_id=case_id, **self.data(parsers.CaseIn)
        )
        return Response(parsers.CaseOut(case).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, set_id: UUID, case_id: UUID) -> Response:
        services.delete_case(by=self.principal, bot_id=bot_id, set_id=set_id, case_id=case_id)
        return Response(status=204)


class ImportView(EditorView):
    """Cases as lines of JSON, all of them or none."""

    most_bytes = parsers.MOST_BYTES
    parser_classes: ClassVar[list[type[BaseParser]]] = [JsonParser, parsers.LinesParser]  # type: ignore[misc]  # DRF leaves it an instance's

    @extend_schema(
        request={"application/json": parsers.CasesIn, parsers.MEDIA_TYPE: OpenApiTypes.STR},
        responses=shapes.ImportedOut,
    )
    def post(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        cases = self.data(parsers.CasesIn)["cases"]
        added, replaced = services.import_cases(by=self.principal, bot_id=bot_id, set_id=set_id, cases=cases)
        return Response(shapes.ImportedOut({"added": added, "replaced": replaced}).data)


class ExportView(EditorView):
    """All cases as lines of JSON, ready to be imported again."""

    @extend_schema(responses={(200, parsers.MEDIA_TYPE): OpenApiTypes.STR})
    def get(self, request: Request, bot_id: UUID, set_id: UUID) -> HttpResponse:
        row = selectors.one_test_set(bot_id=bot_id, set_id=set_id)
        answer = HttpResponse(parsers.written(row.cases.order_by("created_at", "id")), content_type=parsers.MEDIA_TYPE)
        answer["Content-Disposition"] = f'attachment; filename="test-set-{row.id}.jsonl"'
        return answer
