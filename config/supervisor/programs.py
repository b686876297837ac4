"""The programs that make up Parley: how each is started, and how it is asked to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.embedded import postgres, process, redis
from config.supervisor import console
from config.supervisor.plan import BASE, Plan

Launch = Callable[[], "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class Program:
    """`ask` lets it finish what it is doing, for `patience` seconds; `insist` no longer does."""

    name: str
    launch: Launch
    log: Path
    patience: float
    alarming: str  # the words that bring a line of its log to the terminal
    ask: signal.Signals = signal.SIGTERM
    insist: signal.Signals = signal.SIGKILL


_ALARM = r"\b(WARNING|ERROR|CRITICAL)\b"


def database(plan: Plan, *, found: Callable[[str], None]) -> Program:
    """Our PostgreSQL. `found` is told its address; after a restart that is still the same."""
    log = plan.logs / "postgres.log"
    port: list[int] = []

    def launch() -> subprocess.Popen[bytes]:
        server = postgres.start(folder=plan.var / "postgres", log=log, port=port[0] if port else None)
        port[:] = [server.port]
        found(server.url)
        return server.child

    return Program(
        name="postgres", launch=launch, log=log, patience=30, alarming=r"\b(FATAL|PANIC):",
        ask=signal.SIGINT, insist=signal.SIGQUIT,
    )  # fmt: skip


def queue(plan: Plan, *, found: Callable[[str], None]) -> Program:
    """Our Redis, as `database`."""
    log = plan.logs / "redis.log"
    known: list[redis.Redis] = []

    def launch() -> subprocess.Popen[bytes]:
        before = known[0] if known else None
        server = redis.start(
            folder=plan.var / "redis",
            log=log,
            port=before.port if before else None,
            password=before.password if before else None,
        )
        known[:] = [server]
        found(server.url)
        return server.child

    return Program(name="redis", launch=launch, log=log, patience=15, alarming=r"# (Fatal|Can't|MISCONF)")


def web(plan: Plan, *, env: dict[str, str]) -> Program:
    return _python(
        plan, "web",
        ["uvicorn", "config.asgi:application", "--host", plan.host, "--port", str(plan.port), "--no-use-colors",
         "--no-access-log", "--lifespan", "auto", "--timeout-graceful-shutdown", "10"],
        env=env, patience=15, at_our_death=signal.SIGTERM,
    )  # fmt: skip


def worker(plan: Plan, *, env: dict[str, str]) -> Program:
    return _python(
        plan, "worker",
        ["celery", "-A", "config", "worker", "--loglevel", "INFO", "--pool", "prefork",
         "--concurrency", str(plan.workers), "--without-gossip", "--without-mingle"],
        env=env, patience=20, at_our_death=signal.SIGKILL, insist=signal.SIGQUIT,
    )  # fmt: skip


def beat(plan: Plan, *, env: dict[str, str]) -> Program:
    return _python(
        plan, "beat",
        ["celery", "-A", "config", "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", str(plan.var / "beat")],
        env=env, patience=5, at_our_death=signal.SIGTERM,
    )  # fmt: skip


def _python(
    plan: Plan,
    name: str,
    module: list[str],
    *,
    env: dict[str, str],
    patience: float,
    at_our_death: signal.Signals,
    insist: signal.Signals = signal.SIGKILL,
) -> Program:
    log = plan.logs / f"{name}.log"

    def launch() -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", *module]
        return process.spawn(argv=argv, log=log, at_our_death=at_our_death, cwd=BASE, env=env)

    return Program(name=name, launch=launch, log=log, patience=patience, alarming=_ALARM, insist=insist)


def environment(plan: Plan, *, database_url: str | None, redis_url: str | None) -> dict[str, str]:
    """What our children see: our own environment and where the services we started are."""
    added = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PARLEY_VAR": str(plan.var),
        "HOST": plan.host,
        "PORT": str(plan.port),
        "PYTHONUNBUFFERED": "1",
        console.STARTED: str(console.started),
    }
    if database_url:
        added["DATABASE_URL"] = database_url
    if redis_url:
        added["REDIS_URL"] = redis_url
    return {**os.environ, **added}
