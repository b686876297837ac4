"""The plan's limits, asked before something is added."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _

from tenants import context, formats, words
from tenants.errors import LimitReached
from tenants.selectors import plan_of

Limit = Literal[
    "bots", "datasets", "documents", "storage_bytes", "messages_month", "api_keys", "requests_hour",
    "document_bytes", "document_pages", "document_characters", "document_chunks",
]  # fmt: skip


def limit_of(limit: Limit) -> int | None:
    """What the current tenant's plan allows; `None` for no limit."""
    value: int | None = getattr(plan_of(context.current()), limit)
    return value


def check(limit: Limit, *, used: int, adding: int = 1) -> None:
    """Raise `LimitReached`, naming the limit, where `used + adding` goes over the current tenant's plan."""
    allowed = limit_of(limit)
    if allowed is not None and used + adding > allowed:
        written = formats.size if limit.endswith("_bytes") else formats.number
        said = {"allowed": written(allowed), "used": written(used)}
        raise LimitReached(_(words.LIMITS[limit]) % said, errors={limit: [_("At most %(allowed)s.") % said]})
