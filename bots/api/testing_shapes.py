"""Bodies and answers of test sets and their cases."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bots.enums import Expectation
from bots.models import TestCase, TestSet
from bots.services.testing import CASES
from tenants.http import StrictSerializer

QUESTION_CHARACTERS = 4_000
ANSWER_CHARACTERS = 20_000
HISTORY = 50


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


class SaidBefore(StrictSerializer):
    role = serializers.ChoiceField(choices=["user", "assistant"])
    content = serializers.CharField(max_length=ANSWER_CHARACTERS)


class Words(serializers.ListField):
    child = serializers.CharField(max_length=200)


class Expected(StrictSerializer):
    """What a case asks of the answer."""

    expect = serializers.ChoiceField(choices=Expectation.choices, required=False)
    expected_document_ids = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=20,
        required=False,
        help_text="One of these, or of `expected_titles`, must be cited.",
    )
    expected_titles = serializers.ListField(
        child=serializers.CharField(max_length=500), max_length=20, required=False, help_text="As above, by title."
    )
    expected_words = Words(max_length=20, required=False, help_text="All of these must be in the answer.")
    forbidden_words = Words(max_length=20, required=False, help_text="None of these may be in the answer.")
    note = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class CaseIn(Expected):
    question = serializers.CharField(max_length=QUESTION_CHARACTERS)
    history = SaidBefore(many=True, required=False, max_length=HISTORY, help_text="What was said before, in its order.")  # type: ignore[call-arg]  # of the list that `many` makes

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        fields = super().to_internal_value(data)
        if "history" in fields:
            fields["history"] = [dict(turn) for turn in fields["history"]]
        return fields


class ImportedCase(CaseIn):
    """As `GET …/cases/export` writes it. What a case has by itself is left aside."""

    id = serializers.UUIDField(required=False, help_text="That of a case of this set is replaced; any other is new.")


class CasesIn(StrictSerializer):
    cases = ImportedCase(many=True, min_length=1, max_length=CASES)  # type: ignore[call-arg]  # same


class ImportedOut(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    replaced = serializers.IntegerField()


class CaseOut(serializers.ModelSerializer[TestCase]):
    test_set_id = serializers.UUIDField(read_only=True)
    history = SaidBefore(many=True, read_only=True)

    class Meta:
        model = TestCase
        fields = [
            "id", "test_set_id", "question", "history", "expect", "expected_document_ids", "expected_titles",
            "expected_words", "forbidden_words", "note", "source_message_id", "created_by", "created_at", "updated_at",
        ]  # fmt: skip
