"""What a chat can be refused for."""

from __future__ import annotations

from tenants.errors import Forbidden, NotFound


class BotNotFound(NotFound):
    """Also the answer for a private bot: to strangers it looks like one that never was."""

    code, title = "bot_not_found", "There is no such bot"


class SessionNotFound(NotFound):
    code, title = "session_not_found", "There is no such session of this bot"


class MessageNotFound(NotFound):
    code, title = "message_not_found", "There is no such answer in this session"


class BotPrivate(Forbidden):
    code, title = "bot_private", "This bot is not public; use /v1/chat/efficient"


class BotInactive(Forbidden):
    code, title = "bot_inactive", "This bot is switched off"


class OriginNotAllowed(Forbidden):
    code, title = "origin_not_allowed", "This bot does not serve this website"
