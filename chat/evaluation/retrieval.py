"""How well the passages are found: each question searched over the whole of its corpus.

A document counts where its first chunk stands in the ranking. In long documents that says little, so for questions
whose answer is known there, the chunks are ranked themselves, and the first that holds it counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from chat.evaluation import metrics, tables, words
from chat.evaluation.details import Details
from chat.evaluation.types import Corpus, Part, Question, Row, Table
from knowledge.search import search
from knowledge.types import Hit

LONG: Final = 5_000  # characters of a document, from which on finding it says little
PASSAGES: Final = ", passages"
PARTS: Final = (2, 8)  # a bot's model is shown eight passages
DEEP: Final = 50  # chunks, so that ten documents are among them
NOTE: Final = (
    "recall@k is the share of questions with a relevant document among the first k; stackfaq is indexed without its "
    "titles; `passages` ranks the chunks of long documents, by whether they hold the answer; `all parts@k`: of a "
    "question that asks several things, each that has an answer finds it among the first k passages."
)


def table(corpora: Iterable[Corpus], *, details: Details) -> Table:
    found = [row for corpus in corpora for row in _rows(corpus, details)]
    whole = [row for row in found if not row.name.endswith(PASSAGES)]
    passages = [row for row in found if row.name.endswith(PASSAGES)]
    return Table("retrieval", "Retrieval", (*tables.with_all(whole), *passages), NOTE)


def places(hits: Sequence[Hit], *, relevant: frozenset[UUID]) -> list[int]:
    """Where relevant documents stand among the documents."""
    order = list(dict.fromkeys(hit.document_id for hit in hits))
    return [place for place, document in enumerate(order, 1) if document in relevant]


def _rows(corpus: Corpus, details: Details) -> list[Row]:
    name = corpus.questions.name
    long = {text.id: text.text for text in corpus.questions.texts if len(text.text) > LONG}
    found: dict[str, dict[str, float]] = {}
    in_chunks: dict[str, dict[str, float]] = {}
    spent = []
    for question in (each for each in corpus.questions.questions if each.answerable):
        began = time.perf_counter()
        hits = search.search(dataset_ids=corpus.datasets, query=question.text, k=DEEP, weights=corpus.weights).passages
        spent.append((time.perf_counter() - began) * 1000)
        relevant = corpus.relevant(question)
        stands = places(hits, relevant=relevant)
        found[question.id] = metrics.ranking(stands, relevant=len(relevant)) | _of_parts(hits, question, corpus)
        chunks = None
        if any(words.hold(long[name], question.answers) for name in question.documents & long.keys()):
            chunks = _chunk_places(hits, question, relevant)
            in_chunks[question.id] = metrics.ranking(chunks, relevant=1)
        details.add("retrieval", name, _facts(question, stands, chunks, hits))
    latency = {"p50 ms": metrics.percentile(spent, 0.5), "p95 ms": metrics.percentile(spent, 0.95)}
    rows = [Row(name, tables.by_measure(found), {**_size(corpus), **latency})] if found else []
    return rows + ([Row(f"{name}{PASSAGES}", tables.by_measure(in_chunks), _size(corpus))] if in_chunks else [])


def _of_parts(hits: Sequence[Hit], question: Question, corpus: Corpus) -> dict[str, float]:
    """Of a question that asks several things: whether each that has an answer finds it among the first."""
    asked = [part for part in question.parts if part.documents]

    def finds(part: Part, hit: Hit) -> bool:
        there = {corpus.documents.get(name) for name in part.documents}
        return hit.document_id in there and (not part.answers or words.hold(hit.content, part.answers))

    return {
        f"all parts@{cut}": float(all(any(finds(part, hit) for hit in hits[:cut]) for part in asked))
        for cut in (PARTS if asked else ())
    }


def _chunk_places(hits: Sequence[Hit], question: Question, relevant: frozenset[UUID]) -> list[int]:
    """The first chunk that holds the answer: overlapping ones that hold it again are no second find."""
    for place, hit in enumerate(hits, 1):
        if hit.document_id in relevant and words.hold(hit.content, question.answers):
            return [place]
    return []


def _size(corpus: Corpus) -> dict[str, float]:
    return {"documents": len(set(corpus.documents.values()))}


def _facts(question: Question, stands: list[int], chunks: list[int] | None, hits: Sequence[Hit]) -> dict[str, Any]:
    best = [
        {
            "document": hit.document_title, "heading": hit.heading, "similarity": hit.similarity,
            "coverage": hit.coverage, "dense_rank": hit.dense_rank, "lexical_rank": hit.lexical_rank,
            "score": hit.score,
        }
        for hit in hits[: metrics.DEPTH]
    ]  # fmt: skip
    return {
        "id": question.id, "question": question.text, "expected": sorted(question.documents), "places": stands,
        "chunk_places": chunks, "hits": best,
    }  # fmt: skip
