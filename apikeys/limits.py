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
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from tenants.errors import TooManyRequests, Unavailable
from tenants.types import RateLimit

SIGN_INS_A_MINUTE = 10


@lru_cache(maxsize=1)
def _storage(url: str) -> RedisStorage:
    return RedisStorage(url, key_prefix="parley:limits", socket_timeout=2, socket_connect_timeout=2)


def hit_hourly(*, key: str, limit: int) -> RateLimit:
    """Count one request against `limit` an hour; raises `TooManyRequests` past it."""
    return _hit(SlidingWindowCounterRateLimiter, RateLimitItemPerHour(limit), key=key)


def hit_minutely(*, key: str, limit: int) -> RateLimit:
    """Count one request against `limit` a minute; raises `TooManyRequests` past it."""
    return _hit(MovingWindowRateLimiter, RateLimitItemPerMinute(limit), key=key)


def _hit(strategy: type[RateLimiter], item: RateLimitItem, *, key: str) -> RateLimit:
    try:
        limiter = strategy(_storage(settings.REDIS_URL))
        passed = limiter.hit(item, key)
        window = limiter.get_window_stats(item, key)
    except RedisError as error:
        raise Unavailable(
            "Limits cannot be checked at the moment; try again.",
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
            f"The limit of {item.amount} requests is used up; try again in {state.reset} s.",
            retry_after=state.reset,
        )
        problem.headers.update(state.headers())
        raise problem
    return state
