"""Rate limits, counted atomically on Redis by the `limits` library.

A minute's limits remember each request and are exact. An hour's may run to a hundred thousand, so they are two counters
of a sliding window, exact within the hour of the clock and weighted across its turn.

Redis being away does not open the doors: the caller gets `Unavailable` with a time to come back.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext as _
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from tenants.errors import TooManyRequests, Unavailable
from tenants.keys import platform_key, redis_key
from tenants.types import Principal, RateLimit

# Tries at a password a minute, from one address: at one e-mail, and at all of them.
SIGN_INS_A_MINUTE, SIGN_INS_OF_AN_ADDRESS = 10, 60
# Tenants that one address may ask for where anyone may: each costs a schema, sends mail, and tries a password.
SIGN_UPS_AN_HOUR = 20
# Of a person, over pages and API together: what asks a model, embeds, fetches from elsewhere, processes documents anew,
# or reads much at once.
COSTLY_A_MINUTE = 60


@lru_cache(maxsize=1)
def _storage(url: str) -> RedisStorage:
    return RedisStorage(url, key_prefix="parley:limits", socket_timeout=2, socket_connect_timeout=2)


def hit_hourly(*, key: str, limit: int) -> RateLimit:
    """Count one request against `limit` an hour; raises `TooManyRequests` past it."""
    return _hit(SlidingWindowCounterRateLimiter, RateLimitItemPerHour(limit), key=key)


def hit_minutely(*, key: str, limit: int) -> RateLimit:
    """Count one request against `limit` a minute; raises `TooManyRequests` past it."""
    return _hit(MovingWindowRateLimiter, RateLimitItemPerMinute(limit), key=key)


def hit_sign_in(*, ip: str, email: str) -> None:
    """Count a try at a password; raises `TooManyRequests` for too many at one e-mail, or at any."""
    hit_minutely(key=platform_key("sign-in", ip or "unknown"), limit=SIGN_INS_OF_AN_ADDRESS)
    who = email.strip().lower() or "nobody"
    hit_minutely(key=platform_key("sign-in", ip or "unknown", who), limit=SIGN_INS_A_MINUTE)


def hit_sign_up(*, ip: str) -> None:
    """Count a stranger's wish for a tenant."""
    hit_hourly(key=platform_key("sign-up", ip or "unknown"), limit=SIGN_UPS_AN_HOUR)


def hit_costly(*, by: Principal) -> RateLimit | None:
    """Count a costly act of a person. A key's requests are counted at the door already, by its own limit."""
    if by.user_id is None:
        return None
    key = redis_key(by.tenant, "costly", by.user_id) if by.tenant else platform_key("costly", by.user_id)
    return hit_minutely(key=key, limit=COSTLY_A_MINUTE)


def _hit(strategy: type[RateLimiter], item: RateLimitItem, *, key: str) -> RateLimit:
    try:
        limiter = strategy(_storage(settings.REDIS_URL))
        passed = limiter.hit(item, key)
        window = limiter.get_window_stats(item, key)
    except RedisError as error:
        raise Unavailable(
            _("Limits cannot be checked at the moment; try again."),
            code="limits_unavailable",
            headers={"Retry-After": "5"},
        ) from error
    state = RateLimit(
        limit=item.amount,
        remaining=window.remaining if passed else 0,
        reset=max(1, math.ceil(window.reset_time - time.time())),
    )
    if not passed:
        problem = TooManyRequests(
            _("The limit of %(limit)s requests is used up; try again in %(seconds)s s.")
            % {"limit": item.amount, "seconds": state.reset},
            retry_after=state.reset,
        )
        problem.headers.update(state.headers())
        raise problem
    return state
