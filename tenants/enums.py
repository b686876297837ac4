"""The words for people's places, and for what has a price."""

from __future__ import annotations

from django.db.models import TextChoices


class PlatformRole(TextChoices):
    """A user's place with the operator; empty for people of tenants."""

    ADMIN = "admin", "Admin"
    SUPER_ADMIN = "super_admin", "Super admin"


class Role(TextChoices):
    """A member's place in a tenant, the least first."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class PriceKind(TextChoices):
    """What a price is of: one vendor may sell both under one name."""

    CHAT = "chat", "Chat"
    EMBEDDING = "embedding", "Embedding"
