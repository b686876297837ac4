"""Where the running services are, for a command started by hand in another shell.

Whoever starts the services publishes their addresses in `var/services.json`, readable by its owner alone because they
carry passwords, and keeps that file locked for as long as it lives. A file nobody holds is left over from a process
that was killed: nothing answers at those addresses any more.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE_NAME = "services.json"


@dataclass(frozen=True, slots=True)
class Addresses:
    """An address is None when that service is not one of ours."""

    database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)


class Publication:
    """Addresses others can discover until `withdraw` is called or this process ends."""

    def __init__(self, *, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle

    def withdraw(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._handle)


def publish(*, var: Path, addresses: Addresses) -> Publication:
    path = var / FILE_NAME
    staged = var / f".{FILE_NAME}.{os.getpid()}"
    handle = os.open(staged, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    # Locked before it has its name, so that no reader takes it for a leftover.
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.write(handle, json.dumps(asdict(addresses)).encode())
    staged.replace(path)
    return Publication(path=path, handle=handle)


def discover(var: Path) -> Addresses | None:
    """The addresses published under `var`, or None when nothing runs there."""
    try:
        with (var / FILE_NAME).open(encoding="utf-8") as file:
            return None if _abandoned(file.fileno()) else Addresses(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None


def _abandoned(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
