"""The words for people's places, and for what has a price."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PlatformRole(TextChoices):
    """A user's place with the operator; empty for people of tenants."""

    ADMIN = "admin", _("Admin")
    SUPER_ADMIN = "super_admin", _("Super admin")


class Role(TextChoices):
    """A member's place in a tenant, the least first."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    ADMIN = "admin", _("Admin")
    OWNER = "owner", _("Owner")

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class PriceKind(TextChoices):
    """What a price is of: one vendor may sell both under one name."""

    CHAT = "chat", _("Chat")
    EMBEDDING = "embedding", _("Embedding")
