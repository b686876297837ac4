"""Days of the reader, as moments."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

FIRST, LAST = date(1900, 1, 1), date(9999, 12, 1)  # beyond them there is no room for a time zone, or the day after


def begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(min(max(day, FIRST), LAST), time.min))


def ends(day: date) -> datetime:
    """The moment after its last."""
    return begins(min(max(day, FIRST), LAST) + timedelta(days=1))
