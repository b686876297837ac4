"""The programs' logs: kept in files, with the lines that should worry somebody repeated at the terminal."""

from __future__ import annotations

import re
import time
from pathlib import Path

from config.supervisor import console

_KEEP_BYTES = 5 * 1024**2
_WIDTH = 220
_LINES = 10  # at most so many
_SECONDS = 30.0  # in so much time


def turn_over(log: Path) -> None:
    """Put a log that has grown long aside, in place of the one put aside before."""
    if log.exists() and log.stat().st_size > _KEEP_BYTES:
        log.replace(log.with_suffix(".log.1"))


class Follower:
    """Repeats the alarming lines that a log gains; a flood of them is cut short."""

    def __init__(self, *, name: str, log: Path, alarming: str) -> None:
        self._name = name
        self._log = log
        self._alarming = re.compile(alarming)
        self._offset = log.stat().st_size if log.exists() else 0
        self._window = 0.0
        self._said = 0

    def look(self) -> None:
        try:
            with self._log.open("rb") as file:
                file.seek(self._offset)
                fresh = file.read(1024**2)
        except OSError:
            return
        complete = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.decode(errors="replace").splitlines():
            if self._alarming.search(line):
                self._repeat(line.strip())

    def _repeat(self, line: str) -> None:
        now = time.monotonic()
        if now - self._window > _SECONDS:
            self._window, self._said = now, 0
        self._said += 1
        if self._said <= _LINES:
            shown = line if len(line) <= _WIDTH else line[:_WIDTH] + "…"
            console.complain(f"{self._name} | {shown}")
        elif self._said == _LINES + 1:
            console.complain(f"{self._name} | … and more, in {self._log}")
