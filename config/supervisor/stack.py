"""The running whole: services first, then what stands on them; stopped the other way round.

Everything here returns to `tend` several times a second, so that a death is noticed while we wait for something else.
"""

from __future__ import annotations

import http.client
import signal
import sys
import time
from collections.abc import Callable

from config.embedded import addresses, process
from config.embedded.addresses import Addresses, Publication
from config.supervisor import console, programs
from config.supervisor.children import Child, Hopeless
from config.supervisor.logs import Mailbox
from config.supervisor.plan import BASE, Plan
from config.supervisor.programs import Program

_TICK = 0.1
_READY_SECONDS = 120.0


class Stack:
    def __init__(self, plan: Plan, *, asked_to_stop: Callable[[], int]) -> None:
        self._plan = plan
        self._asked_to_stop = asked_to_stop
        self._found: dict[str, str] = {}
        self._children: list[Child] = []
        self._mailbox = Mailbox(plan.var / "mail")
        self._publication: Publication | None = None

    def stopping(self) -> bool:
        return self._asked_to_stop() > 0

    def start_services(self) -> None:
        plan = self._plan
        if plan.own_postgres:
            self._start(programs.database(plan, found=lambda url: self._found.update(database_url=url)))
        if plan.own_redis:
            self._start(programs.queue(plan, found=lambda url: self._found.update(redis_url=url)))
        if self._found:
            self._publication = addresses.publish(var=plan.var, addresses=self._addresses())

    def start_programs(self) -> None:
        env = self._environment()
        for program in (programs.worker, programs.beat, programs.web):
            self._start(program(self._plan, env=env))

    def run(self, *module: str) -> int | None:
        """Run a Python module at the terminal to its end: its exit code, or None when asked to stop meanwhile."""
        child = process.spawn(
            argv=[sys.executable, "-m", *module],
            log=None,
            at_our_death=signal.SIGTERM,
            cwd=BASE,
            env=self._environment(),
        )
        while child.poll() is None:
            if self.stopping():
                process.stop(child, by=signal.SIGTERM, within=10, then=signal.SIGKILL, hurry=self._in_a_hurry)
                return None
            self._tick()
        return child.returncode

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self.stopping() and not self._answers():
            if time.monotonic() > deadline:
                raise Hopeless(f"The web server is not ready after {_READY_SECONDS:g} s; see {self._plan.logs}.")
            self._tick()

    def keep_running(self) -> None:
        while not self.stopping():
            self._tick()

    def stop(self) -> None:
        """In the opposite order of the start: nobody loses what it stands on while it still writes."""
        if self._publication is not None:
            self._publication.withdraw()
        while self._children:
            self._children.pop().stop(hurry=self._in_a_hurry)

    def _start(self, program: Program) -> None:
        child = Child(program)
        self._children.append(child)
        child.start()
        console.say(f"{program.name} started (process {child.pid})")

    def _tick(self) -> None:
        time.sleep(_TICK)
        for child in self._children:
            child.tend()
        self._mailbox.look()

    def _in_a_hurry(self) -> bool:
        return self._asked_to_stop() > 1

    def _addresses(self) -> Addresses:
        return Addresses(database_url=self._found.get("database_url"), redis_url=self._found.get("redis_url"))

    def _environment(self) -> dict[str, str]:
        found = self._addresses()
        return programs.environment(self._plan, database_url=found.database_url, redis_url=found.redis_url)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self._plan.reachable_host, self._plan.port, timeout=5)
        try:
            connection.request("GET", "/health/ready", headers={"Host": "localhost"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
