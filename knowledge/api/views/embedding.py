"""`/v1/tenant/datasets/{id}/embedding/…`: which model a dataset's chunks are embedded with, and moving to another."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import selectors as integrations
from integrations.models import TenantAIProvider
from knowledge import selectors, services
from knowledge.api.shapes import embedding as shapes
from knowledge.api.views.base import View
from tenants.enums import Role

_EXAMPLE = OpenApiExample(
    "A provider's model",
    {"provider_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "model": "text-embedding-3-small"},
    request_only=True,
)


class EmbeddingView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"PUT"})
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=shapes.EmbeddingOut)
    def get(self, request: Request, dataset_id: UUID) -> Response:
        return _embedding(dataset_id)

    @extend_schema(request=shapes.EmbedderIn, responses={202: shapes.EmbeddingOut}, examples=[_EXAMPLE])
    def put(self, request: Request, dataset_id: UUID) -> Response:
        """Begin to embed the dataset with another model. The present one answers until all is there."""
        dataset = selectors.dataset(dataset_id)
        services.start_move(by=self.principal, dataset=dataset, **_target(self.data(shapes.EmbedderIn)))
        return _embedding(dataset_id, status=202)

    @extend_schema(responses=shapes.EmbeddingOut)
    def delete(self, request: Request, dataset_id: UUID) -> Response:
        """Call the move off."""
        services.cancel_move(by=self.principal, change=selectors.space_change(dataset_id))
        return _embedding(dataset_id)


class EstimateView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(request=shapes.EmbedderIn, responses=shapes.CostOut, examples=[_EXAMPLE])
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """What the move would cost. The provider is asked for one word, so that a wrong key is found now."""
        dataset = selectors.dataset(dataset_id)
        cost = services.cost_of_move(dataset=dataset, **_target(self.data(shapes.EmbedderIn)))
        return Response(shapes.CostOut(cost).data)


class RetryMoveView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(request=None, responses={202: shapes.EmbeddingOut})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        services.retry_move(by=self.principal, change=selectors.space_change(dataset_id))
        return _embedding(dataset_id, status=202)


def _target(given: dict[str, Any]) -> dict[str, Any]:
    provider: TenantAIProvider | None = None
    if given.get("provider_id"):
        provider = integrations.provider(given["provider_id"])
    return {"provider": provider, "model": given.get("model", "")}


def _embedding(dataset_id: UUID, *, status: int = 200) -> Response:
    dataset = selectors.dataset(dataset_id)
    move = selectors.space_change_of(dataset)
    return Response(shapes.EmbeddingOut({"active": dataset.active_space, "move": move}).data, status=status)
