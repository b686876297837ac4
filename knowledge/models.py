"""What bots know: datasets of documents, cut into chunks, each with a vector in a space. All in the tenant's schema.

Documents, imports and space changes are also the queue of ingestion (`Work`): status, lease and attempts are moved by
`ingest.queue` alone. Chunks of a generation that is not the active one are nobody's to read.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from pgvector.django import HalfVectorField

from integrations.models import TenantAIProvider
from knowledge.enums import SourceType, Stage, Status

NAME_LENGTH = 255
TAG_LENGTH = 60
URL_LENGTH = 2_000
CHUNK_SIZE, CHUNK_OVERLAP = 1_000, 120
# Foreign keys of the big tables are made by a migration, with ON DELETE CASCADE in the database itself: deleting ten
# thousand chunks is one statement, and no writer can slip a chunk under a document that is going away.
_IN_DATABASE: dict[str, Any] = {"on_delete": models.DO_NOTHING, "db_constraint": False, "related_name": "+"}


class EmbeddingSpace(models.Model):
    """Vectors of one model of one provider; the built-in one has no `ai_provider`. Vectors of two spaces never meet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=100)
    ai_provider = models.ForeignKey(TenantAIProvider, on_delete=models.PROTECT, related_name="+", null=True)
    model = models.CharField(max_length=200)
    dimensions = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "ai_provider", "model", "dimensions"],
                name="one_space_a_model",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(dimensions__gte=1, dimensions__lte=4000), name="space_fits_halfvec"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}/{self.model} ({self.dimensions})"


class Dataset(models.Model):
    """A container of documents that bots are pointed at, and how they are split: size and overlap in characters."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    chunk_size = models.PositiveIntegerField(default=CHUNK_SIZE)
    chunk_overlap = models.PositiveIntegerField(default=CHUNK_OVERLAP)
    active_space = models.ForeignKey(EmbeddingSpace, on_delete=models.PROTECT, related_name="datasets")
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Work(models.Model):
    """Something that waits for a worker, in the order of `available_at`.

    `attempts` counts those since it last got anywhere; `notice` says what it waits for where that is not its turn;
    `waiting_since` is when it began to wait for something that should come back by itself.
    """

    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    error_code = models.CharField(max_length=50, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    notice = models.CharField(max_length=500, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    available_at = models.DateTimeField(db_default=Now())
    created_by = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="%(class)s_status_known"),
            # A lease is held exactly while processing, so that no state can be one that nobody moves on from.
            models.CheckConstraint(
                condition=Q(status=Status.PROCESSING, lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(status=Status.PROCESSING) & Q(lease_token__isnull=True, lease_until__isnull=True)),
                name="%(class)s_leased_while_processing",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | (~Q(error="") & ~Q(error_code="")),
                name="%(class)s_failure_has_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(status__in=[Status.PENDING, Status.PROCESSING]),
                name="%(class)s_queue",
            )
        ]


class Document(Work):
    """A file, a text, questions with answers, or a web page.

    `content_hash` says what it is: the hash of its bytes, or of a web page's address; `file_key` where its bytes lie.
    `replaced` holds the source that it had before, until the new one is complete. `generation` is the one being built,
    of which `chunk_total` chunks are written and `chunks_done` have their vectors; `built` are the fields (language,
    pages, …) that come with it. Readers see `active_generation`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="documents")
    title = models.CharField(max_length=NAME_LENGTH)
    source_type = models.CharField(max_length=10, choices=SourceType)
    url = models.CharField(max_length=URL_LENGTH, blank=True)
    file_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    content_hash = models.CharField(max_length=64)
    file_key = models.CharField(max_length=200, db_index=True, blank=True)
    replaced = models.JSONField(null=True, blank=True)
    built = models.JSONField(null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=10, blank=True)
    search_config = models.CharField(max_length=30, default="simple")

    stage = models.CharField(max_length=20, choices=Stage, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    generation = models.PositiveIntegerField(default=0)
    active_generation = models.PositiveIntegerField(default=0)
    chunk_total = models.PositiveIntegerField(default=0)
    chunks_done = models.PositiveIntegerField(default=0)

    chunk_count = models.PositiveIntegerField(default=0)
    chunk_size = models.PositiveIntegerField(null=True, blank=True)
    chunk_overlap = models.PositiveIntegerField(null=True, blank=True)
    page_count = models.PositiveIntegerField(null=True, blank=True)
    char_count = models.PositiveIntegerField(default=0)
    warnings = models.JSONField(default=list, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta(Work.Meta):
        constraints = [
            *Work.Meta.constraints,
            models.UniqueConstraint(fields=["dataset", "content_hash"], name="one_document_a_content"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="document_progress_a_percentage"),
            models.CheckConstraint(
                condition=Q(active_generation__lte=F("generation")), name="document_active_generation_exists"
            ),
            models.CheckConstraint(condition=Q(chunks_done__lte=F("chunk_total")), name="document_chunks_done_exist"),
        ]
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["dataset", "-created_at", "id"], name="document_list"),
        ]

    def __str__(self) -> str:
        return self.title


class WebImport(Work):
    """A site whose pages become documents, at most `limit`; `skipped` were known, forbidden or elsewhere."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="imports")
    url = models.CharField(max_length=URL_LENGTH)
    limit = models.PositiveIntegerField()
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    found = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)

    class Meta(Work.Meta):
        pass

    def __str__(self) -> str:
        return self.url


class SpaceChange(Work):
    """A dataset's move to another space, while the one that it has still answers; gone once it is through."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="space_change")
    space = models.ForeignKey(EmbeddingSpace, on_delete=models.PROTECT, related_name="+")
    chunks_done = models.PositiveIntegerField(default=0)
    chunk_total = models.PositiveIntegerField(default=0)

    class Meta(Work.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.dataset_id} to {self.space_id}"


class Chunk(models.Model):
    """A piece of a document, which can be found and quoted on its own; `start` and `end` span the clean text.

    `fingerprint` is the hash of what is embedded for it (title, headings, content): equal ones share their vectors.
    """

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
    fingerprint = models.UUIDField(db_default=RandomUUID(), db_index=True)
    is_enabled = models.BooleanField(default=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    edited_by = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "generation", "position"], name="one_chunk_a_position"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="chunk_span_in_order"),
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
    is_enabled = models.BooleanField(default=True)  # as the chunk is
    vector = HalfVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "space"], name="one_vector_a_space")]

    def __str__(self) -> str:
        return f"{self.chunk_id} in {self.space_id}"
