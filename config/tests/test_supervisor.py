"""The supervisor with small real programs in place of Parley's."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.supervisor import plan, preflight
from config.supervisor.children import Child, Hopeless
from config.supervisor.logs import Follower, turn_over
from config.supervisor.plan import CannotStart, Plan
from config.supervisor.programs import Program
from config.supervisor.stack import Stack

BASE = Path(__file__).resolve().parents[2]
FOREVER = "import time\nwhile True: time.sleep(60)"
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def program(folder: Path, name: str, code: str) -> Program:
    log = folder / f"{name}.log"

    def launch() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            argv = [sys.executable, "-c", code]
            return subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    return Program(name=name, launch=launch, log=log, patience=5, alarming="ERROR")


def run_supervisor(var: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PARLEY_VAR": str(var), **environ}
    argv = [sys.executable, "-m", "config.supervisor"]
    return subprocess.run(argv, cwd=BASE, env=env, capture_output=True, text=True, check=False, timeout=60)


def tend_until_restarted(child: Child, *, times: int) -> None:
    deadline = time.monotonic() + 30
    for _ in range(times):
        before = child.pid
        while child.pid in {None, before} and time.monotonic() < deadline:
            child.tend()
            time.sleep(0.01)


def test_the_environment_is_read_strictly(tmp_path: Path) -> None:
    read = plan.read({"PARLEY_VAR": str(tmp_path), "PORT": "8001", "DATABASE_URL": "postgresql://x", "HOST": "0.0.0.0"})
    assert read == Plan(var=tmp_path, host="0.0.0.0", port=8001, workers=2, own_postgres=False, own_redis=True)
    assert read.url == "http://127.0.0.1:8001"
    assert plan.read({"HOST": "::"}).url == "http://[::1]:8000"
    with pytest.raises(CannotStart, match="PORT must be a whole number from 1 to 65535, and is 'http'"):
        plan.read({"PORT": "http"})


def test_a_taken_port_is_one_line_that_names_it(tmp_path: Path, taken_port: int) -> None:
    done = run_supervisor(tmp_path, PORT=str(taken_port))
    line = f"Port {taken_port} is taken by another program. Choose one: PORT={taken_port + 1} make up"
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"\[ *[\d.]+ s\] {re.escape(line)}\n", done.stderr)


def test_a_free_port_passes(taken_port: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    preflight.check_port(host="127.0.0.1", port=free)
    with pytest.raises(CannotStart, match=r"HOST=203\.0\.113\.1 is no address of this machine"):
        preflight.check_port(host="203.0.113.1", port=free)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run_supervisor(tmp_path / "file" / "var")
    assert done.returncode == 1
    assert "cannot write there: Not a directory" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preflight.prepare_folder(tmp_path / "var")
    monkeypatch.setattr(preflight, "LEAST_FREE_MB", 2**40)
    with pytest.raises(CannotStart, match=r"Only \d+ MB are free"):
        preflight.prepare_folder(tmp_path / "var")


def test_one_instance_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text("1\n")  # left by one that was killed: it holds nothing
    handle = preflight.take_lock(tmp_path)
    done = run_supervisor(tmp_path)
    assert done.returncode == 1
    assert f"Parley already runs here (process {os.getpid()})" in done.stderr
    os.close(handle)
    os.close(preflight.take_lock(tmp_path))


def test_a_program_that_dies_is_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child = Child(program(tmp_path, "web", FOREVER), first_pause=0.0)
    child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    tend_until_restarted(child, times=1)
    assert child.pid not in {None, first}
    assert "web was killed by signal 9; starting it again in 0 s" in capsys.readouterr().err
    child.stop(hurry=lambda: False)


def test_a_program_that_never_stays_up_ends_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('no such thing'); sys.exit(3)"
    child = Child(program(tmp_path, "worker", code), first_pause=0.001)
    child.start()
    with pytest.raises(Hopeless, match=r"worker does not stay up \(ended with code 3\)\.[^$]*no such thing"):
        tend_until_restarted(child, times=5)
    assert capsys.readouterr().err.count("starting it again") == 4
    assert (tmp_path / "worker.log").read_text().count("no such thing") == 5


def test_everything_stops_in_the_opposite_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = plan.read({"PARLEY_VAR": str(tmp_path)})
    stack = Stack(wanted, asked_to_stop=lambda: 1)
    for name in ("postgres", "redis", "worker", "beat", "web"):
        stack._start(program(tmp_path, name, FOREVER))
    stack.keep_running()
    stack.stop()
    said = capsys.readouterr().out
    assert re.findall(r"(\w+) started", said) == ["postgres", "redis", "worker", "beat", "web"]
    assert re.findall(r"(\w+) stopped", said) == ["web", "beat", "worker", "redis", "postgres"]


def test_a_hurry_does_not_wait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\n" + FOREVER
    child = Child(program(tmp_path, "web", deaf))
    child.start()
    deadline = time.monotonic() + 30
    while not (tmp_path / "web.log").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.stop(hurry=lambda: True)
    assert "web stopped (it had to be made to)" in capsys.readouterr().out


def test_alarming_lines_are_repeated_and_floods_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "web.log"
    log.write_text("ERROR: long ago\n")
    follower = Follower(name="web", log=log, alarming=r"\bERROR\b")
    with log.open("a") as file:
        file.write("INFO: fine\nERROR: the first\nERROR: unfin")
    follower.look()
    with log.open("a") as file:
        file.write("ished\n" + "ERROR: again\n" * 20)
    follower.look()
    said = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]
    expected = ["ERROR: the first", "ERROR: unfinished", *["ERROR: again"] * 8, f"… and more, in {log}"]
    assert said == [f"web | {line}" for line in expected]


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    short, long = tmp_path / "short.log", tmp_path / "long.log"
    short.write_text("short")
    long.write_bytes(b"x" * (6 * 1024**2))
    turn_over(short)
    turn_over(long)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.log.1", "short.log"]
