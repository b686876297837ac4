"""What a chat can be refused for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from integrations.errors import FOR_VISITORS, ProviderError
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unavailable


class BotNotFound(NotFound):
    """Also the answer for a private bot: to strangers it looks like one that never was."""

    code, title = "bot_not_found", gettext_lazy("There is no such bot")


class SessionNotFound(NotFound):
    code, title = "session_not_found", "There is no such session of this bot"


class MessageNotFound(NotFound):
    code, title = "message_not_found", "There is no such answer in this session"


class GapNotFound(NotFound):
    code, title = "gap_not_found", gettext_lazy("There is no such gap")


class BotPrivate(Forbidden):
    code, title = "bot_private", "This bot is not public; use /v1/chat/efficient"


class BotNotPublic(Forbidden):
    """Told to the websites that the bot's owner listed, and to no other."""

    code, title = "bot_private", "This bot is not public"


class BotSuspended(Forbidden):
    """As above."""

    code, title = "bot_suspended", "The organisation of this bot is suspended"


class BotInactive(Forbidden):
    code, title = "bot_inactive", gettext_lazy("This bot is switched off")


class OriginNotAllowed(Forbidden):
    code, title = "origin_not_allowed", "This bot does not serve this website"


class SessionEnded(Conflict):
    code, title = "session_ended", "This session has ended; begin a new one without a session_id"


class NobodyIsCalled(Conflict):
    code, title = "nobody_is_called", "No person is expected to answer in this session"


class ConversationClosed(Conflict):
    code, title = "conversation_closed", gettext_lazy("This conversation is closed")


class ConversationTaken(Conflict):
    code, title = "conversation_taken", gettext_lazy("Somebody else has this conversation")


class NotAtThisDesk(Conflict):
    code, title = "conversation_not_yours", gettext_lazy("Take the conversation over before you answer in it")


class ConversationsNotKept(Conflict):
    """A person could not read what they are asked."""

    code = "conversations_not_kept"
    title = gettext_lazy("The operator keeps no conversations, so nobody can take one over")


class TooManyStreams(Unavailable):
    code, title = "too_many_streams", "Too many answers are being streamed at the moment"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


class IdempotencyKeyInvalid(Invalid):
    code, title = "idempotency_key_invalid", "An Idempotency-Key has 1 to 255 printable characters"


class IdempotencyKeyReused(Problem):
    status, code, title = 422, "idempotency_key_reused", "This Idempotency-Key came with another request before"


class IdempotencyInProgress(Conflict):
    """Also where the answer was given and is not kept."""

    code, title = "idempotency_in_progress", "The request with this Idempotency-Key is being answered"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "2"})


class IdempotencyAnswerGone(Conflict):
    code, title = "idempotency_answer_gone", "This request was answered before, and what was said is not kept"


class AssistantUnavailable(Problem):
    """No provider answered. What was wrong is the bot's owner's to know."""

    status, code, title = 503, "assistant_unavailable", "The assistant cannot answer"

    def __init__(self) -> None:
        super().__init__(FOR_VISITORS, headers={"Retry-After": "10"})


def told(error: ProviderError, *, own: bool) -> Problem:
    """A provider's failure for who asked: its code for callers of the bot's tenant, a kind sentence for anyone."""
    if not own:
        return AssistantUnavailable()
    if error.retry_after is not None:
        error.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return error
