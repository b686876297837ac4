"""`python -m config.embedded.scratch COMMAND …`: a command of manage.py on services of its own.

They are started empty, migrated and given the plans; they and all files are gone when the command has ended. Nothing of
an installation's own data is read or written, whatever its environment says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from config.embedded import temporary
from config.embedded.process import ServiceFailed

_STOPPED = 130  # as a shell says it
ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    with temporary.temporary() as services, tempfile.TemporaryDirectory(prefix="parley-scratch-") as var:
        env = _environment(var, database_url=services.database_url, redis_url=services.redis_url)
        for prepared in (["migrate_schemas", "--verbosity", "0"], ["seed", "--no-demo", "--verbosity", "0"]):
            done = _manage(prepared, env, out=subprocess.DEVNULL)
            if done:
                return done
        return _manage(arguments, env)


def _environment(var: str, *, database_url: str, redis_url: str) -> dict[str, str]:
    hidden = {f"{name}{end}" for name in ("DATABASE_URL", "REDIS_URL", "ADMIN_PASSWORD") for end in ("", "_FILE")}
    given = {name: value for name, value in os.environ.items() if name not in hidden}
    return {
        **given,
        "PARLEY_ENV": "test",
        "PARLEY_VAR": var,
        "MODELS_DIR": os.environ.get("MODELS_DIR") or str(ROOT / "var" / "models"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
    }


def _manage(arguments: list[str], env: Mapping[str, str], *, out: int | None = None) -> int:
    """Whoever is stopped stops the command, which ends in its own way, and waits for it."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    with subprocess.Popen(command, env=env, stdout=out) as child:  # noqa: S603 -- our own command
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:  # the terminal told the command as well
                continue


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServiceFailed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(_STOPPED)
