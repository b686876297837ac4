"""The words for a conversation."""

from __future__ import annotations

from django.db.models import TextChoices


class Source(TextChoices):
    """Which door a conversation came through."""

    PUBLIC = "public", "Public chat"
    EFFICIENT = "efficient", "API"
    COMPLETIONS = "completions", "OpenAI-compatible API"


class Status(TextChoices):
    """`escalated` waits for a person; in a `closed` one nothing more can be said."""

    OPEN = "open", "Open"
    ESCALATED = "escalated", "Waits for a person"
    CLOSED = "closed", "Closed"


class Role(TextChoices):
    USER = "user", "Customer"
    ASSISTANT = "assistant", "Bot"


class Outcome(TextChoices):
    """`aborted`: the customer left before the answer was there."""

    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Failed"
    ABORTED = "aborted", "Aborted"


class Rating(TextChoices):
    UP = "up", "Helpful"
    DOWN = "down", "Not helpful"
