"""`/v1/tenant/datasets/…`: datasets, and search in them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge import selectors, services
from knowledge.api.shapes import datasets as shapes
from knowledge.api.views.base import READ, View
from knowledge.search import search
from tenants.enums import Role


class DatasetsView(View):
    @extend_schema(parameters=[shapes.DatasetQuery], responses=shapes.DatasetOut(many=True))
    def get(self, request: Request) -> Response:
        asked = self.asked(shapes.DatasetQuery)
        rows = selectors.datasets_with_counts().order_by(asked["ordering"], "id")
        if text := asked.get("search"):
            rows = rows.filter(Q(name__icontains=text) | Q(description__icontains=text))
        if tag := asked.get("tag"):
            rows = rows.filter(tags__contains=[tag])
        return self.page(rows, shapes.DatasetOut)

    @extend_schema(request=shapes.DatasetIn, responses={201: shapes.DatasetOut})
    def post(self, request: Request) -> Response:
        dataset = services.create_dataset(by=self.principal, **self.data(shapes.DatasetIn))
        return Response(shapes.DatasetOut(dataset).data, status=201)


class DatasetView(View):
    @extend_schema(responses=shapes.DatasetOut)
    def get(self, request: Request, dataset_id: UUID) -> Response:
        return _dataset(dataset_id)

    @extend_schema(request=shapes.DatasetIn, responses=shapes.DatasetOut)
    def put(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        services.update_dataset(by=self.principal, dataset=dataset, **self.data(shapes.DatasetIn))
        return _dataset(dataset_id)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, dataset_id: UUID) -> Response:
        services.delete_dataset(by=self.principal, dataset=selectors.dataset(dataset_id))
        return Response(status=204)


class SearchView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    roles: ClassVar[dict[str, Role]] = {"POST": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"POST": READ}

    @extend_schema(request=shapes.SearchIn, responses=shapes.SearchOut)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        asked = self.data(shapes.SearchIn)
        only = search.Filter(tags=tuple(asked.get("tags", ())), metadata=asked.get("metadata", {}))
        found = search.search(dataset_ids=[dataset.id], query=asked["query"], k=asked["k"], limits={dataset.id: only})
        answer = {"results": found.passages, "relevant": found.relevant, "timings": found.timings}
        return Response(shapes.SearchOut(answer).data)


def _dataset(dataset_id: UUID) -> Response:
    return Response(shapes.DatasetOut(selectors.dataset(dataset_id)).data)
