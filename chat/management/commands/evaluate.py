"""`manage.py evaluate`: how good retrieval, citations and guardrails are, on sets of questions (docs/quality.md)."""

from __future__ import annotations

import argparse
import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.evaluation import baseline, report, run
from chat.evaluation.details import Details
from chat.evaluation.sampling import Caps
from chat.evaluation.types import Table
from tenants.errors import Problem

OWN = Path(settings.BASE_DIR) / "config" / "demo" / "evaluation"
_STOPPED = 130  # as a shell says it
Options = dict[str, Any]


class Command(BaseCommand):
    help = "Measure retrieval, citations, guardrails, injections and follow-ups, and compare with an earlier run."

    def add_arguments(self, parser: CommandParser) -> None:
        _add_what(parser)
        parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with what was saved there")
        parser.add_argument("--save", type=Path, metavar="FILE", help="keep every case, as a baseline for later runs")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables for programs")
        parser.add_argument("--details", type=Path, metavar="FILE", help="write every case for whoever tunes")
        cache = Path(settings.VAR) / "evaluation"
        parser.add_argument("--cache", type=Path, default=cache, metavar="FOLDER", help="keeps vectors between runs")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 -- Django's signature
        with _stoppable():
            self._evaluate(options)

    def _evaluate(self, options: Options) -> None:
        began = time.monotonic()
        try:
            before = baseline.read(options["baseline"]) if options["baseline"] else None
            tables = self._measured(options)
            changes = None if before is None else baseline.compare(tables, before)
            if options["save"]:
                baseline.save(options["save"], tables)
            seconds = round(time.monotonic() - began)
            if options["json"]:
                told = {"seconds": seconds, "tables": report.data(tables, changes)}
                options["json"].write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except Problem as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. The vectors that were made are kept.", returncode=_STOPPED) from None
        self.stdout.write(report.markdown(tables, changes))
        self._say(f"done in {seconds} s")

    def _measured(self, options: Options) -> list[Table]:
        with ExitStack() as stack:
            file = options["details"]
            details = Details(stack.enter_context(file.open("w", encoding="utf-8")) if file else None)
            of_bot = [options[name] for name in ("tenant", "bot", "questions")]
            if not any(of_bot):
                return run.measure(_plan(options, details), say=self._say)
            if not all(of_bot):
                raise CommandError("A bot that exists is measured with --tenant, --bot and --questions together.")
            return run.measure_bot(
                tenant=options["tenant"], bot_id=options["bot"], questions=options["questions"],
                parts=_parts(options, run.OF_A_BOT), details=details,
            )  # fmt: skip

    def _say(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


@contextmanager
def _stoppable() -> Iterator[None]:
    """Meanwhile SIGTERM does what Ctrl-C does, so that the scratch tenant goes then as well."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _add_what(parser: CommandParser) -> None:
    parser.add_argument("--data", type=Path, default=OWN, metavar="FOLDER", help="the sets; our own, unless said")
    parser.add_argument("--only", type=_words, help=f"some of {','.join(run.PARTS)}; all, unless said")
    parser.add_argument("--sets", type=_words, help="question sets by name, as xquad.en,stackfaq.en; all, unless said")
    for name, most in (("documents", run.DEFAULT.documents), ("questions", run.DEFAULT.questions)):
        parser.add_argument(f"--most-{name}", type=_count, default=most, metavar="N", help=f"of a set; {most}")
    parser.add_argument("--full", action="store_true", help="all documents and questions")
    parser.add_argument("--tenant", metavar="SLUG", help="with --bot and --questions: measure a bot that exists")
    parser.add_argument("--bot", type=UUID, metavar="ID")
    parser.add_argument("--questions", type=Path, metavar="FILE")


def _plan(options: Options, details: Details) -> run.Plan:
    caps = Caps() if options["full"] else Caps(options["most_documents"], options["most_questions"])
    return run.Plan(
        folder=options["data"], parts=_parts(options, run.PARTS), names=options["sets"], caps=caps,
        cache=options["cache"], details=details,
    )  # fmt: skip


def _parts(options: Options, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen = options["only"] or known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        raise CommandError(f"--only knows {', '.join(known)} here, not {', '.join(unknown)}.")
    return tuple(part for part in known if part in chosen)


def _words(given: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in given.split(",") if word.strip())


def _count(given: str) -> int:
    if not given.isdecimal() or not int(given):
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(given)
