"""What the database and the folders need before the first request, in one short-lived child of `make up`.

In order: models, schemas, static files, first rows. Each step finds by itself what is already done. What is printed
here goes to the terminal; the migrations' own report goes to a log.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import redirect_stdout
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.utils import DatabaseError

from config.supervisor import collecting, console, plan


def main() -> int:
    log = plan.read().logs / "setup.log"
    step = "reading the settings"
    try:
        django.setup()
        for step, command in _STEPS:
            console.say(step)
            command(log)
    except (CommandError, ImproperlyConfigured, DatabaseError) as refusal:
        console.complain(f"failed while {step}: {refusal}")
        return 1
    except Exception as error:  # noqa: BLE001 -- the last stop: one line for the person, the rest in the log
        with log.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
        console.complain(f"failed while {step}: {type(error).__name__}: {error} (the whole of it in {log})")
        return 1
    return 0


def _models(log: Path) -> None:
    call_command("prepare_models")


def _schemas(log: Path) -> None:
    with log.open("a", encoding="utf-8") as report, redirect_stdout(report):
        call_command("migrate_schemas", interactive=False)


def _static_files(log: Path) -> None:
    collecting.collect(mark=plan.read().var / "static.collected")


def _first_rows(log: Path) -> None:
    call_command("seed")


_STEPS = (
    ("preparing the models", _models),
    ("migrating the schemas", _schemas),
    ("collecting the static files", _static_files),
    ("seeding what is missing", _first_rows),
)


if __name__ == "__main__":
    sys.exit(main())
