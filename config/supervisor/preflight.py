"""What has to be true before anything starts, each with the one line that says what to do when it is not."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import time
from pathlib import Path

from config.supervisor.plan import LEAST_FREE_MB, CannotStart

_PORT_SECONDS = 2.0  # what a server that was just killed may take to let go of its port


def prepare_folder(var: Path) -> None:
    """Make `var` and its log folder, and prove that we may write there."""
    probe = var / f".probe.{os.getpid()}"
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "log").mkdir(mode=0o700, exist_ok=True)
        probe.write_bytes(b"\0" * 65536)
        probe.unlink()
    except OSError as error:
        raise CannotStart(f"Parley keeps its data under {var} and cannot write there: {error.strerror}.") from error
    free = shutil.disk_usage(var).free // 1024**2
    if free < LEAST_FREE_MB:
        raise CannotStart(f"Only {free} MB are free where {var} lies; Parley needs {LEAST_FREE_MB} MB to start.")


def take_lock(var: Path) -> int:
    """The descriptor that holds the lock until this process ends, however it ends; a file left behind holds nothing."""
    path = var / "up.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise CannotStart(f"Parley already runs here (process {holder}). Stop it first, or go on using it.") from None
    except OSError as error:
        os.close(handle)
        raise CannotStart(f"{path} cannot be locked: {error.strerror}. Point PARLEY_VAR at a local disk.") from error
    os.truncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle


def check_port(*, host: str, port: int) -> None:
    deadline = time.monotonic() + _PORT_SECONDS
    while (problem := _binding_problem(host, port)) is not None:
        if problem != errno.EADDRINUSE or time.monotonic() > deadline:
            raise CannotStart(_refusal(problem, host=host, port=port))
        time.sleep(0.1)


def _binding_problem(host: str, port: int) -> int | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno or errno.EADDRNOTAVAIL
    return None


def _refusal(problem: int, *, host: str, port: int) -> str:
    if problem == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Choose one: PORT={port + 1} make up"
    if problem == errno.EACCES:
        return f"Port {port} may not be opened by this account. Choose one above 1023: PORT=8000 make up"
    return f"HOST={host} is no address of this machine."
