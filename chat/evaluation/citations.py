"""Whole turns with the bot's provider: whether the answer is there, whether what is cited says so, and whether a bot
that has not got the answer says that it does not know.

The bot answers from one half of a corpus. Questions about the other half are those that it cannot answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asgiref.sync import async_to_sync

from bots import selectors as bots
from bots.types import BotProfile
from chat import tokens
from chat.evaluation import metrics, tables, words
from chat.evaluation.details import Details
from chat.evaluation.types import Corpus, Part, Question, Row, Table, Values
from chat.models import Conversation
from chat.turn import cite, opening, pipeline, quotes
from chat.turn.types import Answer, Quote
from integrations.errors import ProviderError

ANSWERABLE, UNKNOWN, NEAR = "answerable", "unknown", "near"
NOTE: Final = (
    "Of the questions that can be answered: `answered`; `has answer`: the known answer stands in what is said; `answer "
    "words`: the share of its words that do; `all parts`: of a question that asks several things, all answers that are "
    "there do; `quotes answer`: it stands in a quote. Of the quotes: `right document`; "
    "`supported`: stands in the passage word for word and holds what it is attached to, or the known answer. `says "
    "unknown`: of the questions whose documents the bot has not got; `near`: of those whose document it has, but "
    "without the answer."
)
_MARK = re.compile(r"\[(\d{1,3})\]")
_EDGES: Final = " \t\n.!?…。！？؟।|*-–•\"'“”„«»"
_LEAST: Final = 2  # characters that are left between two marks to be a sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """`case`: whether its document is there with the answer, is not there, or is there without it. `parts` are those
    that are there, of a question that asks several things."""

    question: Question
    case: str
    relevant: frozenset[UUID]
    answer: Answer | None
    failure: str = ""
    parts: Sequence[Part] = ()

    @property
    def quotes(self) -> Sequence[Quote]:
        return self.answer.said.quotes if self.answer else ()

    @property
    def text(self) -> str:
        return self.answer.said.text if self.answer else ""


def table(corpora: Iterable[Corpus], bot_of: Callable[[Corpus], UUID], *, details: Details) -> Table:
    rows = [_row(corpus, bots.profile(bot_of(corpus)), details) for corpus in corpora]
    return Table("citations", "Citations", tables.with_all([row for row in rows if row.measures]), NOTE)


def _row(corpus: Corpus, profile: BotProfile, details: Details) -> Row:
    name = corpus.questions.name
    asked = []
    for question in corpus.questions.questions:
        each = _ask(question, corpus, profile)
        details.add("citations", name, _facts(each))
        asked.append(each)
    measures = {measure: values for measure, values in _measures(asked).items() if values}
    return Row(name, measures, _figures(asked))


def _measures(asked: Sequence[Asked]) -> dict[str, Values]:
    answerable, unknown, near = (
        [each for each in asked if each.case == case and not each.failure] for case in (ANSWERABLE, UNKNOWN, NEAR)
    )
    known = [each for each in answerable if each.question.answers]
    quoting = [each for each in answerable if each.quotes]
    return {
        "answered": _values(answerable, lambda each: bool(each.quotes)),
        "has answer": _values(known, lambda each: words.hold(cite.without_marks(each.text), each.question.answers)),
        "answer words": _values(known, lambda each: words.share(each.text, each.question.answers)),
        "all parts": _values([each for each in answerable if len(each.parts) > 1], _says_all_parts),
        "quotes answer": _values(known, lambda each: _any_holds(each.quotes, each.question)),
        "right document": _values(quoting, right_document),
        "supported": _values(quoting, supported),
        "says unknown": _values(unknown, lambda each: not each.quotes),
        "near": _values(near, lambda each: not each.quotes),
    }


def _says_all_parts(asked: Asked) -> bool:
    return all(words.hold(cite.without_marks(asked.text), part.answers) for part in asked.parts)


def _figures(asked: Sequence[Asked]) -> dict[str, float]:
    spent = [each.answer.latency_ms["total"] for each in asked if each.answer]
    failed = sum(1 for each in asked if each.failure)
    return {
        "unknown": sum(1 for each in asked if each.case == UNKNOWN),
        "p50 ms": metrics.percentile(spent, 0.5),
        "p95 ms": metrics.percentile(spent, 0.95),
        **({"failed": failed} if failed else {}),
    }


def right_document(asked: Asked) -> float:
    """The share of the quotes whose passage is of a document that answers."""
    return metrics.mean(float(hit.document_id in asked.relevant) for hit in _cited(asked))


def supported(asked: Asked) -> float:
    """The share of the quotes that stand in their passage and hold what they are attached to."""
    attached = _attached(asked.text)
    return metrics.mean(
        float(
            _is_verbatim(quote, hit.content)
            and (_holds_any(quote, attached.get(quote.number, ())) or words.hold(quote.text, asked.question.answers))
        )
        for quote, hit in zip(asked.quotes, _cited(asked), strict=True)
    )


def _ask(question: Question, corpus: Corpus, profile: BotProfile) -> Asked:
    relevant = corpus.relevant(question)
    here = [name for name in question.documents if name in corpus.documents and name not in corpus.withheld]
    parts = [part for part in question.parts if part.answers and not part.documents.isdisjoint(here)]
    case = UNKNOWN if not here else ANSWERABLE if question.answerable else NEAR
    turn = opening.efficient(
        profile=profile, message=question.text, session_id=None, context_limit=0, metadata={"source": "evaluation"}
    )
    try:
        answer = async_to_sync(pipeline.run)(begun=pipeline.begin(turn))
        return Asked(question, case, relevant, answer, parts=parts)
    except ProviderError as error:
        return Asked(question, case, relevant, None, error.code)
    finally:  # what models cost stays in the ledger; the talk is nobody's
        Conversation.objects.filter(session_hash=tokens.hash_of(turn.session_id)).delete()


def _cited(asked: Asked) -> list[Any]:
    assert asked.answer is not None
    hits = asked.answer.said.found.hits
    return [hits[quote.passage] for quote in asked.quotes]


def _attached(text: str) -> dict[int, list[str]]:
    """For every mark, what stands before it, back to the mark before; marks side by side share it."""
    found: dict[int, list[str]] = {}
    said, begin = "", 0
    for mark in _MARK.finditer(text):
        between = text[begin : mark.start()].strip(_EDGES)
        said = between if len(between) >= _LEAST else said
        found.setdefault(int(mark[1]), []).append(said)
        begin = mark.end()
    return found


def _holds_any(quote: Quote, said: Iterable[str]) -> bool:
    """A quote that was cut at its end holds what it was cut from."""
    held = words.plain(_uncut(quote.text))
    return any(words.plain(each).strip(_EDGES) in held or held in words.plain(each) for each in said if each)


def _is_verbatim(quote: Quote, passage: str) -> bool:
    held = words.plain(passage)
    return all(words.plain(_uncut(part)) in held for part in quote.text.split(quotes.APART))


def _uncut(quote: str) -> str:
    return quote.removesuffix("…").strip()


def _any_holds(quotes: Sequence[Quote], question: Question) -> bool:
    return any(words.hold(quote.text, question.answers) for quote in quotes)


def _values(asked: Iterable[Asked], value: Callable[[Asked], float]) -> Values:
    return {each.question.id: float(value(each)) for each in asked}


def _facts(asked: Asked) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": asked.question.id, "question": asked.question.text, "case": asked.case,
        "expected": sorted(asked.question.documents), "answers": list(asked.question.answers),
    }  # fmt: skip
    if asked.answer is None:
        return facts | {"failure": asked.failure}
    said = asked.answer.said
    quotes = [{"number": quote.number, "text": quote.text} for quote in said.quotes]
    best = said.found.hits[0] if said.found.hits else None
    return facts | {
        "said": said.text, "quotes": quotes, "relevant": said.found.relevant, "reason": said.verdict.reason,
        "verdict": said.verdict.kind, "best": best and {"similarity": best.similarity, "coverage": best.coverage},
    }  # fmt: skip
