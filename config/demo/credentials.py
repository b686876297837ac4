"""What the first run made up, kept until it was shown once.

`manage.py seed` makes passwords and a key before the server runs; `manage.py demo` prints them after it does. In
between they lie in a file that only its owner can read, and that goes as soon as it was read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE_NAME = "first-run.json"


def keep(*, var: Path, credentials: dict[str, str]) -> None:
    """Add these to what waits to be shown."""
    path = var / FILE_NAME
    waiting = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(waiting | credentials, file)


def take(*, var: Path) -> dict[str, str]:
    """What waits to be shown; it is gone from the disk afterwards."""
    path = var / FILE_NAME
    try:
        waiting: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    path.unlink()
    return waiting
