"""The parser's process: what it cannot do, and that it never outlives who asked for it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from knowledge.ingest.extract import sandbox
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Limits
from knowledge.tests.test_extract_hostile import BODY, PARAGRAPH, package

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# Quadratic to parse: some seconds of honest work that a test can interrupt.
SLOW = b"<div>" * 120_000


def fenced(code: str) -> subprocess.CompletedProcess[str]:
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from knowledge.ingest.extract import fences; import os, socket, subprocess, json, csv\n"
        f"from knowledge.ingest.types import Limits; fences.limit_resources(Limits()); fences.close_doors()\n{code}"
    )
    return subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False, env={})


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket().connect(('127.0.0.1', 9))",
        "socket.getaddrinfo('localhost', 80)",
        "subprocess.run(['/bin/true'])",
        "os.system('true')",
        "os.fork()",
        "open('/etc/passwd')",
        f"open({str(ROOT / 'manage.py')!r})",
        f"open({str(ROOT / 'knowledge' / 'new.txt')!r}, 'w')",
        "os.remove('/tmp/anything')",
        "os.kill(os.getppid(), 9)",
        "import ctypes; ctypes.CDLL(None)",
    ],
)
def test_a_parser_cannot(code: str) -> None:
    done = fenced(code)
    assert done.returncode != 0
    assert "Forbidden" in done.stderr


def test_a_parser_can_load_its_own_modules_and_think() -> None:
    libraries = "pypdfium2, python_calamine, striprtf.striprtf, docx, selectolax.lexbor, charset_normalizer"
    done = fenced(f"import {libraries}; print(json.dumps([1]))")
    assert (done.returncode, done.stdout) == (0, "[1]\n")


@LINUX
def test_a_parser_sees_no_network() -> None:
    """Where the kernel lets it have a network of its own; where it does not, the audit hook stands alone."""
    allowed = subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True, check=False)
    if allowed.returncode != 0:
        pytest.skip("this kernel gives no network namespaces")
    done = fenced("print(len(os.listdir('/sys/class/net')), [n for _, n in socket.if_nameindex()])")
    assert done.stdout.endswith("['lo']\n")


def slow(folder: Path) -> Path:
    path = folder / "upload"
    path.write_bytes(SLOW)
    return path


def test_time_is_limited(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError) as caught:
        sandbox.extract(slow(tmp_path), file_name="a.html", limits=Limits(seconds=1), on_wait=lambda: None)
    assert caught.value.code == "timed_out"


@pytest.mark.parametrize("name", ["a.txt", "a.docx"])
def test_memory_is_limited(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    if name == "a.txt":
        path.write_bytes(b"words and more words. " * 1_500_000)
    else:
        path.write_bytes(package(BODY.format("".join(PARAGRAPH.format(number) for number in range(200_000)))))
    tight = Limits(memory_bytes=100_000_000, characters=1_000_000_000)
    with pytest.raises(ExtractionError) as caught:
        sandbox.extract(path, file_name=name, limits=tight, on_wait=lambda: None)
    assert caught.value.code == "out_of_memory"


@LINUX
def test_who_no_longer_wants_the_result_ends_the_child(tmp_path: Path) -> None:
    class LeaseLost(Exception):
        pass

    def on_wait() -> None:
        raise LeaseLost

    before = children(os.getpid())
    with pytest.raises(LeaseLost):
        sandbox.extract(slow(tmp_path), file_name="a.html", limits=Limits(), on_wait=on_wait)
    assert children(os.getpid()) == before


@LINUX
def test_a_killed_worker_takes_its_parser_along(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from knowledge.ingest.extract import sandbox\n"
        "from knowledge.ingest.types import Limits\n"
        f"path = Path({str(slow(tmp_path))!r})\n"
        "sandbox.extract(path, file_name='a.html', limits=Limits(), on_wait=lambda: None)"
    )
    secrets = {**os.environ, "SECRET_KEY": "canary"}
    worker = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=secrets)
    try:
        (parser,) = until(lambda: children(worker.pid))
        until(lambda: os.getsid(parser) == parser)
        # The parser ties itself to its parent before it reads anything; then its address space is limited.
        until(lambda: f"{Limits().memory_bytes}" in Path(f"/proc/{parser}/limits").read_text())
        environment = Path(
            f"/proc/{parser}/environ"
        ).read_bytes()  # before it ran our code, it was a copy of the worker
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        until(lambda: not alive(parser))
    finally:
        worker.kill()
        worker.wait()
    assert b"canary" not in environment
    assert environment.count(b"=") == 1


def until(look: Callable[[], T]) -> T:
    """The first answer that is not empty; looking at a process that is just beginning or ending may fail."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            found = look()
        except (OSError, ValueError):
            found = None
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] not in "ZX"
    except OSError:
        return False
