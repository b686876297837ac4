"""One evaluation from end to end: read the sets, ingest their corpora into a scratch tenant, measure part by part.

In: what to measure and on what. Out: a table a part. Parts for which the folder has nothing are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chat.evaluation import reading, retrieval, sampling, scratch
from chat.evaluation.details import Details
from chat.evaluation.reading import BadSet
from chat.evaluation.sampling import Caps
from chat.evaluation.scratch import Say
from chat.evaluation.types import QuestionSet, Table

PARTS: Final = ("retrieval",)
DEFAULT: Final = Caps(documents=300, questions=200)


@dataclass(frozen=True, slots=True)
class Plan:
    """`sets` are the question sets; `None` for all in the folder. `cache` is where vectors are kept between runs."""

    folder: Path
    parts: tuple[str, ...] = PARTS
    sets: tuple[str, ...] | None = None
    caps: Caps = DEFAULT
    cache: Path | None = None
    details: Details = field(default_factory=Details)


def measure(plan: Plan, *, say: Say) -> list[Table]:
    """Raises `BadSet`."""
    sets = _sets(plan)
    with scratch.tenant():
        say(f"ingesting {len(sets)} sets")
        corpora = scratch.ingest(sets, cache=plan.cache, say=say)
        return list(_tables(plan, corpora, say))


def _tables(plan: Plan, corpora: dict[str, scratch.Corpus], say: Say) -> Iterator[Table]:
    steps: dict[str, Callable[[], Table]] = {
        "retrieval": lambda: retrieval.table(corpora.values(), details=plan.details),
    }
    for part in PARTS:
        if part in plan.parts:
            say(f"measuring {part}")
            found = steps[part]()
            if found.rows:
                yield found


def _sets(plan: Plan) -> list[QuestionSet]:
    if not plan.folder.is_dir():
        raise BadSet(f"There is no folder {plan.folder}.")
    there = reading.names(plan.folder)
    unknown = [name for name in plan.sets or () if name not in there]
    if unknown:
        raise BadSet(f"{plan.folder} has no set {', '.join(unknown)}. It has: {', '.join(there) or 'none'}.")
    chosen = there if plan.sets is None else plan.sets
    return [sampling.sample(reading.question_set(plan.folder, name), plan.caps) for name in chosen]
