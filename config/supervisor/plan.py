"""What the environment asks of `make up`: where to listen, which services are our own, how many workers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
LEAST_FREE_MB = 300


class CannotStart(Exception):
    """One line for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Plan:
    var: Path
    host: str
    port: int
    workers: int
    own_postgres: bool
    own_redis: bool

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def reachable_host(self) -> str:
        """Where we reach ourselves: an address that means every address is none to connect to."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104 -- compared, not bound

    @property
    def url(self) -> str:
        host = f"[{self.reachable_host}]" if ":" in self.reachable_host else self.reachable_host
        return f"http://{host}:{self.port}"


def read(environ: Mapping[str, str] = os.environ) -> Plan:
    return Plan(
        var=Path(environ.get("PARLEY_VAR", "").strip() or BASE / "var").absolute(),
        host=environ.get("HOST", "").strip() or "127.0.0.1",
        port=_number(environ, "PORT", default=8000, among=range(1, 65536)),
        workers=_number(environ, "WORKERS", default=2, among=range(1, 257)),
        own_postgres=not (environ.get("DATABASE_URL") or environ.get("DATABASE_URL_FILE")),
        own_redis=not (environ.get("REDIS_URL") or environ.get("REDIS_URL_FILE")),
    )


def _number(environ: Mapping[str, str], name: str, *, default: int, among: range) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) not in among:
        raise CannotStart(f"{name} must be a whole number from {among[0]} to {among[-1]}, and is {text!r}.")
    return int(text)
