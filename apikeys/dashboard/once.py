"""A form that makes a secret counts once. Its page shows the secret and cannot be seen again: whoever reloads it sends
the form a second time, and would make another key, or rotate away the one just copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from redis import RedisError

from tenants import context, keys

SECONDS = 86_400  # a form that is older is sent by nobody's reload


@contextmanager
def spent(number: UUID | None) -> Iterator[bool]:
    """Whether this form is sent for the first time; one that is refused inside may be sent again. Where Redis is away,
    or a form has no number, every time is the first."""
    name = keys.redis_key(context.current(), "once", number) if number else ""
    first = _claim(name)
    try:
        yield first
    except BaseException:
        if first:
            _release(name)
        raise


def _claim(name: str) -> bool:
    try:
        return not name or bool(keys.redis().set(name, "1", nx=True, ex=SECONDS))
    except RedisError:
        return True


def _release(name: str) -> None:
    try:
        if name:
            keys.redis().delete(name)
    except RedisError:
        return
