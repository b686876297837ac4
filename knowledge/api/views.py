"""`/v1/tenant/datasets/…`: datasets, their documents, and search in them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from knowledge import selectors, services
from knowledge.api import serializers as shapes
from knowledge.models import Document
from knowledge.search import search
from tenants.enums import Role
from tenants.http import TenantView

READ, WRITE = "datasets:read", "datasets:write"


ROLES = {"GET": Role.VIEWER, "POST": Role.EDITOR, "PUT": Role.EDITOR, "DELETE": Role.EDITOR}
SCOPES = {"GET": READ, "POST": WRITE, "PUT": WRITE, "DELETE": WRITE}


class _View(TenantView):
    """Viewers and `datasets:read` read; editors and `datasets:write` change."""

    def __init_subclass__(cls) -> None:
        """Each method that a view has gets what it asks of a caller, unless the view says so itself."""
        methods = [method for method in ROLES if hasattr(cls, method.lower())]
        cls.roles = {method: cls.roles.get(method, ROLES[method]) for method in methods}
        cls.scopes = {method: cls.scopes.get(method, SCOPES[method]) for method in methods}

    def asked(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """What the address asks for, after the question mark; checked as a body is."""
        bound = serializer(data=self.request.query_params)
        bound.is_valid(raise_exception=True)
        asked: dict[str, Any] = bound.validated_data
        return asked


class DatasetsView(_View):
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


class DatasetView(_View):
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


class SearchView(_View):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"POST": READ}

    @extend_schema(request=shapes.SearchIn, responses=shapes.SearchOut)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        asked = self.data(shapes.SearchIn)
        found = search.search(dataset_ids=[dataset.id], query=asked["query"], k=asked["k"])
        answer = {"results": found.passages, "relevant": found.relevant, "timings": found.timings}
        return Response(shapes.SearchOut(answer).data)


class DocumentsView(_View):
    most_bytes = settings.MAX_UPLOAD_BYTES  # a text may be as large as a file

    @extend_schema(parameters=[shapes.DocumentQuery], responses=shapes.DocumentOut(many=True))
    def get(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        asked = self.asked(shapes.DocumentQuery)
        rows = Document.objects.filter(dataset=dataset).order_by(asked["ordering"], "id")
        return self.page(_narrowed(rows, asked), shapes.DocumentOut)

    @extend_schema(request=shapes.TextIn, responses={201: shapes.DocumentAdded, 200: shapes.DocumentAdded})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        given = self.data(shapes.TextIn)
        given.pop("source_type")
        added = services.add_text(by=self.principal, dataset=dataset, **given)
        return Response(_added(added), status=200 if added.duplicate else 201)


class UploadView(_View):
    parser_classes: ClassVar[list[type[BaseParser]]] = [MultiPartParser]  # type: ignore[misc]  # DRF leaves it an instance's

    @extend_schema(request=shapes.UploadIn, responses={201: shapes.Uploaded, 200: shapes.Uploaded})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        added = services.add_files(by=self.principal, dataset=dataset, **self.data(shapes.UploadIn))
        known = all(item.duplicate for item in added)
        return Response({"documents": [_added(item) for item in added]}, status=200 if known else 201)


class DocumentView(_View):
    @extend_schema(responses=shapes.DocumentOut)
    def get(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        return Response(shapes.DocumentOut(selectors.document(dataset_id, document_id)).data)

    @extend_schema(request=shapes.DocumentIn, responses=shapes.DocumentOut)
    def put(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        document = selectors.document(dataset_id, document_id)
        changed = services.update_document(by=self.principal, document=document, **self.data(shapes.DocumentIn))
        return Response(shapes.DocumentOut(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        services.delete_document(by=self.principal, document=selectors.document(dataset_id, document_id))
        return Response(status=204)


class ChunksView(_View):
    @extend_schema(responses=shapes.ChunkOut(many=True))
    def get(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        return self.page(selectors.chunks(selectors.document(dataset_id, document_id)), shapes.ChunkOut)


class ReprocessView(_View):
    @extend_schema(request=None, responses={202: shapes.DocumentOut})
    def post(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        document = selectors.document(dataset_id, document_id)
        again = services.reprocess_document(by=self.principal, document=document)
        return Response(shapes.DocumentOut(again).data, status=202)


def _dataset(dataset_id: UUID) -> Response:
    return Response(shapes.DatasetOut(selectors.dataset(dataset_id)).data)


def _narrowed(rows: QuerySet[Document], asked: dict[str, Any]) -> QuerySet[Document]:
    if status := asked.get("status"):
        rows = rows.filter(status=status)
    if text := asked.get("search"):
        rows = rows.filter(Q(title__icontains=text) | Q(file_name__icontains=text))
    if tag := asked.get("tag"):
        rows = rows.filter(tags__contains=[tag])
    return rows


def _added(added: services.Added) -> dict[str, Any]:
    return {**shapes.DocumentOut(added.document).data, "duplicate": added.duplicate}
