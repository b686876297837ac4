"""Bodies and answers of a dataset's embedding model, and of its move to another."""

from __future__ import annotations

from rest_framework import serializers

from knowledge.api.fields import NullForBlank
from knowledge.models import EmbeddingSpace, SpaceChange
from tenants.http import StrictSerializer


class EmbedderIn(StrictSerializer):
    """Without `provider_id` it is the built-in model."""

    provider_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    model = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class EmbedderOut(serializers.ModelSerializer[EmbeddingSpace]):
    provider_id = serializers.UUIDField(source="ai_provider_id", allow_null=True)

    class Meta:
        model = EmbeddingSpace
        fields = ["provider", "provider_id", "model", "dimensions"]


class MoveOut(serializers.ModelSerializer[SpaceChange]):
    """The old model answers until the move is through."""

    to = EmbedderOut(source="space")
    progress = serializers.SerializerMethodField()
    notice = NullForBlank()
    error_code = NullForBlank()
    error = NullForBlank()

    class Meta:
        model = SpaceChange
        fields = [
            "to", "status", "progress", "chunks_done", "chunk_total", "notice", "error_code", "error", "created_at",
            "started_at", "updated_at",
        ]  # fmt: skip

    def get_progress(self, change: SpaceChange) -> int:
        return 100 * change.chunks_done // max(1, change.chunk_total)


class EmbeddingOut(serializers.Serializer[object]):
    active = EmbedderOut()
    move = MoveOut(allow_null=True)


class CostOut(serializers.Serializer[object]):
    """`tokens` are an estimate; `price_usd` is null where the model has no list price."""

    model = serializers.CharField()
    dimensions = serializers.IntegerField()
    chunks = serializers.IntegerField()
    tokens = serializers.IntegerField()
    price_usd = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
