"""The words for a conversation."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Source(TextChoices):
    """Which door a conversation came through."""

    PUBLIC = "public", _("Public chat")
    EFFICIENT = "efficient", _("API")
    COMPLETIONS = "completions", _("OpenAI-compatible API")


class Status(TextChoices):
    """`escalated` waits for a person, and the bot goes on answering; `with_person` has one, and the bot is silent; in a
    `closed` one nothing more can be said."""

    OPEN = "open", _("Open")
    ESCALATED = "escalated", _("Waits for a person")
    WITH_PERSON = "with_person", _("With a person")
    CLOSED = "closed", _("Closed")


class Role(TextChoices):
    USER = "user", _("Customer")
    ASSISTANT = "assistant", _("Bot")
    PERSON = "person", _("Person")


class Outcome(TextChoices):
    """`aborted`: the customer left before the answer was there."""

    COMPLETE = "complete", _("Complete")
    FAILED = "failed", _("Failed")
    ABORTED = "aborted", _("Aborted")


class Rating(TextChoices):
    UP = "up", _("Helpful")
    DOWN = "down", _("Not helpful")


class GapStatus(TextChoices):
    """Of something that the documents do not answer."""

    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered")
    DISMISSED = "dismissed", _("Dismissed")


class GapKind(TextChoices):
    """How it showed that a question was not answered."""

    UNANSWERED = "unanswered", _("The bot had nothing to say")
    REFUSED = "refused", _("Refused as off topic")
    DISLIKED = "disliked", _("Answered, and not helpful")
    ESCALATED = "escalated", _("Handed over to a person")
