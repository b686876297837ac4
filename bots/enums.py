"""The words for how a bot behaves, and what holds where nothing was said."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Strictness(TextChoices):
    """How far a bot strays from its topics; docs and `guardrails.guard` have the table."""

    STRICT = "strict", _("Strict: only the allowed topics")
    MODERATE = "moderate", _("Moderate: the allowed topics, and whatever the knowledge answers")
    LENIENT = "lenient", _("Lenient: anything that is not forbidden")


class ResponseFormat(TextChoices):
    HELPFUL_AND_DETAILED = "helpful_and_detailed", _("Helpful and detailed")
    CONCISE = "concise", _("Concise: a sentence or two")
    PLAIN = "plain", _("Plain: no Markdown")


class CitationStyle(TextChoices):
    NUMBERED = "numbered", _("Numbered: [1] in the text")
    NONE = "none", _("None in the text; the citations still come beside it")


class FallbackBehavior(TextChoices):
    """What a bot does where it may answer and has nothing to say."""

    ESCALATE_TO_HUMAN = "escalate_to_human", _("Hand over to a person")
    SAY_UNKNOWN = "say_unknown", _("Say that it does not know")


class ProviderFailure(TextChoices):
    """What a bot does when neither its provider nor its fallback answers."""

    QUOTE = "quote", _("Answer with quotes from the documents, by the built-in model")
    APOLOGIZE = "apologize", _("Say that it cannot answer at the moment")


class FollowUps(TextChoices):
    """Which questions the bot's model puts into words that stand alone, once something was said before."""

    LEANING = "leaning", _("Those that plainly lean on the talk")
    ALL = "all", _("Every question")


class PublishMode(TextChoices):
    """When a change of a bot's behaviour reaches its customers."""

    IMMEDIATE = "immediate", _("At once")
    REVIEWED = "reviewed", _("When somebody publishes the draft")


class Expectation(TextChoices):
    """What a bot should do with a question."""

    ANSWER = "answer", _("Answer it")
    REFUSE = "refuse", _("Refuse it")
    ESCALATE = "escalate", _("Hand over to a person")
    UNKNOWN = "unknown", _("Have nothing to say")


class RunStatus(TextChoices):
    """Of a run of tests. `completed`: every case was asked, whether it passed or not."""

    PENDING = "pending", _("Pending")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")


class PrivateData(TextChoices):
    """What becomes of card numbers, bank accounts and secrets in a customer's message."""

    MASK = "mask", _("Mask them before a model is asked and anything is kept")
    REFUSE = "refuse", _("Refuse the message, and keep it masked")
    ALLOW = "allow", _("Leave them as they are")


class Judge(TextChoices):
    """Whether the bot's model is asked where the embedder is in doubt."""

    OFF = "off", _("Never")
    GREY_ZONE = "grey_zone", _("Where the figures lie close to a threshold")


class Position(TextChoices):
    """Where the widget stands on a website."""

    RIGHT = "right", _("Right")
    LEFT = "left", _("Left")


class Theme(TextChoices):
    AUTO = "auto", _("As the visitor's device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Language(TextChoices):
    """In which the widget speaks; the bot answers in the customer's own."""

    ENGLISH = "en", "English"
    ARABIC = "ar", "العربية"
    GERMAN = "de", "Deutsch"
    SPANISH = "es", "Español"
    FRENCH = "fr", "Français"
    HEBREW = "he", "עברית"
    ITALIAN = "it", "Italiano"
    DUTCH = "nl", "Nederlands"
    POLISH = "pl", "Polski"
    PORTUGUESE = "pt", "Português"


class Threshold(TextChoices):
    """The thresholds that a scope may move: upwards they catch less, downwards more."""

    FORBIDDEN = "forbidden", _("How sure a forbidden topic has to be")
    ALLOWED = "allowed", _("How sure an allowed topic has to be")
    ESCALATION = "escalation", _("How sure a trigger has to be")
    INJECTION = "injection", _("How much a message has to sound like an attack")


SETTINGS: dict[str, type[TextChoices]] = {
    "response_format": ResponseFormat,
    "citation_style": CitationStyle,
    "fallback_behavior": FallbackBehavior,
    "provider_failure": ProviderFailure,
    "follow_ups": FollowUps,
}
DEFAULT_SETTINGS: dict[str, str] = {
    "response_format": ResponseFormat.HELPFUL_AND_DETAILED.value,
    "citation_style": CitationStyle.NUMBERED.value,
    "fallback_behavior": FallbackBehavior.SAY_UNKNOWN.value,
    "provider_failure": ProviderFailure.QUOTE.value,
    "follow_ups": FollowUps.LEANING.value,
}
