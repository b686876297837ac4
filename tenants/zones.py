"""Time zones by their names in the IANA database."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

# The machine's own, and none at all: names that PostgreSQL does not have.
_NO_PLACES = {"localtime", "Factory"}


def zone(name: str) -> ZoneInfo:
    """Raises `ValueError` for any other name, a file's included."""
    if name not in _names():
        raise ValueError(f"{name} is no time zone.")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_PLACES)
