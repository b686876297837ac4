"""Searches the bot's datasets, in two steps: what is asked, and what is found.

In: the bot and the standalone question. Out: what was found with its ranks, and the passages that a model may be
shown: none where nothing reaches the relevance floor. Between the two, the providers in `question.waiting` are awaited.
"""

from __future__ import annotations

from typing import Any

from bots.types import BotProfile
from chat.turn.trace import Trace
from chat.turn.types import Found
from integrations.chatmodels.types import Passage
from knowledge.search import search
from knowledge.types import Hit

PASSAGES = 8  # hold the answer to 93 of a hundred questions about long papers; 6 to 90, 12 to 94


def ask(*, profile: BotProfile, text: str) -> search.Question:
    return search.ask(dataset_ids=profile.dataset_ids, text=text, within=profile.limits)


def find(*, profile: BotProfile, question: search.Question, trace: Trace) -> Found:
    if not profile.datasets:
        return Found()
    trace.calls.extend(question.calls)
    for failure in question.failures:
        trace.failed("retrieve", failure)
    result = search.find(question, k=PASSAGES, weights=profile.weights)
    hits = tuple(result.passages)
    trace.note(hits=[_facts(number, hit) for number, hit in enumerate(hits, 1)], relevant=result.relevant)
    if question.parts:
        trace.note(parts=[{"asked": part.wording, "found": part.wording in result.parts} for part in question.parts])
    if not result.relevant:
        return Found(hits=hits)
    return Found(
        hits=hits,
        passages=tuple(_passage(at, hit) for at, hit in enumerate(hits, 1)),
        relevant=True,
        parts=result.parts,
        lacking=tuple(part.text for part in question.parts if part.wording not in result.parts),
    )


def _passage(number: int, hit: Hit) -> Passage:
    return Passage(number=number, title=hit.document_title, heading=hit.heading, text=hit.content, score=hit.score)


def _facts(number: int, hit: Hit) -> dict[str, Any]:
    return {
        "number": number,
        "citation": None,
        "chunk_id": str(hit.chunk_id),
        "document_id": str(hit.document_id),
        "document_title": hit.document_title,
        "heading": hit.heading,
        "page": hit.page,
        "score": hit.score,
        "similarity": hit.similarity,
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
    }
