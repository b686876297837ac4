"""A command on services of its own, for real: what the environment says of an installation does not reach it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from config.embedded import scratch

ASKED = (
    "from django.conf import settings; from tenants.models import Plan, Tenant;"
    "print(settings.DATABASE_URL, settings.VAR, Plan.objects.count(), Tenant.objects.count())"
)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    theirs = {"DATABASE_URL_FILE": "/nowhere/secret", "DATABASE_URL": "", "REDIS_URL": "redis://127.0.0.1:1/0"}
    env = {**os.environ, **theirs, "MODELS_DIR": str(settings.MODELS_DIR)}
    return subprocess.run(
        [sys.executable, "-m", "config.embedded.scratch", *arguments],
        cwd=scratch.ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_command_finds_an_empty_installation_that_is_gone_afterwards() -> None:
    done = _run("shell", "--no-imports", "-v", "0", "-c", ASKED)
    assert done.returncode == 0, done.stderr
    url, var, plans, tenants = done.stdout.split()
    assert url != settings.DATABASE_URL
    assert (int(plans) > 0, int(tenants)) == (True, 0)
    assert not Path(var).exists()


def test_how_a_command_ends_is_handed_on() -> None:
    done = _run("evaluate", "--only", "weather")
    assert done.returncode == 1
    assert "not weather" in done.stderr
