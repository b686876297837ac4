"""How a bot looks on websites, and where it was seen. Neither belongs to a version: both count at once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bots.enums import Position, Theme
from bots.models.bots import Bot

COLOR = "#1f6f54"
MOST_SUGGESTIONS, SUGGESTION_LENGTH = 6, 150


class Look(models.Model):
    """What a bot's widget and its page say and look like. Empty texts are the widget's own, in the visitor's language;
    an empty title is the bot's name."""

    bot = models.OneToOneField(Bot, on_delete=models.CASCADE, primary_key=True, related_name="look")
    title = models.CharField(max_length=80, blank=True)
    greeting = models.CharField(max_length=500, blank=True)
    placeholder = models.CharField(max_length=100, blank=True)
    launcher = models.CharField(max_length=40, blank=True)
    suggestions = ArrayField(models.CharField(max_length=SUGGESTION_LENGTH), default=list, blank=True)
    color = models.CharField(max_length=7, default=COLOR)
    position = models.CharField(max_length=5, choices=Position, default=Position.RIGHT)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    # Empty: the browser's.
    language = models.CharField(max_length=8, blank=True)
    privacy_note = models.CharField(max_length=300, blank=True)
    privacy_url = models.CharField(max_length=500, blank=True)
    offers_person = models.BooleanField(default=True)
    has_page = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)
    logo_digest: str | None = None  # filled in by selectors.look

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position__in=Position.values), name="look_position"),
            models.CheckConstraint(condition=Q(theme__in=Theme.values), name="look_theme"),
            models.CheckConstraint(condition=Q(color__regex=r"^#[0-9a-f]{6}$"), name="look_color"),
        ]

    def __str__(self) -> str:
        return f"Look of {self.bot_id}"

    @property
    def logo_url(self) -> str | None:
        """On our own host; a new picture has a new address, so that one may be kept for long."""
        return f"/v1/chat/widget/{self.bot_id}/logo?v={self.logo_digest}" if self.logo_digest else None


class Logo(models.Model):
    """A small picture. It lies here and not in file storage, so that it comes and goes with its bot's row."""

    bot = models.OneToOneField(Bot, on_delete=models.CASCADE, primary_key=True, related_name="logo")
    kind = models.CharField(max_length=20)
    digest = models.CharField(max_length=16)
    data = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Logo of {self.bot_id}"


class Visit(models.Model):
    """A website that asked for a bot's widget, and what it was told last: nothing in `refused` where it is served."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="visits")
    origin = models.CharField(max_length=300)
    refused = models.CharField(max_length=40, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bot", "origin"], name="visit_once")]

    def __str__(self) -> str:
        return f"{self.origin} at {self.bot_id}"
