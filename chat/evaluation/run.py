"""One evaluation from end to end: read the sets, ingest their corpora into a scratch tenant, measure part by part.

In: what to measure and on what. Out: the tables of each part. What the folder has nothing for is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from uuid import UUID

from chat.evaluation import citations, existing, followups, guarding, injections, retrieval, scratch, sets
from chat.evaluation.details import Details
from chat.evaluation.reading import BadSet
from chat.evaluation.sampling import Caps
from chat.evaluation.scratch import Say
from chat.evaluation.sets import Sets
from chat.evaluation.types import Corpus, Table
from tenants import context, selectors
from tenants.errors import NotFound
from tenants.types import TenantRef

PARTS: Final = ("retrieval", "citations", "guard", "injection", "followup")
OF_A_BOT: Final = ("retrieval", "citations")
DEFAULT: Final = Caps(documents=100, questions=100)
_TURNS: Final = 50  # of a set, since a turn costs several times what a search does


@dataclass(frozen=True, slots=True)
class Plan:
    """`names` are the question sets; `None` for all in the folder. `cache` is where vectors are kept between runs."""

    folder: Path
    parts: tuple[str, ...] = PARTS
    names: tuple[str, ...] | None = None
    caps: Caps = DEFAULT
    cache: Path | None = None
    details: Details = field(default_factory=Details)


def measure(plan: Plan, *, say: Say) -> list[Table]:
    """Raises `BadSet`."""
    if not plan.folder.is_dir():
        raise BadSet(f"There is no folder {plan.folder}.")
    given = _read(plan)
    corpora = [*given.questions, *given.grounds.values()]
    if not corpora:
        return list(_tables(plan, given, {}, say))
    with scratch.tenant():
        say(f"ingesting {len(corpora)} corpora")
        ingested = scratch.ingest(corpora, cache=plan.cache, say=say)
        return list(_tables(plan, given, ingested, say))


def measure_bot(*, tenant: str, bot_id: UUID, questions: Path, parts: Iterable[str], details: Details) -> list[Table]:
    """A bot that exists. Raises `NotFound`, `BadSet`."""
    with context.entered(_live(tenant)):
        corpus = existing.corpus(bot_id=bot_id, questions=questions)
        found = []
        if "retrieval" in parts:
            found.append(retrieval.table([corpus], details=details))
        if "citations" in parts:
            found.append(citations.table([corpus], lambda _: bot_id, details=details))
        return [table for table in found if table.rows]


def _live(slug: str) -> TenantRef:
    found = next((tenant for tenant in selectors.live_tenants() if tenant.slug == slug), None)
    if found is None:
        raise NotFound(f"There is no live tenant {slug}.")
    return found


def _read(plan: Plan) -> Sets:
    """What the parts need, and no more."""
    parts, folder = set(plan.parts), plan.folder
    talks = sets.talks(folder) if "followup" in parts else {}
    return Sets(
        questions=sets.questions(folder, plan.names, plan.caps) if parts & {"retrieval", "citations"} else [],
        remarks=sets.remarks(folder, plan.caps) if "guard" in parts else {},
        attacks=sets.attacks(folder) if "injection" in parts else {},
        talks=talks,
        grounds=sets.grounds(folder, talks, plan.caps),
    )


def _tables(plan: Plan, given: Sets, ingested: dict[str, Corpus], say: Say) -> Iterator[Table]:
    corpora = [ingested[each.name] for each in given.questions]
    if "retrieval" in plan.parts and corpora:
        say("measuring retrieval")
        yield retrieval.table(corpora, details=plan.details)
    if "citations" in plan.parts and (cited := [_part(corpus, plan.caps) for corpus in corpora if _is_known(corpus)]):
        say("measuring citations")
        yield citations.table(cited, scratch.bot, details=plan.details)
    yield from _guard_tables(plan, given, say)
    if given.talks:
        say("measuring follow-ups")
        grounds = {name: ingested[ground.name] for name, ground in given.grounds.items()}
        yield followups.table(given.talks, grounds, details=plan.details)


def _guard_tables(plan: Plan, given: Sets, say: Say) -> Iterator[Table]:
    for name, remarks in given.remarks.items():
        say(f"measuring the guard on {name}")
        yield from guarding.tables(name, remarks, details=plan.details)
    for name, attacks in given.attacks.items():
        say(f"measuring injections on {name}")
        yield injections.table(name, attacks, details=plan.details)


def _is_known(corpus: Corpus) -> bool:
    """Whether the words that answer its questions are known."""
    return any(question.answers for question in corpus.questions.questions)


def _part(corpus: Corpus, caps: Caps) -> Corpus:
    most = None if caps.questions is None else min(caps.questions, _TURNS)
    return replace(corpus, questions=replace(corpus.questions, questions=corpus.questions.questions[:most]))
