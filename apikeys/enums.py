"""What a key may be allowed."""

from __future__ import annotations

from django.db.models import TextChoices


class Scope(TextChoices):
    CHAT_READ = "chat:read", "Read conversations"
    CHAT_WRITE = "chat:write", "Talk to bots"
    BOTS_READ = "bots:read", "Read bots"
    BOTS_WRITE = "bots:write", "Change bots"
    DATASETS_READ = "datasets:read", "Read and search knowledge"
    DATASETS_WRITE = "datasets:write", "Change knowledge"
    ANALYTICS_READ = "analytics:read", "Read analytics"
