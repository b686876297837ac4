"""How fast a provider's key may be used: what its owner allows a minute, and how long the provider asked us to wait.

All worker processes count together in Redis, by the key itself: two providers with one key share its budget. Without
Redis there is no budget, and the provider's own refusals are what slows us.
"""

from __future__ import annotations

import hashlib
import logging
import time
from functools import lru_cache
from typing import Any

from django.conf import settings
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from integrations.types import ProviderRef
from tenants import context
from tenants.keys import redis_key

log = logging.getLogger(__name__)


def wait_for(provider: ProviderRef, *, tokens: int) -> float:
    """The seconds until the next call may go out. Where that is 0, the call is counted."""
    try:
        pause = _paused(provider)
        return pause or max(
            _room(provider, "requests_per_minute", cost=1), _room(provider, "tokens_per_minute", cost=tokens)
        )
    except RedisError as error:
        log.warning("Budgets of providers cannot be kept at the moment: %s", error)
        return 0.0


def pause(provider: ProviderRef, seconds: float) -> None:
    """The provider asks to be left alone; every process heeds it."""
    try:
        name = _name(provider, "paused")
        _redis(settings.REDIS_URL).set(name, time.time() + seconds, px=max(1, round(seconds * 1000)))
    except RedisError as error:
        log.warning("A provider's pause cannot be kept at the moment: %s", error)


def _paused(provider: ProviderRef) -> float:
    until: Any = _redis(settings.REDIS_URL).get(_name(provider, "paused"))
    return max(0.0, float(until) - time.time()) if until else 0.0


def _room(provider: ProviderRef, setting: str, *, cost: int) -> float:
    allowed = provider.settings.get(setting)
    if not allowed:
        return 0.0
    limiter = MovingWindowRateLimiter(_storage(settings.REDIS_URL))
    item, name = RateLimitItemPerMinute(int(allowed)), _name(provider, setting)
    if limiter.hit(item, name, cost=min(cost, int(allowed))):
        return 0.0
    return max(0.5, limiter.get_window_stats(item, name).reset_time - time.time())


def _name(provider: ProviderRef, what: str) -> str:
    key = hashlib.sha256(f"{provider.name} {provider.base_url} {provider.api_key}".encode()).hexdigest()[:32]
    return redis_key(context.current(), "budget", key, what)


@lru_cache(maxsize=1)
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


@lru_cache(maxsize=1)
def _storage(url: str) -> RedisStorage:
    return RedisStorage(url, key_prefix="parley:limits", socket_timeout=2, socket_connect_timeout=2)
