"""How well a question that leans on the talk finds its passage: as it stands, as the rule rewrites it, and as a person
did, which is the most that rewriting can bring. And whether the rule knows which questions lean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from chat.evaluation import metrics, retrieval, tables
from chat.evaluation.details import Details
from chat.evaluation.types import Corpus, Row, Table, Talk
from chat.turn import followup
from knowledge.search import search

CUT: Final = 5
LEANS, STANDS = "leans", "stands alone"
NOTE: Final = (
    f"recall@{CUT}, as asked, as the rule rewrites it and as a person did, on the talks that are `searched`. `leans "
    "right`: whether the rule knows that a question needs the talk before it; precision, recall and F1 are its, over "
    "all talks of which that is known."
)


def table(talks: Mapping[str, Sequence[Talk]], corpora: Mapping[str, Corpus], *, details: Details) -> Table:
    """`corpora` are those of the talks, by the same names; talks without one are only asked whether they lean."""
    rows = [_row(name, given, corpora.get(name), details) for name, given in talks.items()]
    return Table("followup", "Follow-ups", tuple(rows), NOTE)


def _row(name: str, talks: Sequence[Talk], corpus: Corpus | None, details: Details) -> Row:
    found: dict[str, dict[str, float]] = {}
    searched = {question.id for question in corpus.questions.questions} if corpus else set()
    leaning: dict[str, tuple[str, str]] = {}
    for talk in talks:
        said = LEANS if followup.leans(talk.question) else STANDS
        facts: dict[str, Any] = {"id": talk.id, "question": talk.question, "leans": said == LEANS}
        if talk.needs_history is not None:
            leaning[talk.id] = (LEANS if talk.needs_history else STANDS, said)
        if corpus and talk.id in searched:
            relevant, ways = _relevant(talk, corpus), _ways(talk)
            places = {way: _places(text, corpus, relevant) for way, text in ways.items()}
            found[talk.id] = {way: metrics.recall(stands, cut=CUT) for way, stands in places.items()}
            facts |= {"expected": sorted(talk.documents), "ways": ways, "places": places}
        details.add("followup", name, facts | {"needs_history": talk.needs_history})
    right = {"leans right": {case: float(expected == said) for case, (expected, said) in leaning.items()}}
    scores = metrics.scores(metrics.confusion(leaning.values()), label=LEANS) if leaning else {}
    measures = {**tables.by_measure(found), **(right if leaning else {})}
    return Row(name, measures, {**scores, **({"searched": len(found)} if found else {})})


def _ways(talk: Talk) -> dict[str, str]:
    rule = followup.standalone(question=talk.question, history=talk.history)
    return {"as asked": talk.question, "rule": rule, "person": talk.standalone or talk.question}


def _relevant(talk: Talk, corpus: Corpus) -> frozenset[UUID]:
    return frozenset(corpus.documents[name] for name in talk.documents if name in corpus.documents)


def _places(text: str, corpus: Corpus, relevant: frozenset[UUID]) -> list[int]:
    hits = search.search(dataset_ids=corpus.datasets, query=text, k=retrieval.DEEP).passages
    return retrieval.places(hits, relevant=relevant)
