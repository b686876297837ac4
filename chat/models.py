"""Conversations, what was said in them and what it rested on. In the tenant's schema.

Citations copy what they quote and name documents and chunks by plain ids: a document may go, what was said stays.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from pgvector.django import HalfVectorField

from chat.enums import GapKind, GapStatus, Outcome, Rating, Role, Source, Status


class Conversation(models.Model):
    """A talk of one customer with one bot. `key_id` is the API key it came by and `taken_by` the user who answers in
    the bot's place, rows of public, hence no keys. `waiting_since` is when the customer began to wait for a person.

    `contact_email` is where the customer may be reached. A person's answers from the place `unread_from` on were not
    fetched yet, and go there at `mail_due_at`; `mailed_at` is when that was done last."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="conversations")
    session_hash = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=20, choices=Source)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    escalation_reason = models.CharField(max_length=100, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    key_id = models.UUIDField(null=True, blank=True)
    taken_by = models.UUIDField(null=True, blank=True)
    taken_by_name = models.CharField(max_length=200, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    contact_email = models.EmailField(max_length=254, blank=True)
    unread_from = models.PositiveIntegerField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(F("last_at").desc(), F("id"), name="conversation_last_at"),
            models.Index(fields=["started_at"], name="conversation_started_at"),
            models.Index(
                fields=["waiting_since"],
                condition=Q(status__in=[Status.ESCALATED, Status.WITH_PERSON]),
                name="conversation_desk",
            ),
            models.Index(fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="conversation_mail_due"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="conversation_status"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="conversation_source"),
            models.CheckConstraint(
                condition=Q(status=Status.WITH_PERSON, taken_by__isnull=False)
                | (~Q(status=Status.WITH_PERSON) & Q(taken_by__isnull=True)),
                name="conversation_taken_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.id}"


class Message(models.Model):
    """What one side said. All from `guardrail_action` to `trace` is of the bot's side alone; `author_id` and
    `author_name` are of a person's, a user of public, hence no key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=20, choices=Role)
    content = models.TextField(blank=True)
    author_id = models.UUIDField(null=True, blank=True)
    author_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, choices=Outcome, default=Outcome.COMPLETE)
    guardrail_action = models.CharField(max_length=20, blank=True)
    guardrail_reason = models.CharField(max_length=100, blank=True)
    guardrail_topic = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    latency_ms = models.JSONField(default=dict, blank=True)
    trace = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "position"], name="message_position"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="message_role"),
            models.CheckConstraint(condition=Q(status__in=Outcome.values), name="message_status"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.position} of {self.conversation_id}"


class Citation(models.Model):
    """What a mark `[n]` in an answer stands for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="citations")
    number = models.PositiveSmallIntegerField()
    document_id = models.UUIDField()
    document_title = models.CharField(max_length=500, blank=True)
    chunk_id = models.UUIDField()
    page = models.PositiveIntegerField(null=True, blank=True)
    heading = models.TextField(blank=True)
    quote = models.TextField()
    score = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="citation_number")]

    def __str__(self) -> str:
        return f"[{self.number}] of {self.message_id}"


class Feedback(models.Model):
    """What the customer thought of an answer; a second opinion replaces the first."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="feedback", primary_key=True)
    rating = models.CharField(max_length=10, choices=Rating)
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(rating__in=Rating.values), name="feedback_rating")]

    def __str__(self) -> str:
        return f"{self.rating} for {self.message_id}"


class Gap(models.Model):
    """Something that customers ask and the bot's documents do not answer: questions that mean the same.

    `question` is one of them, that of the message `origin_id`; `vector` is its meaning as `embedder` sees it, and only
    vectors of one embedder are compared. `document_id` is what was written to answer it, a row that may go.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="gaps")
    question = models.TextField()
    origin_id = models.UUIDField()
    status = models.CharField(max_length=20, choices=GapStatus, default=GapStatus.OPEN)
    embedder = models.CharField(max_length=200)
    vector = HalfVectorField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    dataset_id = models.UUIDField(null=True, blank=True)
    document_id = models.UUIDField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=254, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["bot", "-last_at"], name="gap_of_bot")]
        constraints = [models.CheckConstraint(condition=Q(status__in=GapStatus.values), name="gap_status")]

    def __str__(self) -> str:
        return self.question[:80]


class GapQuestion(models.Model):
    """A question that showed a gap, by the answer that it had; it goes with its conversation."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="gap_question")
    gap = models.ForeignKey(Gap, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=20, choices=GapKind)
    text = models.TextField()
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=GapKind.values), name="gap_question_kind")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.gap_id}"


class GapCursor(models.Model):
    """How far one kind of record was read for gaps: everything up to `at`, and of that moment up to `last_id`."""

    name = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()
    last_id = models.UUIDField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
