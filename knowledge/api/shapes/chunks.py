"""Bodies and answers of chunks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from knowledge.models import Chunk
from tenants.http import StrictSerializer


class ChunkOut(serializers.ModelSerializer[Chunk]):
    """`start` and `end` span the document's clean text, as it was before the chunk was edited."""

    document_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Chunk
        fields = [
            "id",
            "document_id",
            "position",
            "content",
            "page",
            "heading",
            "start",
            "end",
            "is_enabled",
            "edited_at",
        ]


class ChunkIn(StrictSerializer):
    content = serializers.CharField(trim_whitespace=False, required=False)
    is_enabled = serializers.BooleanField(required=False)


class ChunkQuery(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=200, required=False, allow_blank=True)
    is_enabled = serializers.BooleanField(required=False, allow_null=True, default=None)
