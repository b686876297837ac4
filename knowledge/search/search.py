"""Finds the passages of some datasets that answer a question: few round trips and one embedding a space.

Only active generations are read. The ranking is by meaning and by words; each passage keeps its rank in both. A
question that asks several things is searched for as a whole and part by part (`parts`).
Who has an event loop takes the three steps himself: `ask` (database), `await embed` (providers), `find` (database).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import connection

from integrations.services import book
from knowledge.search import fuse, ranking
from knowledge.search.parts import Part
from knowledge.search.question import Question, ask, embed
from knowledge.search.ranking import Ranking
from knowledge.types import Filter, Hit, SearchResult

__all__ = ["Filter", "Hit", "Question", "SearchResult", "ask", "embed", "find", "search"]


def search(
    *,
    dataset_ids: Sequence[UUID],
    query: str,
    k: int = 10,
    weights: Mapping[UUID, float] | None = None,
    limits: Mapping[UUID, Filter] | None = None,
) -> SearchResult:
    """The best `k` passages, best first. `weights` multiplies the scores of a dataset's passages; unnamed means 1.
    `limits` says which documents of a dataset count; unnamed means all.

    Where a space's provider does not embed the question, its passages are found by words alone.
    """
    began = time.perf_counter()
    question = ask(dataset_ids=dataset_ids, text=query, within=limits)
    if question.waiting:
        if not connection.in_atomic_block:
            connection.close()  # nobody holds one while a provider thinks
        async_to_sync(embed)(question)
        book(question.calls)
    embedded = _milliseconds(began)
    found = find(question, k=k, weights=weights)
    return replace(found, timings={"embed": embedded, **found.timings})


def find(question: Question, *, k: int = 10, weights: Mapping[UUID, float] | None = None) -> SearchResult:
    began = time.perf_counter()
    whole = ranking.rank(question, weights=weights or {})
    parts = {part: ranking.rank(asked, weights=weights or {}) for part, asked in question.parts.items()}
    found = time.perf_counter()
    answered = _answered(whole, parts)
    ranked = fuse.together([parts[part].hits for part in answered], whole=whole.hits) if answered else whole.hits
    passages = tuple(islice(fuse.distinct(ranked, text=lambda hit: hit.content), k))
    timings = {"find": round((found - began) * 1000, 2), "rank": _milliseconds(found)}
    return SearchResult(passages, whole.relevant or bool(answered), timings, tuple(part.wording for part in answered))


def _answered(whole: Ranking, parts: Mapping[Part, Ranking]) -> list[Part]:
    """The parts that what was found is likely to answer; none where nothing is sure enough to say so of any. A part
    that leans is no evidence, and goes with the others."""
    if not whole.relevant and not any(found.surely for part, found in parts.items() if not part.leans):
        return []
    return [part for part, found in parts.items() if found.relevant or part.leans]


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
