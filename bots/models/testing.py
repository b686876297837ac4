"""Test sets of a bot: questions with what is expected of the answer, and what came of asking them.

A run holds the behaviour and the cases as they were when it was started, so that it ends as it began whatever is
changed meanwhile, and whoever takes it up goes on with what has no result yet.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bots.enums import Expectation, RunStatus
from bots.models.bots import Bot


def _texts(longest: int) -> ArrayField[Any, Any]:
    return ArrayField(models.CharField(max_length=longest), default=list, blank=True)


class TestSet(models.Model):
    """`cases_changed_at` tells whether a run asked the cases as they are now."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="test_sets")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    cases_changed_at = models.DateTimeField(default=timezone.now)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name


class Asked(models.Model):
    """A question and what is expected of the answer. `history` is what was said before, as `role` and `content`."""

    question = models.TextField()
    history = models.JSONField(default=list, blank=True)
    expect = models.CharField(max_length=20, choices=Expectation, default=Expectation.ANSWER)
    # One of these documents, by id or by title, must be cited.
    expected_document_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    expected_titles = _texts(500)
    # All of these must be in the answer, and none of those.
    expected_words = _texts(200)
    forbidden_words = _texts(200)

    class Meta:
        abstract = True


class TestCase(Asked):
    """`source_message_id` is the answer it was made from, a row of the app above, hence no key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test_set = models.ForeignKey(TestSet, on_delete=models.CASCADE, related_name="cases")
    note = models.TextField(blank=True)
    source_message_id = models.UUIDField(null=True, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expect__in=Expectation.values), name="test_case_expect"),
        ]

    def __str__(self) -> str:
        return self.question[:80]


class TestRun(models.Model):
    """One asking of all cases. `version` is null where the draft was asked; `error` says why it failed.

    `passed` is null until it is completed. Whoever works on it holds `lease_token` and renews `lease_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test_set = models.ForeignKey(TestSet, on_delete=models.CASCADE, related_name="runs")
    behaviour = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    version = models.PositiveIntegerField(null=True, blank=True)
    cases_as_of = models.DateTimeField()
    status = models.CharField(max_length=20, choices=RunStatus, default=RunStatus.PENDING)
    passed = models.BooleanField(null=True, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    author = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="test_run_status"),
            models.UniqueConstraint(
                fields=["test_set"], condition=Q(status__in=["pending", "running"]), name="one_open_test_run"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.id} of {self.test_set_id}"


class TestResult(Asked):
    """A case as it was asked, and from `passed` on what came of it: `failures` in words, and what the bot did (`got`).

    `case_id` is a plain id: a case may go, its results stay.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="results")
    case_id = models.UUIDField()
    position = models.PositiveIntegerField()
    passed = models.BooleanField(null=True, blank=True)
    failures = models.JSONField(default=list, blank=True)
    got = models.CharField(max_length=20, blank=True)
    said = models.TextField(blank=True)
    citations = models.JSONField(default=list, blank=True)
    guardrail = models.JSONField(default=dict, blank=True)
    model = models.CharField(max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="test_result_position")]

    def __str__(self) -> str:
        return f"result {self.position} of {self.run_id}"
