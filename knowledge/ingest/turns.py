"""Whose turn it is: tenants with waiting work take turns, so that a flood of one is not a queue for the others.

A message to the workers names nobody; the worker that takes it serves the tenant that was served longest ago, one
document or one slice of a long one. All of this lives in Redis and may be lost at any moment: the tables know what
waits, and `tasks.sweep` rings for it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from redis.exceptions import RedisError

from tenants.keys import platform_key, redis
from tenants.types import TenantRef

QUEUE: Final = "ingest"
_WAITING: Final = platform_key("ingest", "waiting")  # tenants, by when they were served last
_SERVED: Final = platform_key("ingest", "served")  # tenants, by when they were served last, waiting or not
_RUNNING: Final = platform_key("ingest", "running")  # turns being taken, by when they are forgotten
_FORGOTTEN_AFTER: Final = 3600.0
_LONGEST: Final = 15.0  # seconds that a turn takes though nobody waits
_SILENT_AFTER: Final = 60.0  # seconds after which a turn that says nothing no longer counts as running
_MESSAGES: Final = 8  # that a sweep sends at most: each brings the next
log = logging.getLogger(__name__)


class TurnOver(Exception):
    """Others wait, and this tenant has had its slice."""


class Turn:
    """A worker's service to one tenant."""

    def __init__(self, tenant: TenantRef) -> None:
        self._tenant = str(tenant.id)
        self._name = f"{self._tenant}/{uuid4()}"
        self._began = self._asked = time.monotonic()
        self._say()

    def check(self) -> None:
        """Raise `TurnOver` where the slice is over and another tenant waits, or after a while in any case, so that a
        worker that is asked to stop soon can; for work that can be put down."""
        spent = time.monotonic() - self._began
        if spent > _LONGEST or (spent > settings.INGEST_SLICE_SECONDS and _others_wait(self._tenant)):
            raise TurnOver

    def check_reluctantly(self) -> None:
        """As `check`, for work that is lost when it is put down: only where this tenant keeps every worker busy, and
        then only its latest turn, so that the others get on."""
        if time.monotonic() - self._asked < 1:
            return
        self._asked = time.monotonic()
        self._say()
        over = time.monotonic() - self._began > settings.INGEST_SLICE_SECONDS
        if over and _others_wait(self._tenant) and self._is_last_of_all_ours():
            raise TurnOver

    def end(self) -> None:
        _quietly(lambda: redis().zrem(_RUNNING, self._name), None)

    def _say(self) -> None:
        _quietly(lambda: redis().zadd(_RUNNING, {self._name: time.time() + _SILENT_AFTER}), None)

    def _is_last_of_all_ours(self) -> bool:
        names = sorted(_names(_RUNNING, time.time(), "+inf"))
        return len(names) > 1 and all(name.startswith(self._tenant) for name in names) and names[-1] == self._name


def join(tenant: TenantRef) -> bool:
    """The tenant waits for its turn; answers whether it did not before."""
    name = str(tenant.id)

    def add() -> bool:
        last: Any = redis().zscore(_SERVED, name)
        return bool(redis().zadd(_WAITING, {name: last or 0.0}, nx=True))

    return bool(_quietly(add, default=True))


def take() -> UUID | None:
    """The tenant whose turn it is now. It no longer waits: whoever serves it has it `join` again if there is more."""

    def pop() -> UUID | None:
        popped: Any = redis().zpopmin(_WAITING)
        if not popped:
            return None
        name = popped[0][0].decode()
        redis().zadd(_SERVED, {name: time.time()})
        return UUID(name)

    taken: UUID | None = _quietly(pop, None)
    return taken


def unheard() -> int:
    """How many messages should be sent because tenants wait and none is on its way."""
    if _quietly(lambda: redis().llen(f"{settings.CELERY_KEY_PREFIX}{QUEUE}"), default=0):
        return 0
    return min(len(_names(_WAITING, "-inf", "+inf")), _MESSAGES)


def recent() -> set[UUID]:
    """The tenants that wait or were served within the hour: those where a worker may just have died."""
    _quietly(lambda: redis().zremrangebyscore(_SERVED, "-inf", time.time() - _FORGOTTEN_AFTER), None)
    _quietly(lambda: redis().zremrangebyscore(_RUNNING, "-inf", time.time()), None)
    return {UUID(name) for name in [*_names(_SERVED, "-inf", "+inf"), *_names(_WAITING, "-inf", "+inf")]}


def _others_wait(tenant: str) -> bool:
    return any(name != tenant for name in _names(_WAITING, "-inf", "+inf"))


def _names(key: str, low: float | str, high: float | str) -> list[str]:
    """The members of a sorted set whose scores are in the range, lowest first."""
    found: Any = _quietly(lambda: redis().zrangebyscore(key, low, high), [])
    return [name.decode() for name in found]


def _quietly(act: Callable[[], Any], default: Any) -> Any:  # noqa: ANN401 -- redis-py's answers have no better type
    """Without Redis nobody is known to wait; the work in hand goes on."""
    try:
        return act()
    except RedisError as error:
        log.warning("Turns cannot be kept at the moment: %s", error)
        return default
