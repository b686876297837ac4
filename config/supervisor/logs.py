"""The programs' logs: kept in files, with the lines that should worry somebody repeated at the terminal; and mails."""

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


class Mailbox:
    """Shows the mails that nobody sends (config/mail.py), so that their links are found."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = 0
        self._last = max(self._names(), default="")

    def look(self) -> None:
        try:
            changed = self._folder.stat().st_mtime_ns
        except OSError:
            return
        if changed == self._changed:
            return
        self._changed = changed
        for name in sorted(name for name in self._names() if name > self._last):
            self._last = name
            self._show(self._folder / name)

    def _names(self) -> list[str]:
        return [path.name for path in self._folder.glob("*.txt")]

    def _show(self, path: Path) -> None:
        """Without what a terminal would obey: names in a mail are typed by strangers."""
        try:
            heads, _, body = path.read_text(encoding="utf-8", errors="replace").partition("\n\n")
        except OSError:
            return
        lines = ["", *heads.splitlines(), "", *body.strip().splitlines(), ""]
        shown = ["".join(sign for sign in line if sign.isprintable()) for line in lines]
        console.say(f"no mail server is set; this mail is kept in {path}")
        console.plainly("\n".join(f"    | {line}".rstrip() for line in shown))


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
