"""Days of the reader, as moments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def ends(day: date) -> datetime:
    """The moment after its last."""
    return begins(day + timedelta(days=1))
