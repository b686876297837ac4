"""The embedded services, for real: started out of their wheels, stopped, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from config.embedded import account, addresses, postgres, process, redis, temporary
from config.embedded.addresses import Addresses
from config.embedded.process import ServiceFailed

BASE = Path(__file__).resolve().parents[2]
# Pythons from 3.12 on warn of forks beside threads; the test runner has threads, `make up` and the keeper have none.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def gone(pid: int) -> bool:
    """Ended, whether or not somebody has asked how."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def refuses(url: str) -> bool:
    port = int(url.rpartition(":")[2].partition("/")[0])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def helper(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, from the repository's root."""
    return subprocess.run([sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True, check=False)


def test_temporary_services_serve_and_leave_nothing() -> None:
    with temporary.temporary() as services:
        with psycopg.connect(services.database_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE another")
            row = connection.execute("SELECT '[1,2]'::extensions.vector::text, rolsuper FROM pg_roles "
                                     "WHERE rolname = current_user").fetchone()  # fmt: skip
        with Redis.from_url(services.redis_url) as cache:
            answered = cache.ping()
        folder, url = services.folder, services.redis_url
        assert (row, answered, folder.exists()) == (("[1,2]", False), True, True)
    assert not folder.exists()
    assert refuses(services.database_url)
    assert refuses(url)


def test_temporary_services_end_with_a_killed_run() -> None:
    code = (
        "import os, signal; from config.embedded import temporary; services = temporary.start();"
        "print(services.folder, services.database_url, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = helper(code)
    folder, url = done.stdout.split()
    assert done.returncode == -signal.SIGKILL
    assert eventually(lambda: not Path(folder).exists())
    assert refuses(url)


def test_passwords_are_asked_for() -> None:
    with temporary.temporary() as services:
        open_url = services.database_url.replace(services.database_url.split(":")[2].split("@")[0], "guess")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(open_url)


def test_postgres_survives_a_kill_and_a_recycled_process_number(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    server = postgres.start(folder=tmp_path / "postgres", log=log)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    server.child.kill()
    server.child.wait()
    # The number now belongs to somebody else who is alive: us.
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.read_text().partition(chr(10))[2]}")
    again = postgres.start(folder=tmp_path / "postgres", log=log, port=server.port)
    try:
        assert again.url == server.url
        with psycopg.connect(again.url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        assert again.stop()


def test_postgres_takes_another_port_when_its_own_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = postgres.start(folder=tmp_path / "postgres", log=tmp_path / "postgres.log", port=port, throwaway=True)
        assert server.stop()
    assert server.port != port


def test_a_broken_cluster_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(ServiceFailed, match=r"PostgreSQL did not start\. It said: .*") as failure:
        postgres.start(folder=tmp_path / "postgres", log=tmp_path / "postgres.log")
    assert "\n" not in str(failure.value)


def test_redis_keeps_what_it_was_told(tmp_path: Path) -> None:
    folder, log = tmp_path / "redis", tmp_path / "redis.log"
    first = redis.start(folder=folder, log=log)
    with Redis.from_url(first.url) as client:
        client.set("kept", "yes")
    assert first.stop()
    second = redis.start(folder=folder, log=log, port=first.port, password=first.password)
    with Redis.from_url(second.url) as client:
        kept = client.get("kept")
    assert second.stop()
    assert (second.url, kept) == (first.url, b"yes")


def test_addresses_are_found_while_their_owner_lives(tmp_path: Path) -> None:
    given = Addresses(database_url="postgresql://a:b@127.0.0.1:1/c", redis_url=None)
    publication = addresses.publish(var=tmp_path, addresses=given)
    assert addresses.discover(tmp_path) == given
    assert stat.S_IMODE((tmp_path / addresses.FILE_NAME).stat().st_mode) == 0o600
    assert "postgresql" not in repr(given)
    publication.withdraw()
    assert addresses.discover(tmp_path) is None


def test_addresses_of_a_dead_owner_are_not_found(tmp_path: Path) -> None:
    addresses.publish(var=tmp_path, addresses=Addresses(redis_url="redis://x")).withdraw()
    (tmp_path / addresses.FILE_NAME).write_text('{"database_url": "postgresql://old", "redis_url": null}')
    assert addresses.discover(tmp_path) is None


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from config.embedded import process;"
        f"log = Path({str(tmp_path / 'log')!r});"
        "child = process.spawn(argv=['sleep', '300'], log=log, at_our_death=signal.SIGTERM);"
        "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    pid = int(helper(code).stdout)
    assert eventually(lambda: gone(pid))


def test_a_deaf_child_is_made_to_stop(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(300)"
    log = tmp_path / "log"
    child = process.spawn(argv=[sys.executable, "-c", code], log=log, at_our_death=signal.SIGKILL)
    assert eventually(lambda: bool(process.last_lines(log)))
    willing = process.stop(child, by=signal.SIGTERM, within=0.1, then=signal.SIGKILL)
    assert (willing, child.returncode) == (False, -signal.SIGKILL)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the services as somebody else")
def test_root_hands_over_and_passes_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    folder = closed / "data"
    folder.mkdir(parents=True)
    closed.chmod(0o700)
    chosen = account.choose(data=folder / "none")
    assert chosen is not None
    settled = account.settle(chosen, folder=folder, program=Path("/bin/true"))
    assert settled is not None
    assert (settled.passes_closed_folders, folder.stat().st_uid, closed.stat().st_uid) == (True, chosen.uid, 0)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    # PostgreSQL asks access(2) before it runs its own parts, and access(2) overlooks most capabilities.
    code = f"import os; print(os.geteuid() != 0 and os.access({str(folder)!r}, os.W_OK))"
    done = subprocess.run([sys.executable, "-c", code], preexec_fn=settled.enter, capture_output=True, check=True)
    assert done.stdout == b"True\n"
    opened = Path(f"/tmp/parley-test-{os.getpid()}-open")  # tmp_path itself is closed to others
    opened.mkdir()
    try:
        freely = account.settle(chosen, folder=opened, program=Path("/bin/true"))
    finally:
        opened.rmdir()
    assert freely is not None
    assert not freely.passes_closed_folders
