"""Bodies and answers of datasets, documents and search."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from knowledge.api.fields import Metadata, Tags
from knowledge.enums import Status
from knowledge.ingest.split import MAX_SIZE, MIN_SIZE
from knowledge.models import NAME_LENGTH, Dataset
from tenants import context
from tenants.http import StrictSerializer

TEXT_LENGTH = 5_000_000
QUERY_LENGTH = 2_000
RESULTS = 50
_ORDERS = [sign + name for name in ("created_at", "updated_at") for sign in ("-", "")]


class DatasetIn(StrictSerializer):
    name = serializers.CharField(max_length=NAME_LENGTH)
    description = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    tags = Tags(required=False)
    metadata = Metadata(required=False)
    chunk_size = serializers.IntegerField(
        min_value=MIN_SIZE, max_value=MAX_SIZE, required=False, help_text="Characters of a chunk, at most."
    )
    chunk_overlap = serializers.IntegerField(
        min_value=0, max_value=MAX_SIZE // 2, required=False, help_text="Characters that two chunks share, at most."
    )


class Counts(serializers.Serializer[object]):
    """Documents by status; `outdated` were split by other settings than the dataset has now."""

    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    processing = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    outdated = serializers.IntegerField()


class DatasetOut(serializers.ModelSerializer[Dataset]):
    tenant_id = serializers.SerializerMethodField()
    documents = serializers.SerializerMethodField()
    embedding_model = serializers.CharField(source="active_space.model", read_only=True)

    class Meta:
        model = Dataset
        fields = [
            "id", "name", "tenant_id", "description", "tags", "metadata", "documents", "embedding_model",
            "chunk_size", "chunk_overlap", "created_by", "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.UUIDField)
    def get_tenant_id(self, dataset: Dataset) -> str:
        return str(context.current().id)

    @extend_schema_field(Counts)
    def get_documents(self, dataset: Dataset) -> dict[str, int]:
        """Counted with the row (`selectors.with_counts`); a dataset that was just made has none."""
        counts = {status: getattr(dataset, f"{status}_documents", 0) for status in Status.values}
        return {"total": sum(counts.values()), **counts, "outdated": getattr(dataset, "outdated_documents", 0)}


class _ListQuery(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=200, required=False, allow_blank=True)
    tag = serializers.CharField(max_length=200, required=False, allow_blank=True)


class DatasetQuery(_ListQuery):
    ordering = serializers.ChoiceField(choices=["name", "-name", *_ORDERS], default="-created_at")


class DocumentQuery(_ListQuery):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    ordering = serializers.ChoiceField(
        choices=["title", "-title", "size_bytes", "-size_bytes", *_ORDERS], default="-created_at"
    )


class SearchIn(StrictSerializer):
    query = serializers.CharField(max_length=QUERY_LENGTH)
    k = serializers.IntegerField(min_value=1, max_value=RESULTS, default=10)
    tags = Tags(required=False, help_text="Only documents with any of these.")
    metadata = Metadata(required=False, help_text="Only documents whose metadata says all of this.")


class Found(serializers.Serializer[object]):
    """A passage. `score` is 0 to 1 and falls with the rank; a rank is null where that half of the search missed it."""

    document_id = serializers.UUIDField()
    document_title = serializers.CharField()
    dataset_id = serializers.UUIDField()
    chunk_id = serializers.UUIDField()
    content = serializers.CharField()
    page = serializers.IntegerField(allow_null=True)
    heading = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    score = serializers.FloatField()
    similarity = serializers.FloatField(allow_null=True)
    coverage = serializers.FloatField()
    dense_rank = serializers.IntegerField(allow_null=True)
    lexical_rank = serializers.IntegerField(allow_null=True)


class SearchOut(serializers.Serializer[object]):
    """`relevant` says whether the passages are likely to answer the query."""

    results = Found(many=True)
    relevant = serializers.BooleanField()
    timings = serializers.DictField(child=serializers.FloatField(), help_text="Milliseconds by step.")
