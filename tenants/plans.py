"""The plan's limits, asked before something is added."""

from __future__ import annotations

from typing import Literal

from tenants import context
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
        raise LimitReached(
            f"Your plan allows {allowed} {limit.replace('_', ' ')}; {used} are in use.",
            errors={limit: [f"At most {allowed}."]},
        )
