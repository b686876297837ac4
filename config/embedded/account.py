"""Which account the services run as.

PostgreSQL refuses to run as root, and Redis has no need to. When we are root, both run as an account without rights:
the owner of existing data, else `postgres`, else `nobody`. Such an account often cannot reach a checkout in a private
home; then, on Linux, the service keeps the one capability that lets it pass closed folders, instead of us opening
somebody's home to everyone. Where that is not allowed either, one line names the folder in the way.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from config.embedded.process import ServiceFailed, libc

_NAMES = ("postgres", "nobody")
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION = 0x20080522


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int
    passes_closed_folders: bool = False

    def enter(self) -> None:
        """Become this account, in a forked child, for good."""
        if self.passes_closed_folders:
            # Capabilities outlast the change of account, and count in access(2), with which PostgreSQL looks before it
            # leaps.
            _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if self.passes_closed_folders:
            _keep_only(_CAP_DAC_OVERRIDE)


def choose(*, data: Path) -> Account | None:
    """The account for the services over `data`, or None to run them as ourselves."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    if owner:
        return Account(name=f"uid {owner}", uid=owner, gid=data.stat().st_gid)
    for name in _NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServiceFailed(
        "PostgreSQL does not run as root, and this machine has no account `postgres` or `nobody` to run it as: "
        "start as another user, or name servers in DATABASE_URL and REDIS_URL."
    )


def settle(account: Account | None, *, folder: Path, program: Path) -> Account | None:
    """The account, able to write in `folder` (which becomes its own) and to run `program`."""
    if account is None:
        return None
    os.chown(folder, account.uid, account.gid)
    for candidate in (account, replace(account, passes_closed_folders=True)):
        if _reaches(candidate, folder=folder, program=program):
            return candidate
    raise ServiceFailed(
        f"The account `{account.name}`, which runs the database because root may not, cannot get into "
        f"{_in_the_way(account, folder, program)}: open it (chmod o+x), move the checkout, or start as another user."
    )


def _reaches(account: Account, *, folder: Path, program: Path) -> bool:
    script = 'test -w "$1" && test -x "$1" && exec "$2" --version'
    try:
        done = subprocess.run(  # noqa: S603 -- paths of ours, given as arguments and not as script
            ["/bin/sh", "-c", script, "sh", str(folder), str(program)],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            preexec_fn=account.enter,  # between fork and exec: callers have one thread
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _in_the_way(account: Account, *paths: Path) -> Path:
    """The outermost folder that the account cannot enter."""
    for path in paths:
        for folder in reversed(path.parents):
            status = folder.stat()
            mine = status.st_uid == account.uid and status.st_mode & stat.S_IXUSR
            group = status.st_gid == account.gid and status.st_mode & stat.S_IXGRP
            if not (mine or group or status.st_mode & stat.S_IXOTH):
                return folder
    return paths[0]


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _keep_only(capability: int) -> None:
    bit = 1 << capability
    sets = (_Capabilities * 2)(_Capabilities(bit, bit, bit), _Capabilities(0, 0, 0))
    header = _Header(_CAPABILITY_VERSION, 0)
    if libc().capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *values: int) -> None:
    if sys.platform != "linux":
        raise OSError("capabilities exist on Linux only")
    padded = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if libc().prctl(option, *padded) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
