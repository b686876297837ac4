"""`/v1/tenant/datasets/{id}/imports/…`: sites whose pages become documents."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge import selectors, services
from knowledge.api.shapes import documents as shapes
from knowledge.api.views.base import View

_EXAMPLE = OpenApiExample("A site", {"url": "https://acme.com/sitemap.xml", "limit": 100}, request_only=True)


class ImportsView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})

    @extend_schema(responses=shapes.ImportOut(many=True))
    def get(self, request: Request, dataset_id: UUID) -> Response:
        rows = selectors.dataset(dataset_id).imports.order_by("-created_at", "id")
        return self.page(rows, shapes.ImportOut)

    @extend_schema(request=shapes.ImportIn, responses={202: shapes.ImportOut}, examples=[_EXAMPLE])
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """Read the site's sitemap, and make a document of each page that its robots.txt lets us read."""
        dataset = selectors.dataset(dataset_id)
        row = services.import_site(by=self.principal, dataset=dataset, **self.data(shapes.ImportIn))
        return Response(shapes.ImportOut(row).data, status=202)


class ImportView(View):
    @extend_schema(responses=shapes.ImportOut)
    def get(self, request: Request, dataset_id: UUID, import_id: UUID) -> Response:
        return Response(shapes.ImportOut(selectors.web_import(dataset_id, import_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, dataset_id: UUID, import_id: UUID) -> Response:
        """Stop it if it still runs, and forget it. The documents that it made stay."""
        services.delete_import(by=self.principal, row=selectors.web_import(dataset_id, import_id))
        return Response(status=204)
