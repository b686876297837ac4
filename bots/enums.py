"""The words for how a bot behaves, and what holds where nothing was said."""

from __future__ import annotations

from django.db.models import TextChoices


class Strictness(TextChoices):
    """How far a bot strays from its topics; docs and `guardrails.guard` have the table."""

    STRICT = "strict", "Strict: only the allowed topics"
    MODERATE = "moderate", "Moderate: the allowed topics, and whatever the knowledge answers"
    LENIENT = "lenient", "Lenient: anything that is not forbidden"


class ResponseFormat(TextChoices):
    HELPFUL_AND_DETAILED = "helpful_and_detailed", "Helpful and detailed"
    CONCISE = "concise", "Concise: a sentence or two"
    PLAIN = "plain", "Plain: no Markdown"


class CitationStyle(TextChoices):
    NUMBERED = "numbered", "Numbered: [1] in the text"
    NONE = "none", "None in the text; the citations still come beside it"


class FallbackBehavior(TextChoices):
    """What a bot does where it may answer and has nothing to say."""

    ESCALATE_TO_HUMAN = "escalate_to_human", "Hand over to a person"
    SAY_UNKNOWN = "say_unknown", "Say that it does not know"


class ProviderFailure(TextChoices):
    """What a bot does when neither its provider nor its fallback answers."""

    QUOTE = "quote", "Answer with quotes from the documents, by the built-in model"
    APOLOGIZE = "apologize", "Say that it cannot answer at the moment"


class FollowUps(TextChoices):
    """Which questions the bot's model puts into words that stand alone, once something was said before."""

    LEANING = "leaning", "Those that plainly lean on the talk"
    ALL = "all", "Every question"


class PublishMode(TextChoices):
    """When a change of a bot's behaviour reaches its customers."""

    IMMEDIATE = "immediate", "At once"
    REVIEWED = "reviewed", "When somebody publishes the draft"


class Expectation(TextChoices):
    """What a bot should do with a question."""

    ANSWER = "answer", "Answer it"
    REFUSE = "refuse", "Refuse it"
    ESCALATE = "escalate", "Hand over to a person"
    UNKNOWN = "unknown", "Have nothing to say"


class RunStatus(TextChoices):
    """Of a run of tests. `completed`: every case was asked, whether it passed or not."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class PrivateData(TextChoices):
    """What becomes of card numbers, bank accounts and secrets in a customer's message."""

    MASK = "mask", "Mask them before a model is asked and anything is kept"
    REFUSE = "refuse", "Refuse the message, and keep it masked"
    ALLOW = "allow", "Leave them as they are"


class Judge(TextChoices):
    """Whether the bot's model is asked where the embedder is in doubt."""

    OFF = "off", "Never"
    GREY_ZONE = "grey_zone", "Where the figures lie close to a threshold"


class Position(TextChoices):
    """Where the widget stands on a website."""

    RIGHT = "right", "Right"
    LEFT = "left", "Left"


class Theme(TextChoices):
    AUTO = "auto", "As the visitor's device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


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

    FORBIDDEN = "forbidden", "How sure a forbidden topic has to be"
    ALLOWED = "allowed", "How sure an allowed topic has to be"
    ESCALATION = "escalation", "How sure a trigger has to be"
    INJECTION = "injection", "How much a message has to sound like an attack"


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
