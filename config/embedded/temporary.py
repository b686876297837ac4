"""A PostgreSQL and a Redis for one test run, gone without a trace afterwards.

The servers belong to a small keeper process of their own, in a session of its own. It waits for the end of its stdin,
which the kernel brings about however the test run ends, killed or not; then it stops them and removes their files. As
many runs at once as one likes: each has its own folder and its own ports.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import postgres, redis
from config.embedded.process import ServiceFailed


@dataclass(slots=True)
class Temporary:
    """`database_url` names a role that may create databases; each has `vector` in its schema `extensions`."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    folder: Path
    keeper: subprocess.Popen[str]

    def stop(self) -> None:
        if self.keeper.stdin is not None:
            self.keeper.stdin.close()
        if self.keeper.stdout is not None:
            self.keeper.stdout.close()
        self.keeper.wait(30)


def start() -> Temporary:
    """Start both servers; `stop` the result, or simply end."""
    keeper = subprocess.Popen(  # noqa: S603 -- our own module
        [sys.executable, "-m", "config.embedded.temporary", str(os.getpid())],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if keeper.stdout is None:
        raise ServiceFailed("The keeper of the test services has no voice.")
    said = keeper.stdout.readline()
    if not said:
        keeper.wait(30)
        raise ServiceFailed("The test services did not start; the reason stands above.")
    answer = json.loads(said)
    return Temporary(
        database_url=answer["database_url"],
        redis_url=answer["redis_url"],
        folder=Path(answer["folder"]),
        keeper=keeper,
    )


@contextmanager
def temporary() -> Iterator[Temporary]:
    services = start()
    try:
        yield services
    finally:
        services.stop()


def keep(*, parent: int) -> None:
    """The keeper's whole life."""
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
    log = folder / "services.log"
    running: list[postgres.Postgres | redis.Redis] = []
    try:
        running.append(postgres.start(folder=folder / "postgres", log=log, throwaway=True))
        running.append(redis.start(folder=folder / "redis", log=log, throwaway=True))
        database, cache = running
        answer = {"database_url": database.url, "redis_url": cache.url, "folder": str(folder)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        _wait_for_the_end(parent)
    finally:
        for service in reversed(running):
            service.stop(within=10)  # not a kill: PostgreSQL gives its shared memory back itself
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_the_end(parent: int) -> None:
    # A forked grandchild may hold the other end of our stdin open; then the change of parent tells.
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], 1.0)
        if readable:
            return


if __name__ == "__main__":
    try:
        keep(parent=int(sys.argv[1]))
    except ServiceFailed as failure:
        sys.exit(str(failure))
