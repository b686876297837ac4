"""`…/documents/{id}/chunks/…`: what readers see of a document, to be looked through, corrected and left out."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge import selectors, services
from knowledge.api.shapes import chunks as shapes
from knowledge.api.views.base import View


class ChunksView(View):
    @extend_schema(parameters=[shapes.ChunkQuery], responses=shapes.ChunkOut(many=True))
    def get(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        rows = selectors.chunks(selectors.document(dataset_id, document_id))
        asked = self.asked(shapes.ChunkQuery)
        if text := asked.get("search"):
            rows = rows.filter(content__icontains=text)
        if asked["is_enabled"] is not None:
            rows = rows.filter(is_enabled=asked["is_enabled"])
        return self.page(rows, shapes.ChunkOut)


class ChunkView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"PUT"})

    def costs(self, request: Request) -> bool:
        return "content" in self.given(request)  # it is embedded again

    @extend_schema(responses=shapes.ChunkOut)
    def get(self, request: Request, dataset_id: UUID, document_id: UUID, chunk_id: UUID) -> Response:
        chunk = selectors.chunk(selectors.document(dataset_id, document_id), chunk_id)
        return Response(shapes.ChunkOut(chunk).data)

    @extend_schema(request=shapes.ChunkIn, responses=shapes.ChunkOut)
    def put(self, request: Request, dataset_id: UUID, document_id: UUID, chunk_id: UUID) -> Response:
        """A chunk that is edited is found by its words at once, and by its meaning when it is embedded again."""
        chunk = selectors.chunk(selectors.document(dataset_id, document_id), chunk_id)
        changed = services.update_chunk(by=self.principal, chunk=chunk, **self.data(shapes.ChunkIn))
        return Response(shapes.ChunkOut(changed).data)
