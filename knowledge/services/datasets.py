"""Datasets: made, changed, deleted with all that is in them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.embedders import registry
from knowledge import selectors
from knowledge.ingest import files, moves, split
from knowledge.models import Dataset, Document, EmbeddingSpace
from tenants import audit, plans
from tenants.errors import Conflict, Invalid, NotFound
from tenants.types import Principal


class DatasetInUse(Conflict):
    code, title = "dataset_in_use", gettext_lazy("Bots answer from this dataset; disconnect them first")


def create_dataset(*, by: Principal, **fields: Any) -> Dataset:  # noqa: ANN401 -- the dataset's fields
    with transaction.atomic():
        files.lock()
        plans.check("datasets", used=Dataset.objects.count())
        space, _made = EmbeddingSpace.objects.get_or_create(
            provider=selectors.BUILTIN, model=registry.BUILTIN_MODEL, dimensions=registry.DEFAULT_DIMENSIONS
        )
        dataset = Dataset(active_space=space, created_by=by.user_id, **fields)
        _check_splitting(dataset)
        dataset.save(force_insert=True)
        audit.record(by=by, action="dataset.create", target=dataset.id, data={"name": dataset.name})
    return dataset


def update_dataset(*, by: Principal, dataset: Dataset, **changes: Any) -> Dataset:  # noqa: ANN401 -- same
    """Documents keep the chunks that they have; `reprocess_documents` splits them anew by changed settings."""
    with transaction.atomic():
        for name, value in changes.items():
            setattr(dataset, name, value)
        _check_splitting(dataset)
        dataset.save(update_fields=[*changes, "updated_at"])
        audit.record(
            by=by, action="dataset.update", target=dataset.id, data={"name": dataset.name, "changed": sorted(changes)}
        )
    return dataset


def delete_dataset(*, by: Principal, dataset: Dataset) -> None:
    """Delete it with its documents, chunks, vectors and files. Raises `DatasetInUse` while a bot is connected."""
    try:
        with transaction.atomic():
            # Nobody can add a document, or connect a bot, to a row that is locked.
            row = Dataset.objects.select_for_update().filter(id=dataset.id).first()
            if row is None:
                raise NotFound(_("There is no such dataset."))
            documents = Document.objects.filter(dataset=row)
            keys = [key for pair in documents.values_list("file_key", "replaced__file_key") for key in pair if key]
            count = documents.count()
            row.delete()
            moves.drop_empty_spaces()
            audit.record(
                by=by, action="dataset.delete", target=dataset.id, data={"name": dataset.name, "documents": count}
            )
            files.drop_unused_on_commit(keys)
    except ProtectedError as error:
        raise DatasetInUse from error


def _check_splitting(dataset: Dataset) -> None:
    if not split.MIN_SIZE <= dataset.chunk_size <= split.MAX_SIZE:
        bounds = {"least": split.MIN_SIZE, "most": split.MAX_SIZE}
        raise Invalid(errors={"chunk_size": [_("From %(least)s to %(most)s characters.") % bounds]})
    if dataset.chunk_overlap > dataset.chunk_size // 2:
        raise Invalid(errors={"chunk_overlap": [_("At most half of the chunk size.")]})
