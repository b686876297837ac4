"""A program that is kept running: started, watched, started again when it dies, and stopped when asked.

Between a death and the next start lies a pause that doubles. A program that dies at once, five times running, will not
do better the sixth time: `Hopeless` ends everything with the last lines of its log.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from config.embedded import process
from config.embedded.process import ServiceFailed
from config.supervisor import console
from config.supervisor.logs import Follower, turn_over
from config.supervisor.programs import Program

_AT_ONCE = 10.0
_TRIES = 5
_LONGEST_PAUSE = 30.0


class Hopeless(Exception):
    """A program does not stay up; the text says which and what it said."""


class Child:
    """One running program. `first_pause` is the wait before its first restart."""

    def __init__(self, program: Program, *, first_pause: float = 0.5) -> None:
        self.program = program
        self._first_pause = first_pause
        self._process: subprocess.Popen[bytes] | None = None
        self._born = 0.0
        self._due = 0.0
        self._early_deaths = 0
        turn_over(program.log)
        self._follower = Follower(name=program.name, log=program.log, alarming=program.alarming)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._born = time.monotonic()
        self._process = self.program.launch()

    def tend(self) -> None:
        """One look: repeat what alarms, notice a death, start again when its pause is over."""
        self._follower.look()
        if self._process is None:
            if time.monotonic() >= self._due:
                self._start_again()
        elif (code := self._process.poll()) is not None:
            process.kill_group(self._process)  # what it had started must not work on beside its successor
            self._process = None
            self._mourn(_manner(code))

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        if self._process is None:
            return
        program = self.program
        willing = process.stop(
            self._process,
            by=program.ask,
            within=0.0 if hurry() else program.patience,
            then=program.insist,
            hurry=hurry,
        )
        self._process = None
        self._follower.look()
        console.say(f"{program.name} stopped" if willing else f"{program.name} stopped (it had to be made to)")

    def _start_again(self) -> None:
        try:
            self.start()
        except ServiceFailed as failure:
            self._mourn(str(failure))
        else:
            console.say(f"{self.program.name} started again (process {self.pid})")

    def _mourn(self, manner: str) -> None:
        early = time.monotonic() - self._born < _AT_ONCE
        self._early_deaths = self._early_deaths + 1 if early else 1
        if self._early_deaths >= _TRIES:
            said = "\n".join(f"    {line}" for line in process.last_lines(self.program.log, count=12))
            raise Hopeless(f"{self.program.name} does not stay up ({manner}). Its last lines:\n{said}")
        pause = min(self._first_pause * 2 ** (self._early_deaths - 1), _LONGEST_PAUSE)
        self._due = time.monotonic() + pause
        console.complain(f"{self.program.name} {manner}; starting it again in {pause:g} s")


def _manner(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
