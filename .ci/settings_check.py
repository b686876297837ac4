"""Settings and migrations, checked without a server: as a production would start, and as the models stand.

Run from the repository's root. The secrets made here live as long as this process.
"""

# ruff: noqa: INP001 -- a script, in no package

from __future__ import annotations

import os
import secrets
import subprocess
import sys

from cryptography.fernet import Fernet

_NOWHERE = {
    "DATABASE_URL": "postgresql://parley@127.0.0.1:1/parley",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
_PRODUCTION = {
    **_NOWHERE,
    "PARLEY_ENV": "production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "parley.example",
    "PUBLIC_URL": "https://parley.example",
}


def _manage(*arguments: str, env: dict[str, str]) -> int:
    # The history of migrations is compared where a server answers; here none does, and none need.
    argv = [sys.executable, "-W", "ignore:Got an error checking a consistent:RuntimeWarning", "manage.py", *arguments]
    return subprocess.run(argv, env={**os.environ, **env}, check=False).returncode  # noqa: S603 -- our own command


if __name__ == "__main__":
    sys.exit(
        _manage("makemigrations", "--check", "--dry-run", env=_NOWHERE)
        or _manage("check", "--deploy", "--fail-level", "WARNING", env=_PRODUCTION)
    )
