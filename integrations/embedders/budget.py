"""How fast a provider's key may be used: what its owner allows a minute, and how long the provider asked us to wait.

All worker processes count together in Redis, by the key itself: two providers with one key share its budget. Without
Redis there is no budget, and the provider's own refusals are what slows us. The window slides by two counters, since a
window that remembers each hit would hold a million entries for a budget of a million tokens.
"""

from __future__ import annotations

import hashlib
import logging
import time
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from integrations.types import ADDRESSES, ProviderRef
from tenants import context
from tenants.keys import redis, redis_key

_MINUTE = 60.0
_SOONEST = 0.5
log = logging.getLogger(__name__)


def wait_for(provider: ProviderRef, *, tokens: int) -> float:
    """The seconds until the next call may go out. Where that is 0, the call is counted."""
    costs = {"requests_per_minute": 1, "tokens_per_minute": tokens}
    try:
        wait = max(_paused(provider), *(_wait(provider, setting, cost) for setting, cost in costs.items()))
        return wait or max(_take(provider, setting, cost) for setting, cost in costs.items())
    except RedisError as error:
        _say_once(type(error).__name__)
        return 0.0


def pause(provider: ProviderRef, seconds: float) -> None:
    """The provider asks to be left alone; every process heeds it."""
    try:
        name = _name(provider, "paused")
        redis().set(name, time.time() + seconds, px=max(1, round(seconds * 1000)))
    except RedisError as error:
        _say_once(type(error).__name__)


def paused(provider: ProviderRef) -> float:
    """The seconds for which the provider still wants to be left alone."""
    try:
        return _paused(provider)
    except RedisError as error:
        _say_once(type(error).__name__)
        return 0.0


def _paused(provider: ProviderRef) -> float:
    until: Any = redis().get(_name(provider, "paused"))
    return max(0.0, float(until) - time.time()) if until else 0.0


def _wait(provider: ProviderRef, setting: str, cost: int) -> float:
    """The seconds until the window has room, as far as can be told; nothing is counted."""
    allowed: int = provider.settings.get(setting) or 0
    if not allowed:
        return 0.0
    window = _limiter(settings.REDIS_URL).get_window_stats(RateLimitItemPerMinute(allowed), _name(provider, setting))
    lacking = min(cost, allowed) - window.remaining
    if lacking <= 0:
        return 0.0
    return min(_MINUTE, max(_SOONEST, lacking * _MINUTE / allowed, window.reset_time - time.time()))


def _take(provider: ProviderRef, setting: str, cost: int) -> float:
    """Count the cost; where another process was quicker, the seconds to wait for the next try."""
    allowed: int = provider.settings.get(setting) or 0
    if not allowed:
        return 0.0
    item = RateLimitItemPerMinute(allowed)
    taken = _limiter(settings.REDIS_URL).hit(item, _name(provider, setting), cost=min(cost, allowed))
    return 0.0 if taken else _SOONEST


def _name(provider: ProviderRef, what: str) -> str:
    account = f"{provider.base_url or ADDRESSES.get(provider.name, '')} {provider.api_key}"
    return redis_key(context.current(), "budget", hashlib.sha256(account.encode()).hexdigest()[:32], what)


@cache
def _say_once(problem: str) -> None:
    log.warning("Budgets of providers cannot be kept while Redis does not answer (%s)", problem)


@lru_cache(maxsize=1)
def _limiter(url: str) -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(
        RedisStorage(url, key_prefix="parley:limits", socket_timeout=2, socket_connect_timeout=2)
    )
