"""Children that never outlive us.

A child gets a process group of its own, so that a Ctrl-C in the terminal reaches only us and we stop the children in
our order; and, on Linux, a signal from the kernel the moment we die without having stopped it.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

KILL = signal.SIGKILL
_PR_SET_PDEATHSIG = 1


class ServiceFailed(Exception):
    """A service did not start; the text is one line for the person at the terminal."""


@functools.cache
def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def spawn(
    *,
    argv: Sequence[str | Path],
    log: Path | None,
    at_our_death: signal.Signals,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    enter: Callable[[], None] | None = None,
    stdin: int | None = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start `argv` with its output appended to `log`, or to ours; `enter` runs in the child first."""
    if sys.platform == "linux":
        libc()  # loaded before the fork: the child must not take the loader's lock
    parent = os.getpid()

    def prepare() -> None:
        if enter is not None:
            enter()
        die_with(parent=parent, by=at_our_death)

    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        return subprocess.Popen(  # noqa: S603 -- starting programs is what this is for; no shell
            [str(part) for part in argv],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            cwd=cwd,
            env=env,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 -- between fork and exec; callers have one thread
        )


def die_with(*, parent: int, by: signal.Signals) -> None:
    """Have the kernel send us `by` when `parent` dies. After a change of account, which would reset it."""
    if sys.platform != "linux":
        return
    libc().prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before we asked


def stop(
    child: subprocess.Popen[bytes],
    *,
    by: signal.Signals,
    within: float,
    then: signal.Signals,
    hurry: Callable[[], bool] = lambda: False,
) -> bool:
    """Ask the child to end; insist after `within` seconds, or at once in a hurry. True when asking was enough."""
    if child.poll() is not None:
        return True
    child.send_signal(by)
    if _ends(child, within=within, hurry=hurry):
        return True
    child.send_signal(then)
    if not _ends(child, within=5.0, hurry=lambda: False):
        kill_group(child)
    return False


def _ends(child: subprocess.Popen[bytes], *, within: float, hurry: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + within
    while child.poll() is None:
        if time.monotonic() > deadline or hurry():
            return False
        time.sleep(0.02)
    return True


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """End the child and all it started, at once."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    child.wait()


def last_lines(log: Path, *, count: int = 5) -> list[str]:
    """The last lines of a log that say something."""
    try:
        text = log.read_bytes()[-16_384:].decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]
