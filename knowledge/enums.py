"""The words for where a document comes from and how far it has come."""

from __future__ import annotations

from django.db.models import TextChoices


class SourceType(TextChoices):
    FILE = "file"
    TEXT = "text"


class Status(TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Stage(TextChoices):
    """What is being done to a document that is processing."""

    EXTRACTING = "extracting"
    SPLITTING = "splitting"
    EMBEDDING = "embedding"
    STORING = "storing"
