"""Reads of knowledge that more than one caller needs. What the current tenant does not have is `NotFound`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.embedders import registry
from integrations.embedders.types import Embedder
from integrations.errors import ProviderInactive
from integrations.models import TenantAIProvider
from integrations.selectors import ref_of
from knowledge.enums import Status
from knowledge.models import Chunk, Dataset, Document, EmbeddingSpace, SpaceChange, WebImport
from tenants.errors import Conflict, Invalid, NotFound

BUILTIN = "builtin"


class NotMoving(Conflict):
    code, title = "not_moving", gettext_lazy("The dataset is not moving to another embedding model")


@dataclass(frozen=True, slots=True)
class Target:
    """A model that was found to embed."""

    provider: str
    model: str
    dimensions: int


def embedder(space: EmbeddingSpace) -> Embedder:
    """The model that fills this space. Raises `EmbedderUnavailable` while it is not to be had, or `ProviderError`."""
    if space.ai_provider is not None:
        if not space.ai_provider.is_active:
            raise ProviderInactive
        return registry.remote(ref_of(space.ai_provider), model=space.model, dimensions=space.dimensions)
    found = registry.builtin()
    if (space.provider, space.model, space.dimensions) != (BUILTIN, found.model, found.dimensions):
        raise registry.EmbedderUnavailable(f"No embedder here fills the space {space}.")
    return found


def probed(provider: TenantAIProvider | None, model: str) -> Target:
    """What a provider's model, or the built-in one, makes of a word. Raises `Invalid` or `ProviderError`."""
    if provider is None:
        if model not in {"", registry.BUILTIN_MODEL}:
            raise Invalid(errors={"model": [_("The built-in model is %(model)s.") % {"model": registry.BUILTIN_MODEL}]})
        return Target(BUILTIN, registry.BUILTIN_MODEL, registry.DEFAULT_DIMENSIONS)
    if provider.provider_name not in registry.EMBEDDING_KINDS:
        kinds = ", ".join(sorted(registry.EMBEDDING_KINDS))
        raise Invalid(
            errors={"provider_id": [_("This provider cannot embed. Those that can: %(kinds)s.") % {"kinds": kinds}]}
        )
    if not model:
        raise Invalid(errors={"model": [_("Name the provider's embedding model.")]})
    ref = ref_of(provider)
    if not connection.in_atomic_block:
        connection.close()  # nobody holds one while a provider thinks
    return Target(provider.provider_name, model, registry.probe(ref, model=model))


def count_tokens(text: str) -> int:
    return registry.builtin().count_tokens(text)


def datasets_with_counts() -> QuerySet[Dataset]:
    """Datasets, each with `<status>_documents` for every status."""
    counts = {f"{status}_documents": Count("documents", filter=Q(documents__status=status)) for status in Status.values}
    same = Q(documents__chunk_size=F("chunk_size"), documents__chunk_overlap=F("chunk_overlap"))
    counts["outdated_documents"] = Count("documents", filter=Q(documents__status=Status.COMPLETED) & ~same)
    return Dataset.objects.select_related("active_space").annotate(**counts)


def dataset(dataset_id: UUID) -> Dataset:
    row = datasets_with_counts().filter(id=dataset_id).first()
    if row is None:
        raise NotFound(_("There is no such dataset."))
    return row


def documents(dataset: Dataset | UUID) -> QuerySet[Document]:
    """A dataset's documents; those that wait know how many of the tenant's are `behind` whom they wait."""
    open_ = Document.objects.filter(status__in=[Status.PENDING, Status.PROCESSING])
    before = open_.filter(
        Q(available_at__lt=OuterRef("available_at")) | Q(available_at=OuterRef("available_at"), id__lt=OuterRef("id"))
    )
    counted = Subquery(before.order_by().values(n=Func(Value("*"), function="count")), output_field=IntegerField())
    behind = Case(When(status=Status.PENDING, then=counted), default=None)
    return Document.objects.filter(dataset=dataset).annotate(behind=behind)


def document(dataset_id: UUID, document_id: UUID) -> Document:
    row = documents(dataset_id).filter(id=document_id).first()
    if row is None:
        raise NotFound(_("There is no such document."))
    return row


def chunks(document: Document) -> QuerySet[Chunk]:
    """What readers see of the document, in its order."""
    return (
        Chunk.objects.filter(document=document, generation=document.active_generation)
        .defer("search")
        .order_by("position", "id")
    )


def chunk(document: Document, chunk_id: UUID) -> Chunk:
    row = chunks(document).filter(id=chunk_id).first()
    if row is None:
        raise NotFound(_("There is no such chunk."))
    return row


def web_import(dataset_id: UUID, import_id: UUID) -> WebImport:
    row = WebImport.objects.filter(dataset=dataset_id, id=import_id).first()
    if row is None:
        raise NotFound(_("There is no such import."))
    return row


def space_change_of(dataset: Dataset) -> SpaceChange | None:
    return SpaceChange.objects.select_related("space").filter(dataset=dataset).first()


def space_change(dataset_id: UUID) -> SpaceChange:
    row = space_change_of(dataset(dataset_id))
    if row is None:
        raise NotMoving
    return row
