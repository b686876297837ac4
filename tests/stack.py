"""A whole Parley for a test: a database of its own, the web server, a worker and beat as the processes they are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
PORTS = 5  # tried at the most
ADMIN = {"email": "root@parley.example", "password": "a long first password"}


class Stack:
    """Started by `up`, ended by `down`. The log of each process lies in `folder`."""

    def __init__(self, *, folder: Path, database_url: str, redis_url: str, redis_database: int, **env: str) -> None:
        self.folder = folder
        self.workers = env.pop("CELERY_WORKERS", "1")
        self.name = f"stack_{uuid4().hex[:12]}"
        self._admin_url = database_url.rsplit("/", 1)[0] + "/postgres"
        self.port = 0  # of the web server, once there is one
        self.env = os.environ | {
            "PARLEY_ENV": "development",
            "PARLEY_VAR": str(folder),
            "DATABASE_URL": f"{database_url.rsplit('/', 1)[0]}/{self.name}",
            "REDIS_URL": f"{redis_url.rsplit('/', 1)[0]}/{redis_database}",
            "ADMIN_EMAIL": ADMIN["email"],
            "ADMIN_PASSWORD": ADMIN["password"],
            "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
            "INGEST_LEASE_SECONDS": "6",
            **env,
        }
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.name)))
        self.manage("migrate_schemas", "--verbosity", "0")
        self.manage("seed", "--no-demo")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.port = self.start_web("web")
        self.start_worker()
        self._start("beat", "celery", "-A", "config", "beat", "--pidfile=", "--schedule", str(self.folder / "beat"))

    def start_web(self, name: str, **env: str) -> int:
        """A web server that answers, and its port: another one where somebody takes the port before it does."""
        for _ in range(PORTS):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port: int = free.getsockname()[1]
            server = self._start(
                name, "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port), **env
            )
            if self._answers(server, port):
                return port
        raise AssertionError(f"The web server ended {PORTS} times; {self._tails()}")

    def _answers(self, server: subprocess.Popen[bytes], port: int) -> bool:
        self.wait(lambda: server.poll() is not None or _is_ready(port), "the web server")
        return server.poll() is None

    def stop(self, name: str) -> None:
        child = self._children.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait(5)

    def start_worker(self) -> None:
        self._start("worker", "celery", "-A", "config", "worker", "--concurrency", self.workers, "--without-gossip",
                    "--without-mingle", "--loglevel", "INFO")  # fmt: skip

    def pid(self, name: str) -> int:
        return self._children[name].pid

    def watch_worker(self) -> bool:
        """Start the worker again where it ended by itself, as every supervisor does; answers whether it had."""
        ended = self._children["worker"].poll() is not None
        if ended:
            self.start_worker()
        return ended

    def kill_worker(self) -> None:
        """SIGKILL to the worker and every child of it, as the kernel does when memory runs out."""
        child = self._children.pop("worker")
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)

    def down(self) -> None:
        for name in reversed(list(self._children)):
            self.stop(name)
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def client(self, token: str = "") -> httpx2.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60)

    def sign_in(self, *, email: str, password: str) -> httpx2.Client:
        with self.client() as anonymous:
            answer = anonymous.post("/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return self.client(answer.json()["token"])

    def wait(self, done: Callable[[], Any], what: str, *, seconds: float = 90) -> Any:
        """Look until `done` answers with something true; a bound for a broken stack, not a claim about speed."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := done():
                return found
            time.sleep(0.2)
        raise AssertionError(f"{what} did not come; {self._tails()}")

    def _start(self, name: str, *module: str, **env: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            child = self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=self.env | env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return child

    def _tails(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}" for path in self.folder.glob("*.log")
        )


def _is_ready(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    except httpx2.TransportError:
        return False
