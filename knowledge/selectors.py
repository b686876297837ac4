"""Reads of knowledge that more than one caller needs. What the current tenant does not have is `NotFound`."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from integrations.embedders import registry
from integrations.embedders.types import Embedder
from knowledge.enums import Status
from knowledge.models import Chunk, Dataset, Document, EmbeddingSpace
from tenants.errors import NotFound

BUILTIN = "builtin"


def embedder(space: EmbeddingSpace) -> Embedder:
    """The model that fills this space. Raises `EmbedderUnavailable` while it is not to be had."""
    found = registry.builtin()
    if (space.provider, space.model, space.dimensions) != (BUILTIN, found.model, found.dimensions):
        raise registry.EmbedderUnavailable(f"No embedder here fills the space {space}.")
    return found


def datasets_with_counts() -> QuerySet[Dataset]:
    """Datasets, each with `<status>_documents` for every status."""
    counts = {f"{status}_documents": Count("documents", filter=Q(documents__status=status)) for status in Status.values}
    return Dataset.objects.select_related("active_space").annotate(**counts)


def dataset(dataset_id: UUID) -> Dataset:
    row = datasets_with_counts().filter(id=dataset_id).first()
    if row is None:
        raise NotFound("There is no such dataset.")
    return row


def document(dataset_id: UUID, document_id: UUID) -> Document:
    row = Document.objects.filter(dataset=dataset_id, id=document_id).first()
    if row is None:
        raise NotFound("There is no such document.")
    return row


def chunks(document: Document) -> QuerySet[Chunk]:
    """What readers see of the document, in its order."""
    return (
        Chunk.objects.filter(document=document, generation=document.active_generation)
        .defer("search")
        .order_by("position", "id")
    )
