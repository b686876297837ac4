"""What travels with a request or a task: which tenant, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from tenants.enums import Role


@dataclass(frozen=True, slots=True)
class TenantRef:
    """A live tenant, without its row: enough to enter its schema and to build its keys."""

    id: UUID
    slug: str
    schema: str


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling, as their credential proves it.

    A `user` carries a role in `tenant` (none for platform staff); a `key` carries scopes and may be tied to bots.
    """

    kind: Literal["anonymous", "user", "key"] = "anonymous"
    user_id: UUID | None = None
    email: str = ""
    platform_role: str = ""
    tenant: TenantRef | None = None
    role: Role | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    key_id: UUID | None = None

    @property
    def label(self) -> str:
        """How this caller is named in the audit."""
        if self.kind == "key":
            return f"key {self.key_id}"
        return self.email or self.kind


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Where a caller stands with its limit; `reset` is in seconds from now."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.remaining)),
            "RateLimit-Reset": str(max(0, self.reset)),
        }
