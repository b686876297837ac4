"""Bodies and answers of test sets; those of their cases are in `bots.parsers`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bots.models import TestSet
from tenants.http import StrictSerializer


class TestSetIn(StrictSerializer):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class TestSetOut(serializers.ModelSerializer[TestSet]):
    bot_id = serializers.UUIDField(read_only=True)
    case_count = serializers.SerializerMethodField()

    class Meta:
        model = TestSet
        fields = [
            "id", "bot_id", "name", "description", "case_count", "cases_changed_at", "created_by", "created_at",
            "updated_at",
        ]  # fmt: skip

    def get_case_count(self, row: TestSet) -> int:
        counted: int | None = getattr(row, "case_count", None)  # lists count all of theirs at once
        return row.cases.count() if counted is None else counted


class ImportedOut(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    replaced = serializers.IntegerField()
