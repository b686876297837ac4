"""Names in Redis and in file storage, and the way to Redis. Every name of a tenant's begins with the tenant."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from redis import Redis

from tenants.types import TenantRef


def redis() -> Redis:
    """Redis, for what may be lost at any moment; each call raises `RedisError` where it is away."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=1)
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def redis_key(tenant: TenantRef, *parts: object) -> str:
    """`t:<tenant id>:<part>:…`; a part may not be empty."""
    return ":".join(["t", str(tenant.id), *_checked(parts)])


def platform_key(*parts: object) -> str:
    """A Redis key that belongs to no tenant, such as a sign-in limit."""
    return ":".join(["platform", *_checked(parts)])


def file_key(tenant: TenantRef, *parts: object) -> str:
    """`t/<tenant id>/<part>/…` in file storage; parts are ours, never what someone typed."""
    checked = _checked(parts)
    if any("/" in part or part.startswith(".") for part in checked):
        raise ValueError("A file key's parts are plain names.")
    return "/".join(["t", str(tenant.id), *checked])


def _checked(parts: tuple[object, ...]) -> list[str]:
    names = [str(part) for part in parts]
    if not names or not all(names):
        raise ValueError("A key needs parts, none of them empty.")
    return names
