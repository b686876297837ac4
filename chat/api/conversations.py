"""`/v1/tenant/conversations/…`, for the people of the tenant: reading, exporting, deleting, and answering in person."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chat import selectors, services
from chat.api import serializers as shapes
from chat.handover import counts
from tenants.enums import Role
from tenants.http import TenantView


class ConversationsView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:read"}

    @extend_schema(parameters=[shapes.ConversationFilter], responses=shapes.ConversationOut(many=True))
    def get(self, request: Request) -> Response:
        asked = shapes.ConversationFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows = selectors.visible(selectors.conversations(), by=self.principal)
        return self.page(selectors.filtered(rows, asked.validated_data), shapes.ConversationOut)


class ExportView(TenantView):
    """The same list as a file, with what was said: a line a message in CSV, a line a conversation in JSON."""

    costly: ClassVar[frozenset[str]] = frozenset({"GET"})
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR}

    @extend_schema(
        parameters=[shapes.ExportFilter],
        responses={(200, "text/csv"): OpenApiTypes.STR, (200, "application/jsonl"): OpenApiTypes.STR},
        operation_id="tenant_conversations_export",
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        asked = shapes.ExportFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return services.export(by=self.principal, asked=asked.validated_data, form=asked.validated_data["form"])


class ConversationView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "DELETE": Role.ADMIN}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:read"}

    @extend_schema(responses=shapes.ConversationDetail)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        return Response(shapes.ConversationDetail(selectors.conversation(conversation_id, by=self.principal)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, conversation_id: UUID) -> Response:
        """With all that was said in it. What it cost stays in the tenant's usage."""
        services.delete(by=self.principal, conversation_id=conversation_id)
        return Response(status=204)


class DeskView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:read"}

    @extend_schema(responses=shapes.DeskOut, operation_id="tenant_conversations_desk")
    def get(self, request: Request) -> Response:
        return Response(shapes.DeskOut(counts.of(self.principal)).data)


class _DeskView(TenantView):
    """For people: what is written here is a person's word."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def told(self, conversation_id: UUID) -> Response:
        return Response(shapes.ConversationDetail(selectors.conversation(conversation_id, by=self.principal)).data)


class TakeView(_DeskView):
    @extend_schema(request=shapes.TakeIn, responses=shapes.ConversationDetail)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Answer in the bot's place: it is silent from here on."""
        given: dict[str, Any] = self.data(shapes.TakeIn)
        services.take(by=self.principal, conversation_id=conversation_id, anyway=given["anyway"])
        return self.told(conversation_id)


class ReplyView(_DeskView):
    @extend_schema(request=shapes.ReplyIn, responses={201: shapes.MessageOut})
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Write to the customer, in a conversation that the caller has taken."""
        given = self.data(shapes.ReplyIn)
        message = services.reply(by=self.principal, conversation_id=conversation_id, content=given["content"])
        return Response(shapes.MessageOut(message).data, status=201)


class HandBackView(_DeskView):
    @extend_schema(request=None, responses=shapes.ConversationDetail)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Let the bot answer again. It knows what was said meanwhile."""
        services.hand_back(by=self.principal, conversation_id=conversation_id)
        return self.told(conversation_id)


class CloseView(_DeskView):
    @extend_schema(request=None, responses=shapes.ConversationDetail)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """End the conversation: nothing more can be said in its session."""
        services.close(by=self.principal, conversation_id=conversation_id)
        return self.told(conversation_id)
