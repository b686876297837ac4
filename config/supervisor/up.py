"""`make up`, from the first check to the last goodbye.

Exits with 0 when it was asked to stop (Ctrl-C, SIGTERM), with 1 when it could not start or something did not stay up.
A second Ctrl-C shortens the goodbyes.
"""

from __future__ import annotations

import signal
import time

from config.embedded.process import ServiceFailed
from config.supervisor import console, plan, preflight
from config.supervisor.children import Hopeless
from config.supervisor.plan import CannotStart, Plan
from config.supervisor.stack import Stack

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ECHO_SECONDS = 0.5


class _Requests:
    """How often we were asked to stop."""

    def __init__(self) -> None:
        self.count = 0
        self._last = -_ECHO_SECONDS
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: object) -> None:
        # One request may arrive twice: from the terminal or `timeout`, and passed on by make.
        now = time.monotonic()
        if now - self._last < _ECHO_SECONDS:
            return
        self._last = now
        self.count += 1
        if self.count == 1:
            console.say(f"stopping ({signal.Signals(number).name}); once more to hurry")


def main() -> int:
    try:
        wanted = plan.read()
        preflight.prepare_folder(wanted.var)
        preflight.take_lock(wanted.var)
        preflight.check_port(host=wanted.host, port=wanted.port)
    except CannotStart as refusal:
        console.complain(str(refusal))
        return 1
    requests = _Requests()
    stack = Stack(wanted, asked_to_stop=lambda: requests.count)
    try:
        _bring_up(stack, wanted)
        stack.keep_running()
    except (ServiceFailed, Hopeless, CannotStart) as failure:
        console.complain(str(failure))
        return 1
    finally:
        stack.stop()
    console.say("everything stopped; `make up` finds it all as it was")
    return 0


def _bring_up(stack: Stack, wanted: Plan) -> None:
    console.say(f"starting Parley; its data and logs are under {wanted.var}")
    stack.start_services()
    if stack.run("config.supervisor.setup"):
        raise CannotStart("Parley could not be set up; the reason stands above.")
    if stack.stopping():
        return
    stack.start_programs()
    stack.wait_until_ready()
    if stack.stopping():
        return
    console.say(f"ready on {wanted.url}")
    if stack.run("django", "demo", "--url", wanted.url):
        console.complain("the demonstration did not finish; Parley runs all the same")
    if not stack.stopping():
        console.say("running; Ctrl-C stops everything")
