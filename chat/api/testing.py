"""Runs of a bot's test sets, and turns of talk that become cases of one."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors as bots
from bots import services as tests
from chat import services
from chat.api import testing_shapes as shapes
from chat.testing import comparison
from tenants.enums import Role
from tenants.http import TenantView

_PAGES = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class RunsView(TenantView):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "POST": Role.EDITOR}
    scopes: ClassVar[dict[str, str]] = {"GET": "bots:read", "POST": "bots:write"}

    @extend_schema(responses=shapes.RunOut(many=True))
    def get(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        row = bots.one_test_set(bot_id=bot_id, set_id=set_id)
        return self.page(bots.all_test_runs(row), shapes.RunOut)

    @extend_schema(request=shapes.RunIn, responses={202: shapes.RunOut})
    def post(self, request: Request, bot_id: UUID, set_id: UUID) -> Response:
        """Ask all cases, in the background."""
        row = bots.one_test_set(bot_id=bot_id, set_id=set_id)
        asked = self.data(shapes.RunIn)
        run = services.start_tests(by=self.principal, bot_id=bot_id, set_id=set_id, version=asked.get("version"))
        return Response(shapes.RunOut(bots.one_test_run(test_set=row, run_id=run.id)).data, status=202)


class RunView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "bots:read"}

    @extend_schema(parameters=[shapes.ResultFilter, *_PAGES], responses=shapes.RunDetail)
    def get(self, request: Request, bot_id: UUID, set_id: UUID, run_id: UUID) -> Response:
        """How far it is, what came of each case, and what is different from the run before."""
        row = bots.one_test_set(bot_id=bot_id, set_id=set_id)
        run = bots.one_test_run(test_set=row, run_id=run_id)
        asked = shapes.ResultFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        passed = asked.validated_data["passed"]
        results = run.results.order_by("position")
        page = self.page(results if passed is None else results.filter(passed=passed), shapes.ResultOut)
        compared = comparison.with_previous(run)
        found = {
            **shapes.RunOut(run).data,
            "comparison": shapes.ComparisonOut(compared).data if compared else None,
            "results": page.data,
        }
        return Response(found)


class CancelView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}
    scopes: ClassVar[dict[str, str]] = {"POST": "bots:write"}

    @extend_schema(request=None, responses=shapes.RunOut)
    def post(self, request: Request, bot_id: UUID, set_id: UUID, run_id: UUID) -> Response:
        """Ask no further case: the run has failed."""
        tests.cancel_run(by=self.principal, bot_id=bot_id, set_id=set_id, run_id=run_id)
        row = bots.one_test_set(bot_id=bot_id, set_id=set_id)
        return Response(shapes.RunOut(bots.one_test_run(test_set=row, run_id=run_id)).data)


class SaveView(TenantView):
    """For people: a key would read what customers said with a scope for bots."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    @extend_schema(request=shapes.SaveIn, responses={201: shapes.SavedOut})
    def post(self, request: Request, conversation_id: UUID, message_id: UUID) -> Response:
        """Keep a turn as a case: its question, what was said before, and what the bot did as what is expected."""
        case = services.save_as_case(
            by=self.principal, conversation_id=conversation_id, message_id=message_id, given=self.data(shapes.SaveIn)
        )
        return Response(shapes.SavedOut(case).data, status=201)
