"""`/v1/tenant/datasets/{id}/documents/…`: what a dataset holds, how it came in, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from knowledge import selectors, services
from knowledge.api.shapes import documents as shapes
from knowledge.api.shapes.datasets import DocumentQuery
from knowledge.api.views.base import READ, View
from knowledge.enums import SourceType
from knowledge.models import Dataset, Document
from tenants.enums import Role
from tenants.parsers import JsonParser

_ADD: dict[str, Callable[..., services.Added]] = {
    SourceType.TEXT: services.add_text,
    SourceType.QA: services.add_pairs,
    SourceType.WEB: services.add_page,
}
_EXAMPLES = [
    OpenApiExample(
        "A text",
        {"title": "Shipping", "content": "Orders over $50 ship free.", "source_type": "text"},
        request_only=True,
    ),
    OpenApiExample(
        "Questions with answers",
        {"source_type": "qa", "title": "FAQ", "pairs": [{"question": "Do you ship abroad?", "answer": "To the EU."}]},
        request_only=True,
    ),
    OpenApiExample("A web page", {"source_type": "web", "url": "https://acme.com/returns"}, request_only=True),
]


class DocumentsView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    most_bytes = settings.MAX_UPLOAD_BYTES  # a text may be as large as a file

    def costs(self, request: Request) -> bool:
        return self.given(request).get("source_type") == SourceType.WEB  # a page is fetched; the others wait their turn

    @extend_schema(parameters=[DocumentQuery], responses=shapes.DocumentOut(many=True))
    def get(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        asked = self.asked(DocumentQuery)
        rows = selectors.documents(dataset).order_by(asked["ordering"], "id")
        return self.page(_narrowed(rows, asked), shapes.DocumentOut)

    @extend_schema(
        request=shapes.SourceIn,
        responses={201: shapes.DocumentAdded, 200: shapes.DocumentAdded},
        examples=_EXAMPLES,
    )
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        given = self.data(shapes.SourceIn)
        added = _ADD[given.pop("source_type")](by=self.principal, dataset=dataset, **given)
        return Response(_added(added), status=200 if added.duplicate else 201)


class UploadView(View):
    parser_classes: ClassVar[list[type[BaseParser]]] = [MultiPartParser]  # type: ignore[misc]  # DRF leaves it an instance's

    @extend_schema(request=shapes.UploadIn, responses={201: shapes.Uploaded, 200: shapes.Uploaded})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        dataset = selectors.dataset(dataset_id)
        added = services.add_files(by=self.principal, dataset=dataset, **self.data(shapes.UploadIn))
        known = all(item.duplicate for item in added)
        return Response({"documents": [_added(item) for item in added]}, status=200 if known else 201)


class DocumentView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"PUT"})

    def costs(self, request: Request) -> bool:
        return "title" in self.given(request)  # under a new one it is processed again

    @extend_schema(responses=shapes.DocumentOut)
    def get(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        return _document(selectors.document(dataset_id, document_id))

    @extend_schema(request=shapes.DocumentIn, responses=shapes.DocumentOut)
    def put(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        document = selectors.document(dataset_id, document_id)
        services.update_document(by=self.principal, document=document, **self.data(shapes.DocumentIn))
        return _document(selectors.document(dataset_id, document_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        services.delete_document(by=self.principal, document=selectors.document(dataset_id, document_id))
        return Response(status=204)


class ReplaceView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    most_bytes = settings.MAX_UPLOAD_BYTES
    parser_classes: ClassVar[list[type[BaseParser]]] = [MultiPartParser, JsonParser]  # type: ignore[misc]  # same

    @extend_schema(request=shapes.ReplaceIn, responses={202: shapes.DocumentOut})
    def post(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        """The old version answers until the new one is complete; `cancel` brings it back."""
        document = selectors.document(dataset_id, document_id)
        given = self.data(shapes.ReplaceIn)
        discard = given.pop("discard_edits")
        new = services.new_version(document=document, **given)
        services.replace_document(by=self.principal, document=document, new=new, discard_edits=discard)
        return _document(selectors.document(dataset_id, document_id), status=202)


class ReprocessView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})

    @extend_schema(request=shapes.AgainIn, responses={202: shapes.DocumentOut})
    def post(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        """From the start, by the dataset's present settings; a web page is fetched anew."""
        document = selectors.document(dataset_id, document_id)
        services.reprocess_document(by=self.principal, document=document, **self.data(shapes.AgainIn))
        return _document(selectors.document(dataset_id, document_id), status=202)


class RetryView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})

    @extend_schema(request=None, responses={202: shapes.DocumentOut})
    def post(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        """Where it failed it goes on; what was embedded stays so."""
        services.retry_document(by=self.principal, document=selectors.document(dataset_id, document_id))
        return _document(selectors.document(dataset_id, document_id), status=202)


class CancelView(View):
    @extend_schema(request=None, responses=shapes.DocumentOut)
    def post(self, request: Request, dataset_id: UUID, document_id: UUID) -> Response:
        """Stop processing; a version that was complete before answers on, and is `completed` again."""
        services.cancel_document(by=self.principal, document=selectors.document(dataset_id, document_id))
        return _document(selectors.document(dataset_id, document_id))


class ReprocessAllView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})

    @extend_schema(
        operation_id="v1_tenant_datasets_documents_reprocess_all",
        request=shapes.ManyAgainIn,
        responses={202: shapes.Many},
    )
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """Documents with edited chunks are left out unless `discard_edits` says otherwise."""
        dataset = selectors.dataset(dataset_id)
        return _many(services.reprocess_documents(by=self.principal, dataset=dataset, **self.data(shapes.ManyAgainIn)))


class RetryAllView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})

    @extend_schema(operation_id="v1_tenant_datasets_documents_retry_all", request=None, responses={202: shapes.Many})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        return _many(services.retry_documents(by=self.principal, dataset=selectors.dataset(dataset_id)))


class CancelAllView(View):
    @extend_schema(operation_id="v1_tenant_datasets_documents_cancel_all", request=None, responses={202: shapes.Many})
    def post(self, request: Request, dataset_id: UUID) -> Response:
        return _many(services.cancel_documents(by=self.principal, dataset=selectors.dataset(dataset_id)))


class PreviewView(View):
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    most_bytes = settings.MAX_UPLOAD_BYTES
    parser_classes: ClassVar[list[type[BaseParser]]] = [MultiPartParser, JsonParser]  # type: ignore[misc]  # same
    roles: ClassVar[dict[str, Role]] = {"POST": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"POST": READ}

    @extend_schema(request=shapes.PreviewIn, responses=shapes.PreviewOut)
    def post(self, request: Request, dataset_id: UUID) -> Response:
        """What a document would become by these settings; nothing is stored."""
        dataset = selectors.dataset(dataset_id)
        asked = self.data(shapes.PreviewIn)
        document = _of(dataset, asked.pop("document_id", None))
        return Response(shapes.PreviewOut(services.preview(dataset=dataset, document=document, **asked)).data)


def _of(dataset: Dataset, document_id: UUID | None) -> Document | None:
    return selectors.document(dataset.id, document_id) if document_id else None


def _document(document: Document, *, status: int = 200) -> Response:
    return Response(shapes.DocumentOut(document).data, status=status)


def _many(documents: int) -> Response:
    return Response(shapes.Many({"documents": documents}).data, status=202)


def _narrowed(rows: QuerySet[Document], asked: dict[str, Any]) -> QuerySet[Document]:
    if status := asked.get("status"):
        rows = rows.filter(status=status)
    if text := asked.get("search"):
        rows = rows.filter(Q(title__icontains=text) | Q(file_name__icontains=text) | Q(url__icontains=text))
    if tag := asked.get("tag"):
        rows = rows.filter(tags__contains=[tag])
    return rows


def _added(added: services.Added) -> dict[str, Any]:
    return {**shapes.DocumentOut(added.document).data, "duplicate": added.duplicate}
