"""A tenant's AI providers. Editors see which there are, since bots name them; only admins manage them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import services
from integrations.api import serializers as shapes
from integrations.models import TenantAIProvider
from integrations.selectors import provider as provider_of
from tenants.enums import Role
from tenants.http import TenantView
from tenants.models import GlobalAIProvider


class ProvidersView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.ADMIN}

    @extend_schema(responses=shapes.ProviderOut(many=True), operation_id="tenant_ai_providers_list")
    def get(self, request: Request) -> Response:
        return self.page(TenantAIProvider.objects.order_by("created_at", "id"), shapes.ProviderOut)

    @extend_schema(request=shapes.ProviderIn, responses={201: shapes.ProviderOut})
    def post(self, request: Request) -> Response:
        created = services.create(by=self.principal, **self.data(shapes.ProviderIn))
        return Response(shapes.ProviderOut(created).data, status=201)


class ProviderView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=shapes.ProviderOut)
    def get(self, request: Request, provider_id: UUID) -> Response:
        return Response(shapes.ProviderOut(provider_of(provider_id)).data)

    @extend_schema(request=shapes.ProviderIn, responses=shapes.ProviderOut)
    def put(self, request: Request, provider_id: UUID) -> Response:
        row = provider_of(provider_id)
        changed = services.update(by=self.principal, provider=row, **self.data(shapes.ProviderIn))
        return Response(shapes.ProviderOut(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, provider_id: UUID) -> Response:
        services.delete(by=self.principal, provider=provider_of(provider_id))
        return Response(status=204)


class TestView(TenantView):
    """Asks the provider for a few words. The answer is 200 also where the provider's is not: `ok` says which."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(request=shapes.TestIn, responses=shapes.TestOut)
    def post(self, request: Request, provider_id: UUID) -> Response:
        row = provider_of(provider_id)
        result = services.try_out(by=self.principal, provider=row, **self.data(shapes.TestIn))
        answer = {
            "ok": result.ok,
            "code": result.code or None,
            "detail": result.detail,
            "model": result.model,
            "latency_ms": result.latency_ms,
            "tested_at": row.last_tested_at,
        }
        return Response(shapes.TestOut(answer).data)


class AvailableView(TenantView):
    """What the operator offers to every tenant."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR}

    @extend_schema(responses=shapes.AvailableOut(many=True), operation_id="tenant_ai_providers_available")
    def get(self, request: Request) -> Response:
        return self.page(GlobalAIProvider.objects.filter(is_active=True).order_by("name", "id"), shapes.AvailableOut)
