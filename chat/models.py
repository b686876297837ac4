"""Conversations, what was said in them and what it rested on. In the tenant's schema.

Citations copy what they quote and name documents and chunks by plain ids: a document may go, what was said stays.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from chat.enums import Outcome, Rating, Role, Source, Status


class Conversation(models.Model):
    """A talk of one customer with one bot. `key_id` is the API key it came by, a row of public, hence no key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="conversations")
    session_hash = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=20, choices=Source)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    escalation_reason = models.CharField(max_length=100, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    key_id = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(F("last_at").desc(), F("id"), name="conversation_last_at")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="conversation_status"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="conversation_source"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.id}"


class Message(models.Model):
    """What one side said. All from `guardrail_action` to `trace` is of the bot's side alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=20, choices=Role)
    content = models.TextField(blank=True)
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
