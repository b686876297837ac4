"""What a key may be allowed."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Scope(TextChoices):
    CHAT_READ = "chat:read", _("Read conversations")
    CHAT_WRITE = "chat:write", _("Talk to bots")
    BOTS_READ = "bots:read", _("Read bots")
    BOTS_WRITE = "bots:write", _("Change bots")
    DATASETS_READ = "datasets:read", _("Read and search knowledge")
    DATASETS_WRITE = "datasets:write", _("Change knowledge")
    ANALYTICS_READ = "analytics:read", _("Read analytics")
