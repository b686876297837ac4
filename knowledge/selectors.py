"""Reads of knowledge that more than one caller needs."""

from __future__ import annotations

from uuid import UUID

from integrations.embedders import registry
from integrations.embedders.types import Embedder
from knowledge.models import Dataset, EmbeddingSpace
from tenants.errors import NotFound

BUILTIN = "builtin"


def embedder(space_id: UUID) -> Embedder:
    """The model that fills this space. Raises `EmbedderUnavailable` while it is not to be had."""
    space = EmbeddingSpace.objects.get(id=space_id)
    found = registry.builtin()
    if (space.provider, space.model, space.dimensions) != (BUILTIN, found.model, found.dimensions):
        raise registry.EmbedderUnavailable(f"No embedder here fills the space {space}.")
    return found


def dataset(dataset_id: UUID) -> Dataset:
    """The current tenant's dataset of this id; `NotFound` where there is none."""
    row = Dataset.objects.filter(id=dataset_id).first()
    if row is None:
        raise NotFound("There is no such dataset.")
    return row
