"""`/v1/tenant/conversations/…`, for the people of the tenant."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chat import selectors
from chat.api import serializers as shapes
from chat.models import Conversation
from tenants.enums import Role
from tenants.http import TenantView

_FILTERS = {"bot": "bot_id", "status": "status", "source": "source", "since": "last_at__gte", "until": "last_at__lt"}


class ConversationsView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:read"}

    @extend_schema(parameters=[shapes.ConversationFilter], responses=shapes.ConversationOut(many=True))
    def get(self, request: Request) -> Response:
        asked = shapes.ConversationFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = selectors.visible(selectors.conversations(), by=self.principal)
        return self.page(_filtered(rows, asked.validated_data), shapes.ConversationOut)


class ConversationView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:read"}

    @extend_schema(responses=shapes.ConversationDetail)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        return Response(shapes.ConversationDetail(selectors.conversation(conversation_id, by=self.principal)).data)


def _filtered(rows: QuerySet[Conversation], asked: dict[str, object]) -> QuerySet[Conversation]:
    rows = rows.filter(**{_FILTERS[name]: value for name, value in asked.items() if name in _FILTERS})
    search = asked.get("search")
    return selectors.saying(rows, str(search)) if search else rows
