"""The words for a conversation."""

from __future__ import annotations

from django.db.models import TextChoices


class Source(TextChoices):
    """Which door a conversation came through."""

    PUBLIC = "public", "Public chat"
    EFFICIENT = "efficient", "API"
    COMPLETIONS = "completions", "OpenAI-compatible API"


class Status(TextChoices):
    """`escalated` waits for a person, and the bot goes on answering; `with_person` has one, and the bot is silent; in a
    `closed` one nothing more can be said."""

    OPEN = "open", "Open"
    ESCALATED = "escalated", "Waits for a person"
    WITH_PERSON = "with_person", "With a person"
    CLOSED = "closed", "Closed"


class Role(TextChoices):
    USER = "user", "Customer"
    ASSISTANT = "assistant", "Bot"
    PERSON = "person", "Person"


class Outcome(TextChoices):
    """`aborted`: the customer left before the answer was there."""

    COMPLETE = "complete", "Complete"
    FAILED = "failed", "Failed"
    ABORTED = "aborted", "Aborted"


class Rating(TextChoices):
    UP = "up", "Helpful"
    DOWN = "down", "Not helpful"


class GapStatus(TextChoices):
    """Of something that the documents do not answer."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    DISMISSED = "dismissed", "Dismissed"


class GapKind(TextChoices):
    """How it showed that a question was not answered."""

    UNANSWERED = "unanswered", "The bot had nothing to say"
    REFUSED = "refused", "Refused as off topic"
    DISLIKED = "disliked", "Answered, and not helpful"
    ESCALATED = "escalated", "Handed over to a person"
