"""`/v1/tenant/bots/…`: bots, the datasets they answer from, the scopes that fence them in."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors, services
from bots.api import serializers as shapes
from bots.models import Bot, BotDataset, Scope
from tenants.enums import Role
from tenants.errors import NotFound
from tenants.http import TenantView

LIST: dict[str, Role] = {"GET": Role.VIEWER, "POST": Role.EDITOR}
ITEM: dict[str, Role] = {"GET": Role.VIEWER, "PUT": Role.EDITOR, "DELETE": Role.EDITOR}
READ, WRITE = "bots:read", "bots:write"
LIST_SCOPES = {"GET": READ, "POST": WRITE}
ITEM_SCOPES = {"GET": READ, "PUT": WRITE, "DELETE": WRITE}


class BotsView(TenantView):
    roles: ClassVar[dict[str, Role]] = LIST
    scopes: ClassVar[dict[str, str]] = LIST_SCOPES

    @extend_schema(operation_id="v1_tenant_bots_list", responses=shapes.BotOut(many=True))
    def get(self, request: Request) -> Response:
        rows = Bot.objects.order_by("-created_at", "id")
        if words := request.query_params.get("search", ""):
            rows = rows.filter(name__icontains=words)
        return self.page(rows, shapes.BotOut)

    @extend_schema(request=shapes.BotIn, responses={201: shapes.BotOut})
    def post(self, request: Request) -> Response:
        bot = services.create_bot(by=self.principal, **self.data(shapes.BotIn))
        return Response(shapes.BotOut(bot).data, status=201)


class BotView(TenantView):
    roles: ClassVar[dict[str, Role]] = ITEM
    scopes: ClassVar[dict[str, str]] = ITEM_SCOPES

    @extend_schema(responses=shapes.BotOut)
    def get(self, request: Request, bot_id: UUID) -> Response:
        return Response(shapes.BotOut(selectors.bot(bot_id)).data)

    @extend_schema(request=shapes.BotIn, responses=shapes.BotOut)
    def put(self, request: Request, bot_id: UUID) -> Response:
        bot = services.update_bot(by=self.principal, bot=selectors.bot(bot_id), **self.data(shapes.BotIn))
        return Response(shapes.BotOut(bot).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID) -> Response:
        services.delete_bot(by=self.principal, bot=selectors.bot(bot_id))
        return Response(status=204)


class LinksView(TenantView):
    roles: ClassVar[dict[str, Role]] = LIST
    scopes: ClassVar[dict[str, str]] = LIST_SCOPES

    @extend_schema(operation_id="v1_tenant_bots_datasets_list", responses=shapes.LinkOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        links = selectors.bot(bot_id).links.select_related("dataset").order_by("priority", "created_at", "id")
        return self.page(links, shapes.LinkOut)

    @extend_schema(request=shapes.LinkIn, responses={201: shapes.LinkOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        bot = selectors.bot(bot_id)
        link = services.link_dataset(by=self.principal, bot=bot, **self.data(shapes.LinkIn))
        return Response(shapes.LinkOut(link).data, status=201)


class LinkView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"PUT": Role.EDITOR, "DELETE": Role.EDITOR}
    scopes: ClassVar[dict[str, str]] = {"PUT": WRITE, "DELETE": WRITE}

    @extend_schema(request=shapes.LinkChange, responses=shapes.LinkOut)
    def put(self, request: Request, bot_id: UUID, dataset_id: UUID) -> Response:
        link = services.update_link(by=self.principal, link=_link(bot_id, dataset_id), **self.data(shapes.LinkChange))
        return Response(shapes.LinkOut(link).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, dataset_id: UUID) -> Response:
        services.unlink_dataset(by=self.principal, link=_link(bot_id, dataset_id))
        return Response(status=204)


def _link(bot_id: UUID, dataset_id: UUID) -> BotDataset:
    found = BotDataset.objects.select_related("dataset").filter(bot_id=bot_id, dataset_id=dataset_id).first()
    if found is None:
        raise NotFound("This bot does not answer from such a dataset.")
    return found


class ScopesView(TenantView):
    roles: ClassVar[dict[str, Role]] = LIST
    scopes: ClassVar[dict[str, str]] = LIST_SCOPES

    @extend_schema(operation_id="v1_tenant_bots_scopes_list", responses=shapes.ScopeOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        return self.page(selectors.bot(bot_id).bot_scopes.order_by("-created_at", "id"), shapes.ScopeOut)

    @extend_schema(request=shapes.ScopeIn, responses={201: shapes.ScopeOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        bot = selectors.bot(bot_id)
        scope = services.add_scope(by=self.principal, bot=bot, **self.data(shapes.ScopeIn))
        return Response(shapes.ScopeOut(scope).data, status=201)


class ScopeView(TenantView):
    roles: ClassVar[dict[str, Role]] = ITEM
    scopes: ClassVar[dict[str, str]] = ITEM_SCOPES

    @extend_schema(responses=shapes.ScopeOut)
    def get(self, request: Request, bot_id: UUID, scope_id: UUID) -> Response:
        return Response(shapes.ScopeOut(_scope(bot_id, scope_id)).data)

    @extend_schema(request=shapes.ScopeChange, responses=shapes.ScopeOut)
    def put(self, request: Request, bot_id: UUID, scope_id: UUID) -> Response:
        scope = _scope(bot_id, scope_id)
        changed = services.update_scope(by=self.principal, scope=scope, **self.data(shapes.ScopeChange))
        return Response(shapes.ScopeOut(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, bot_id: UUID, scope_id: UUID) -> Response:
        services.delete_scope(by=self.principal, scope=_scope(bot_id, scope_id))
        return Response(status=204)


def _scope(bot_id: UUID, scope_id: UUID) -> Scope:
    found = Scope.objects.filter(bot_id=bot_id, id=scope_id).first()
    if found is None:
        raise NotFound("This bot has no such scope.")
    return found
