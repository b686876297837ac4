"""`Idempotency-Key`: a request that is sent again gets the answer that it had, and nothing is said twice.

Kept in Redis for an hour, by tenant, bot and caller (a stranger is the address he calls from): a key that somebody else
guesses is not the same key. Without Redis nothing can be promised, so such a request is refused then. Where the
operator keeps no conversations, that there was an answer is kept, and not what it said.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from redis.exceptions import RedisError
from rest_framework.utils.encoders import JSONEncoder

from chat.errors import IdempotencyAnswerGone, IdempotencyInProgress, IdempotencyKeyInvalid, IdempotencyKeyReused
from tenants.errors import Unavailable
from tenants.keys import redis, redis_key
from tenants.selectors import audit_settings
from tenants.types import TenantRef

log = logging.getLogger(__name__)
SECONDS = 3600
LONGEST = 255
_SLACK = 30  # beyond the longest a provider may take


@dataclass(slots=True)
class Claim:
    """A request's hold on its key. `answer` is there already where the request came before."""

    name: str
    body: str
    answer: dict[str, Any] | None = None

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Without Redis the answer is given all the same; the key is free again once its claim has run out."""
        logged = audit_settings()
        kept = answer if logged["enabled"] and logged["log_conversations"] else None
        record = json.dumps({"body": self.body, "done": True, "answer": kept}, cls=JSONEncoder)
        with _logged():
            redis().set(self.name, record, ex=SECONDS)

    def release(self) -> None:
        """The request came to nothing; it may be sent again."""
        with _logged():
            redis().delete(self.name)


def claim(*, tenant: TenantRef, bot_id: UUID, caller: str, key: str, body: Mapping[str, Any]) -> Claim:
    """Raises `IdempotencyKeyReused`, `IdempotencyInProgress`, `IdempotencyAnswerGone`, `Unavailable`."""
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise IdempotencyKeyInvalid
    name = redis_key(tenant, "idempotency", bot_id, _hash([caller, key]))
    mine = Claim(name=name, body=_hash(body))
    pending = json.dumps({"body": mine.body, "done": False})
    try:
        # The candidates of a bot, one after the other, may each take all of their time.
        if redis().set(name, pending, nx=True, ex=3 * settings.PROVIDER_TOTAL_SECONDS + _SLACK):
            return mine
        stored: Any = redis().get(name)
    except RedisError as error:
        raise Unavailable(
            "Idempotency keys cannot be checked at the moment; try again.", headers={"Retry-After": "5"}
        ) from error
    found: dict[str, Any] = json.loads(stored) if stored else {"body": mine.body, "done": False}  # just released
    if found["body"] != mine.body:
        raise IdempotencyKeyReused
    if not found["done"]:
        raise IdempotencyInProgress
    if found["answer"] is None:
        raise IdempotencyAnswerGone
    mine.answer = found["answer"]
    return mine


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except RedisError:
        log.warning("Redis is away: an idempotency key stays claimed until it runs out.", exc_info=True)


def _hash(value: Any) -> str:  # noqa: ANN401 -- JSON
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
