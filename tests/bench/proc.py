"""What processes cost, read from /proc: processor time, memory, threads, of one and all it started."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def raise_open_files() -> None:
    """As many open files as this account may have; children inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread ended meanwhile
            found += map(int, task.read_text().split())
    return found


def tree(pid: int) -> list[int]:
    return [pid, *(each for child in children(pid) for each in tree(child))]


def named(parent: int, name: str) -> int:
    """The child of `parent` whose program's name begins with `name`."""
    return next(pid for pid in children(parent) if Path(f"/proc/{pid}/comm").read_text().startswith(name))


def cpu(pid: int) -> float:
    """Seconds of the whole tree, with those of its children that have ended."""
    ticks = 0
    for each in tree(pid):
        with suppress(OSError):  # it ended meanwhile, and its parent's next figure holds it
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS


def machine() -> float:
    """Seconds that the whole machine's processors were busy, or taken away from it."""
    user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / _TICKS


def resident(pid: int) -> float:
    """Megabytes, what is shared counted for each."""
    return sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in tree(pid)) * _PAGE / 1024**2


def proportional(pid: int) -> float:
    """Megabytes, what is shared counted once. It takes the kernel a while, so not while something is measured."""
    rolled = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in tree(pid)]
    return sum(int(line.split()[1]) for text in rolled for line in text.splitlines() if line.startswith("Pss:")) / 1024


def threads(pid: int) -> int:
    return sum(len(list(Path(f"/proc/{each}/task").iterdir())) for each in tree(pid))
