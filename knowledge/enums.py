"""The words for where a document comes from and how far it has come."""

from __future__ import annotations

from django.db.models import TextChoices


class SourceType(TextChoices):
    """`qa` is pairs of a question and its answer; `web` a page that is fetched when its turn comes."""

    FILE = "file"
    TEXT = "text"
    QA = "qa"
    WEB = "web"


class Status(TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Stage(TextChoices):
    """What is being done to a document that is processing."""

    FETCHING = "fetching"
    EXTRACTING = "extracting"
    SPLITTING = "splitting"
    EMBEDDING = "embedding"
    STORING = "storing"
