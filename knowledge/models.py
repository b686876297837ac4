"""What bots know: datasets of documents, cut into chunks, each with a vector in a space. All in the tenant's schema.

The documents table is also the queue of ingestion: `status`, the lease, `attempts` and `generation` are moved by
`ingest.queue` alone. Chunks of a generation that is not the active one are nobody's to read.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from pgvector.django import HalfVectorField

from knowledge.enums import SourceType, Stage, Status

NAME_LENGTH = 255
TAG_LENGTH = 60
# Foreign keys of the big tables are made by a migration, with ON DELETE CASCADE in the database itself: deleting ten
# thousand chunks is one statement, and no writer can slip a chunk under a document that is going away.
_IN_DATABASE: dict[str, Any] = {"on_delete": models.DO_NOTHING, "db_constraint": False, "related_name": "+"}


class EmbeddingSpace(models.Model):
    """Vectors of one model of one provider. Vectors of two spaces never meet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=100)
    model = models.CharField(max_length=200)
    dimensions = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "model", "dimensions"], name="one_space_a_model"),
            models.CheckConstraint(condition=Q(dimensions__gte=1, dimensions__lte=4000), name="space_fits_halfvec"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}/{self.model} ({self.dimensions})"


class Dataset(models.Model):
    """A container of documents that bots are pointed at."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    active_space = models.ForeignKey(EmbeddingSpace, on_delete=models.PROTECT, related_name="datasets")
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """A file or a text. `available_at` is when a worker may take it next; `rung_at` when a worker was last told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(max_length=NAME_LENGTH)
    source_type = models.CharField(max_length=10, choices=SourceType)
    file_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    content_hash = models.CharField(max_length=64)
    file_key = models.CharField(max_length=200, db_index=True)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=10, blank=True)
    search_config = models.CharField(max_length=30, default="simple")

    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    stage = models.CharField(max_length=20, choices=Stage, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=50, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)
    active_generation = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField(db_default=Now())
    rung_at = models.DateTimeField(null=True, blank=True)

    chunk_count = models.PositiveIntegerField(default=0)
    page_count = models.PositiveIntegerField(null=True, blank=True)
    char_count = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "content_hash"], name="one_document_a_content"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="document_status_known"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="document_progress_a_percentage"),
            models.CheckConstraint(
                condition=Q(active_generation__lte=models.F("generation")), name="document_active_generation_exists"
            ),
            # A lease is held exactly while processing, so that no state can be one that nobody moves on from.
            models.CheckConstraint(
                condition=Q(status=Status.PROCESSING, lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(status=Status.PROCESSING) & Q(lease_token__isnull=True, lease_until__isnull=True)),
                name="document_leased_while_processing",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | (~Q(error="") & ~Q(error_code="")),
                name="document_failure_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(status__in=[Status.PENDING, Status.PROCESSING]),
                name="document_queue",
            ),
            models.Index(fields=["dataset", "-created_at", "id"], name="document_list"),
        ]

    def __str__(self) -> str:
        return self.title


class Chunk(models.Model):
    """A piece of a document, which can be found and quoted on its own; `start` and `end` span the clean text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, db_index=False, **_IN_DATABASE)
    generation = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    content = models.TextField()
    page = models.PositiveIntegerField(null=True, blank=True)
    heading = models.TextField(blank=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    search = SearchVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "generation", "position"], name="one_chunk_a_position"),
            models.CheckConstraint(condition=Q(end__gte=models.F("start")), name="chunk_span_in_order"),
        ]
        indexes = [GinIndex(fields=["search"], name="chunk_search")]

    def __str__(self) -> str:
        return f"{self.document_id}#{self.position}"


class ChunkVector(models.Model):
    """A chunk's vector in a space: narrow rows apart from the text, so that an exact scan reads little."""

    id = models.BigAutoField(primary_key=True)
    chunk = models.ForeignKey(Chunk, db_index=False, **_IN_DATABASE)
    space = models.ForeignKey(EmbeddingSpace, db_index=False, **_IN_DATABASE)
    document = models.ForeignKey(Document, **_IN_DATABASE)
    generation = models.PositiveIntegerField()
    vector = HalfVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "space"], name="one_vector_a_space")]

    def __str__(self) -> str:
        return f"{self.chunk_id} in {self.space_id}"
