"""A tenant's AI providers, and what was asked of them. Editors see which there are, since bots name them; only admins
manage them and see what they cost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys.enums import Scope
from integrations import selectors, services
from integrations.api import serializers as shapes
from integrations.models import TenantAIProvider
from integrations.selectors import provider as provider_of
from integrations.types import Price
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

    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
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


class ModelsView(TenantView):
    """The models of a provider, as it lists them now for this key."""

    costly: ClassVar[frozenset[str]] = frozenset({"GET"})
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR}

    @extend_schema(responses=shapes.ProviderModelsOut, operation_id="tenant_ai_provider_models")
    def get(self, request: Request, provider_id: UUID) -> Response:
        row = provider_of(provider_id)
        prices = selectors.chat_prices(row.provider_name)
        found = [_priced(name, prices.get(name)) for name in services.models(provider=row)]
        return Response(shapes.ProviderModelsOut({"results": found}).data)


def _priced(name: str, price: Price | None) -> dict[str, object]:
    return {
        "id": name,
        "prompt_usd": price.prompt if price else None,
        "completion_usd": price.completion if price else None,
    }


class AvailableView(TenantView):
    """What the operator offers to every tenant."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR}

    @extend_schema(responses=shapes.AvailableOut(many=True), operation_id="tenant_ai_providers_available")
    def get(self, request: Request) -> Response:
        return self.page(GlobalAIProvider.objects.filter(is_active=True).order_by("name", "id"), shapes.AvailableOut)


class UsageView(TenantView):
    """What was asked of models, summed up by day, model, provider or purpose; of this month unless asked otherwise."""

    costly: ClassVar[frozenset[str]] = frozenset({"GET"})
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN}
    scopes: ClassVar[dict[str, str]] = {"GET": Scope.ANALYTICS_READ}

    @extend_schema(
        parameters=[shapes.UsageFilter, OpenApiParameter("page", int), OpenApiParameter("page_size", int)],
        responses=shapes.UsagePage,
        operation_id="tenant_usage",
    )
    def get(self, request: Request) -> Response:
        bound = shapes.UsageFilter(data=request.query_params)
        bound.is_valid(raise_exception=True)
        asked = bound.validated_data
        since, until = asked.get("since") or _month_begins(), asked.get("until")
        calls = selectors.calls(since=since, until=until)
        answer = self.page(selectors.usage(calls, by=asked["by"]), shapes.UsageRow)
        told = {"by": asked["by"], "since": since, "until": until, "totals": selectors.totals(calls)}
        answer.data |= shapes.UsageFrame(told).data
        return answer


def _month_begins() -> datetime:
    return timezone.now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
