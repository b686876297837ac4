"""Secrets of a machine that was given none: made once, kept under `var/`, readable by their owner alone.

Only development uses them; in production the settings refuse to start without secrets of their own.
"""

from __future__ import annotations

import os
from pathlib import Path


def local_secret(var: Path, name: str, value: str) -> str:
    """The secret kept as `name`, or `value` after keeping it.

    Two processes starting at once agree, since only one of them can create the file.
    """
    folder = var / "secrets"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    staged = folder / f".{name}.{os.getpid()}"
    if not path.exists():
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(value)
        try:
            os.link(staged, path)
        except FileExistsError:
            pass
        finally:
            staged.unlink()
    return path.read_text(encoding="utf-8")
