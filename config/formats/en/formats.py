"""English: 26 Nov 2026, 14:05."""

from __future__ import annotations

DAY = "j M Y"
DAY_OF_YEAR = "j M"
MINUTE = "j M Y, H:i"
MINUTE_OF_YEAR = "j M, H:i"
SECOND = "j M Y, H:i:s"
