"""`manage.py evaluate`: how good retrieval, citations and guardrails are, on sets of questions (docs/quality.md)."""

from __future__ import annotations

import argparse
import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.evaluation import baseline, report, run
from chat.evaluation.details import Details
from chat.evaluation.sampling import Caps
from tenants.errors import Problem

OWN = Path(settings.BASE_DIR) / "config" / "demo" / "evaluation"


class Command(BaseCommand):
    help = "Measure retrieval, citations, guardrails, injections and follow-ups, and compare with an earlier run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, default=OWN, metavar="FOLDER", help="the sets; ours, unless said")
        parser.add_argument("--only", type=_words, default=run.PARTS, help=f"some of {','.join(run.PARTS)}")
        parser.add_argument(
            "--sets", type=_words, help="question sets by name, as xquad.en,stackfaq.en; all, unless said"
        )
        for name, default in (("documents", run.DEFAULT.documents), ("questions", run.DEFAULT.questions)):
            parser.add_argument(
                f"--most-{name}", type=_count, default=default, metavar="N", help=f"of a set ({default})"
            )
        parser.add_argument("--full", action="store_true", help="all documents and questions")
        parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with what was saved there")
        parser.add_argument("--save", type=Path, metavar="FILE", help="keep every case, as a baseline for later runs")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables for programs")
        parser.add_argument("--details", type=Path, metavar="FILE", help="write every case for whoever tunes")
        parser.add_argument("--cache", type=Path, default=Path(settings.VAR) / "evaluation", metavar="FOLDER",
                            help="where the vectors of the corpora are kept between runs")  # fmt: skip

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 -- Django's signature
        began = time.monotonic()
        try:
            before = baseline.read(options["baseline"]) if options["baseline"] else None
            with ExitStack() as stack:
                details = options["details"] and stack.enter_context(options["details"].open("w", encoding="utf-8"))
                tables = run.measure(_plan(options, Details(details or None)), say=self._say)
            changes = None if before is None else baseline.compare(tables, before)
            if options["save"]:
                baseline.save(options["save"], tables)
            if options["json"]:
                told = {"seconds": round(time.monotonic() - began), "tables": report.data(tables, changes)}
                options["json"].write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        except Problem as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        self.stdout.write(report.markdown(tables, changes))
        self._say(f"done in {time.monotonic() - began:.0f} s")

    def _say(self, line: str) -> None:
        self.stderr.write(line)
        self.stderr.flush()


def _plan(options: dict[str, Any], details: Details) -> run.Plan:
    unknown = set(options["only"]) - set(run.PARTS)
    if unknown:
        raise CommandError(f"--only knows {', '.join(run.PARTS)}, not {', '.join(sorted(unknown))}.")
    caps = Caps() if options["full"] else Caps(options["most_documents"], options["most_questions"])
    return run.Plan(
        folder=options["data"], parts=tuple(options["only"]), sets=options["sets"], caps=caps,
        cache=options["cache"], details=details,
    )  # fmt: skip


def _words(given: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in given.split(",") if word.strip())


def _count(given: str) -> int:
    if not given.isdecimal() or not int(given):
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(given)
