"""`/v1/tenant/bots/…`: bots, what they answer from, what they may talk about, which keys open them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors, services
from bots.api import serializers as shapes
from bots.api.frame import EditorView
from bots.models import Bot
from tenants.enums import Role
from tenants.errors import Invalid
from tenants.http import TenantView

ORDERS = ("name", "created_at", "updated_at")


class BotsView(EditorView):
    @extend_schema(
        responses=shapes.BotOut(many=True),
        parameters=[
            OpenApiParameter("search", str, description="In the name or the description."),
            OpenApiParameter("is_active", bool),
            OpenApiParameter("is_public", bool),
            OpenApiParameter("ordering", str, enum=[*ORDERS, *(f"-{name}" for name in ORDERS)]),
        ],
    )
    def get(self, request: Request) -> Response:
        return self.page(_listed(request), shapes.BotOut)

    @extend_schema(request=shapes.BotIn, responses={201: shapes.BotOut})
    def post(self, request: Request) -> Response:
        bot = services.create_bot(by=self.principal, **self.data(shapes.BotIn))
        return Response(shapes.BotOut(bot).data, status=201)


class BotView(EditorView):
    @extend_schema(responses=shapes.BotOut)
    def get(self, request: Request, bot_id: UUID) -> Response:
        return Response(shapes.BotOut(selectors.bot(bot_id)).data)

    @extend_schema(request=shapes.BotIn(partial=True), responses=shapes.BotOut)
    def put(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        bot = services.update_bot(by=self.principal, bot_id=bot_id, **self.data(shapes.BotIn))
        return Response(shapes.BotOut(bot).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID) -> Response:
        services.delete_bot(by=self.principal, bot_id=bot_id)
        return Response(status=204)


class LinksView(EditorView):
    @extend_schema(responses=shapes.LinkOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        links = selectors.bot(bot_id).links.select_related("dataset").order_by("priority", "created_at", "id")
        return self.page(links, shapes.LinkOut)

    @extend_schema(request=shapes.LinkIn, responses={201: shapes.LinkOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        link = services.link_dataset(by=self.principal, bot_id=bot_id, **self.data(shapes.LinkIn))
        return Response(shapes.LinkOut(link).data, status=201)


class LinkView(EditorView):
    @extend_schema(responses=shapes.LinkOut)
    def get(self, request: Request, bot_id: UUID, dataset_id: UUID) -> Response:
        return Response(shapes.LinkOut(selectors.link(bot=selectors.bot(bot_id), dataset_id=dataset_id)).data)

    @extend_schema(request=shapes.LinkChange, responses=shapes.LinkOut)
    def put(self, request: Request, bot_id: UUID, dataset_id: UUID) -> Response:
        link = services.update_link(
            by=self.principal, bot_id=bot_id, dataset_id=dataset_id, **self.data(shapes.LinkChange)
        )
        return Response(shapes.LinkOut(link).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, dataset_id: UUID) -> Response:
        services.unlink_dataset(by=self.principal, bot_id=bot_id, dataset_id=dataset_id)
        return Response(status=204)


class ScopesView(EditorView):
    @extend_schema(responses=shapes.ScopeOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        return self.page(selectors.bot(bot_id).bot_scopes.order_by("-created_at", "id"), shapes.ScopeOut)

    @extend_schema(request=shapes.ScopeIn, responses={201: shapes.ScopeOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        scope = services.create_scope(by=self.principal, bot_id=bot_id, **self.data(shapes.ScopeIn))
        return Response(shapes.ScopeOut(scope).data, status=201)


class ScopeView(EditorView):
    @extend_schema(responses=shapes.ScopeOut)
    def get(self, request: Request, bot_id: UUID, scope_id: UUID) -> Response:
        return Response(shapes.ScopeOut(selectors.scope(bot=selectors.bot(bot_id), scope_id=scope_id)).data)

    @extend_schema(request=shapes.ScopeIn, responses=shapes.ScopeOut)
    def put(self, request: Request, bot_id: UUID, scope_id: UUID) -> Response:
        scope = services.update_scope(by=self.principal, bot_id=bot_id, scope_id=scope_id, **self.data(shapes.ScopeIn))
        return Response(shapes.ScopeOut(scope).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, scope_id: UUID) -> Response:
        services.delete_scope(by=self.principal, bot_id=bot_id, scope_id=scope_id)
        return Response(status=204)


class TiesView(TenantView):
    """Keys are the admin's, so tying them is too."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(responses=shapes.TieOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        return self.page(selectors.bot(bot_id).key_ties.order_by("created_at", "id"), shapes.TieOut)

    @extend_schema(request=shapes.TieIn, responses={201: shapes.TieOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        tie = services.tie_key(by=self.principal, bot_id=bot_id, **self.data(shapes.TieIn))
        return Response(shapes.TieOut(tie).data, status=201)


class TieView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"DELETE": Role.ADMIN}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, key_id: UUID) -> Response:
        services.untie_key(by=self.principal, bot_id=bot_id, key_id=key_id)
        return Response(status=204)


def _listed(request: Request) -> QuerySet[Bot]:
    asked = request.query_params
    rows = Bot.objects.select_related("live_version").order_by(_ordering(asked.get("ordering", "-created_at")), "id")
    search = asked.get("search", "").strip()
    if "\x00" in search:
        raise Invalid(errors={"search": ["Null characters are not allowed."]})
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(description__icontains=search))
    return rows.filter(**{name: _flag(name, asked[name]) for name in ("is_active", "is_public") if name in asked})


def _ordering(value: str) -> str:
    if value.removeprefix("-") not in ORDERS:
        raise Invalid(errors={"ordering": [f"One of {', '.join(ORDERS)}, with or without a minus."]})
    return value


def _flag(name: str, value: Any) -> bool:  # noqa: ANN401 -- a query parameter
    known = {"true": True, "1": True, "false": False, "0": False}
    if value.lower() not in known:
        raise Invalid(errors={name: ["true or false."]})
    return known[value.lower()]
