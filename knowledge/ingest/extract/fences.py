"""What the parser's process gives up before it reads a stranger's file.

Limits of the kernel hold for everything; the audit hook holds for Python code, which is where the
parsers look for files, sockets and helper programs. Where a platform lacks a fence, the others stand.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, Final

from knowledge.ingest.types import Limits

_PR_SET_PDEATHSIG: Final = 1
_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWUSER: Final = 0x10000000
_FILES: Final = 32

_FORBIDDEN: Final = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.chmod",
    "os.putenv",
    "pty.",
    "shutil.",
    "tempfile.",
    "urllib.",
    "ftplib.",
    "http.",
    "smtplib.",
    "webbrowser.",
)


# The interpreter's own library and packages, and this package; not the project's root, where .env lies.
_PACKAGE: Final = str(Path(__file__).resolve().parents[2])
_ROOTS: Final = tuple(
    {f"{form}{os.sep}" for p in (*sys.path[1:], _PACKAGE) if p for form in (Path(p).absolute(), Path(p).resolve())}
)


class Forbidden(RuntimeError):
    """A parser tried what no parser needs."""


def die_with_parent(parent: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we were tied to it
        os._exit(1)


def limit_resources(limits: Limits) -> None:
    _limit(resource.RLIMIT_AS, limits.memory_bytes)
    _limit(resource.RLIMIT_CPU, limits.seconds, limits.seconds + 5)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _FILES)
    _limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(AttributeError):  # not on every platform
        _limit(resource.RLIMIT_NPROC, 0)


def close_doors() -> None:
    _leave_network()
    sys.addaudithook(_refuse)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    with contextlib.suppress(ValueError, OSError):  # an even lower limit is already set
        resource.setrlimit(kind, (soft, soft if hard is None else hard))


def _leave_network() -> None:
    """An empty network of our own, where the kernel lets us have one."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(_CLONE_NEWNET) != 0:
                libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    foreign = event == "ctypes.dlopen" and not _is_ours(args[0])
    if foreign or event.startswith(_FORBIDDEN) or (event == "open" and not _may_open(args)):
        raise Forbidden(f"a parser may not use {event}")


def _may_open(args: tuple[Any, ...]) -> bool:
    """Libraries may load their own modules and data; nothing else may be read, and nothing written."""
    path, mode = args[0], args[1] if len(args) > 1 else "r"
    if isinstance(path, int):
        return True
    if isinstance(mode, str) and any(letter in mode for letter in "wax+"):
        return False
    return _is_ours(path)


def _is_ours(path: Any) -> bool:  # noqa: ANN401 -- whatever an audit event carries
    """Whether it lies among the interpreter's own files."""
    return path is not None and os.path.normpath(Path(os.fsdecode(path)).absolute()).startswith(_ROOTS)
