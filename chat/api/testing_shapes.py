"""Bodies and answers of runs of test sets, and of turns that become cases."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bots.enums import Expectation, RunStatus
from bots.models import TestCase, TestResult, TestRun
from chat.api.answers import GuardrailOut
from tenants.http import StrictSerializer

GOT = [*Expectation.values, "error"]


class RunIn(StrictSerializer):
    version = serializers.IntegerField(
        min_value=1, max_value=2_147_483_647, required=False, allow_null=True, help_text="Default: the draft."
    )


class RunOut(serializers.ModelSerializer[TestRun]):
    test_set_id = serializers.UUIDField(read_only=True)
    version = serializers.IntegerField(allow_null=True, help_text="null: the draft as it was then.")
    status = serializers.ChoiceField(choices=RunStatus.choices)
    passed = serializers.BooleanField(allow_null=True, help_text="Whether all passed; null until it is completed.")
    case_count = serializers.IntegerField()
    passed_count = serializers.IntegerField()
    failed_count = serializers.IntegerField()

    class Meta:
        model = TestRun
        fields = [
            "id", "test_set_id", "version", "fingerprint", "status", "passed", "error", "case_count", "passed_count",
            "failed_count", "author", "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class CitedOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    document_id = serializers.UUIDField()
    document_title = serializers.CharField()
    quote = serializers.CharField()


class ResultOut(serializers.ModelSerializer[TestResult]):
    """A case as it was asked, and what came of it; `passed` is null until then."""

    got = serializers.ChoiceField(choices=GOT, help_text="What the bot did; `error` where no answer came about.")
    failures = serializers.ListField(child=serializers.CharField(), help_text="Why it failed, in sentences.")
    citations = CitedOut(many=True)
    guardrail = GuardrailOut(allow_null=True, help_text="null until the case was asked.")

    class Meta:
        model = TestResult
        fields = [
            "case_id", "position", "question", "history", "expect", "expected_document_ids", "expected_titles",
            "expected_words", "forbidden_words", "passed", "failures", "got", "said", "citations", "guardrail", "model",
            "latency_ms",
        ]  # fmt: skip

    def to_representation(self, instance: TestResult) -> dict[str, Any]:
        instance.guardrail = instance.guardrail or None
        return super().to_representation(instance)


class ResultFilter(serializers.Serializer[Any]):
    """The query of a run."""

    passed = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Only those results.")


class ChangedOut(serializers.Serializer[Any]):
    case_id = serializers.UUIDField()
    question = serializers.CharField()
    passed_before = serializers.BooleanField()
    passed = serializers.BooleanField()
    got_before = serializers.CharField()
    got = serializers.CharField()


class ComparisonOut(serializers.Serializer[Any]):
    run_id = serializers.UUIDField(source="run.id")
    created_at = serializers.DateTimeField(source="run.created_at")
    newly_failed = serializers.IntegerField()
    newly_passed = serializers.IntegerField()
    changed = ChangedOut(many=True, help_text="The cases that came out differently.")


class ResultPage(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ResultOut(many=True)


class RunDetail(RunOut):
    comparison = ComparisonOut(allow_null=True, help_text="With the run of this set that was completed before it.")
    results = ResultPage(help_text="A page of them, by `page` and `page_size`.")

    class Meta(RunOut.Meta):
        fields = [*RunOut.Meta.fields, "comparison", "results"]


class Phrases(serializers.ListField):
    child = serializers.CharField(max_length=200)


class SaveIn(StrictSerializer):
    """What is left out is taken from the answer as it was given."""

    test_set_id = serializers.UUIDField()
    expect = serializers.ChoiceField(choices=Expectation.choices, required=False)
    expected_document_ids = serializers.ListField(child=serializers.UUIDField(), max_length=20, required=False)
    expected_titles = serializers.ListField(child=serializers.CharField(max_length=500), max_length=20, required=False)
    expected_words = Phrases(max_length=20, required=False)
    forbidden_words = Phrases(max_length=20, required=False)
    note = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class SavedOut(serializers.ModelSerializer[TestCase]):
    test_set_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = TestCase
        fields = [
            "id", "test_set_id", "question", "history", "expect", "expected_document_ids", "expected_titles",
            "expected_words", "forbidden_words", "note", "source_message_id", "created_at",
        ]  # fmt: skip
