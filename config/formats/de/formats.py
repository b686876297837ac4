"""German: 26.11.2026, 14:05."""

from __future__ import annotations

DAY = "d.m.Y"
DAY_OF_YEAR = "d.m."
MINUTE = "d.m.Y, H:i"
MINUTE_OF_YEAR = "d.m., H:i"
SECOND = "d.m.Y, H:i:s"
