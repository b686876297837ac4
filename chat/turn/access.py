"""Who may talk to a bot, and from where.

A public bot is open to anyone from where it is served; to strangers a private one looks like one that never was.
`allowed_domains` set: browsers on those origins, and without an `Origin` only who shows a credential of the tenant.
Unset: servers, no other website. Our own page (`/c/<bot_id>/`) is served either way; a bot can do without it.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from bots import origins
from bots import selectors as bots
from bots.types import BotProfile
from chat.enums import Source
from chat.errors import BotInactive, BotNotFound, BotNotPublic, BotPrivate, OriginNotAllowed, SessionNotFound
from tenants import context, limits
from tenants.errors import Forbidden, NotFound
from tenants.keys import redis_key
from tenants.selectors import tenant_of
from tenants.types import Principal, RateLimit


def public_bot(*, bot_id: UUID, by: Principal) -> BotProfile:
    """The bot for a door without a lock. Raises `BotNotFound`; `BotPrivate` for those of its own tenant."""
    try:
        tenant = tenant_of(bot_id)
        with context.entered(tenant):
            profile = bots.profile(bot_id)
    except NotFound as error:
        raise BotNotFound from error
    if not profile.is_public:
        raise BotPrivate if by.tenant == tenant else BotNotFound
    return profile


def own_bot(*, bot_id: UUID, by: Principal) -> BotProfile:
    """A bot of the caller's tenant, public or not; a key tied to other bots does not find it."""
    try:
        return bots.profile(bot_id, opened_by=by.key_id)
    except NotFound as error:
        raise BotNotFound from error


def session_bot(*, bot_id: UUID | None) -> BotProfile:
    """The bot that a session id names. Raises `SessionNotFound`."""
    try:
        if bot_id is None:
            raise SessionNotFound
        with context.entered(tenant_of(bot_id)):
            return bots.profile(bot_id)
    except NotFound as error:
        raise SessionNotFound from error


def check_session(*, profile: BotProfile, source: str, by: Principal, scope: str) -> None:
    """Whether this caller may open a session whose id it knows.

    The id of a public talk is its customer's credential. One that came by a key is opened by a key with `scope` or by
    a member; to anyone else, and to other tenants always, there is no such session.
    """
    if by.kind == "anonymous" and source == Source.PUBLIC and profile.is_public:
        return
    if by.tenant != profile.tenant:
        raise SessionNotFound
    if by.key_id and not bots.key_opens(key_id=by.key_id, bot_id=profile.id):
        raise SessionNotFound
    if by.kind == "key" and scope not in by.scopes:
        raise Forbidden(f"This key lacks the scope {scope}.", code="scope_missing")


def check_origin(*, profile: BotProfile, origin: str, ours: str) -> bool:
    """Whether a browser there may read the answer; raises `OriginNotAllowed`. No `origin`: not a browser.

    `ours` is the address this request came to.
    """
    if not origin:
        return False
    if origin in {ours, settings.PUBLIC_URL} or origins.matches(origin, profile.allowed_domains):
        return True
    raise OriginNotAllowed


def check_shown(*, profile: BotProfile, origin: str, ours: str) -> None:
    """Whether a browser may show the bot at all; raises what is wrong.

    Only the bot's own websites are told that it is private or switched off: to others it is not there.
    """
    try:
        own = check_origin(profile=profile, origin=origin, ours=ours) and origins.matches(
            origin, profile.allowed_domains
        )
    except OriginNotAllowed:
        if not (profile.is_public and profile.is_active):
            raise BotNotFound from None
        raise
    if not profile.is_public:
        raise BotNotPublic if own else BotNotFound
    check_active(profile)


def check_credential(*, profile: BotProfile, origin: str, by: Principal) -> None:
    """A bot with websites of its own serves a caller that is none only with a credential of its tenant."""
    if profile.allowed_domains and not origin and not _may_talk(by, profile):
        raise OriginNotAllowed("Without a website this bot needs an API key with the scope chat:write.")


def _may_talk(by: Principal, profile: BotProfile) -> bool:
    if by.tenant != profile.tenant:
        return False
    if by.key_id is None:
        return by.kind == "user"
    with context.entered(profile.tenant):
        return "chat:write" in by.scopes and bots.key_opens(key_id=by.key_id, bot_id=profile.id)


def check_active(profile: BotProfile) -> None:
    if not profile.is_active:
        raise BotInactive


def count_public(*, profile: BotProfile, ip: str) -> RateLimit:
    """Count a request without a key against the limits of its address and of its bot."""
    key = redis_key(profile.tenant, "chat", profile.id)
    limits.hit_minutely(key=f"{key}:all", limit=settings.CHAT_BOT_PER_MINUTE)
    return limits.hit_minutely(key=f"{key}:ip:{ip or 'unknown'}", limit=settings.CHAT_PUBLIC_PER_MINUTE)
