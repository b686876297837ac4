"""Questions to try, of which a search finds what is likely to answer them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from knowledge import proposals
from knowledge.search import search

TRIED = 8


def questions(dataset_ids: Sequence[UUID], *, most: int, longest: int = 200) -> list[str]:
    """Those that the documents suggest; where none of them finds anything, all of them."""
    asked = [one for one in proposals.questions(dataset_ids, most=TRIED) if len(one) <= longest]
    return ([one for one in asked if is_answered(dataset_ids, one)] or asked)[:most]


def is_answered(dataset_ids: Sequence[UUID], question: str) -> bool:
    """Whether a search finds what is likely to answer. Where a provider would have to be asked for it, taken to be."""
    asked = search.ask(dataset_ids=dataset_ids, text=question, within={})
    return bool(asked.waiting) or search.find(asked, k=3, weights={}).relevant
