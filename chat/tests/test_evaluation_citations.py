"""How an answer's citations are judged, on answers as a turn leaves them."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from bots.types import Verdict
from chat.evaluation.citations import ANSWERABLE, Asked, right_document, supported
from chat.evaluation.types import Question
from chat.turn.types import Answer, Found, Quote, Said
from knowledge.types import Hit

RIGHT, WRONG = uuid4(), uuid4()
PASSAGE = "Express shipping costs $14.95 per order.\nIt delivers on the next business day. Hawaii is left out."


def _hit(document: UUID) -> Hit:
    return Hit(
        chunk_id=uuid4(), document_id=document, document_title="Shipping", dataset_id=uuid4(), content=PASSAGE,
        page=None, heading="", start=0, end=len(PASSAGE), score=1.0, similarity=0.9, coverage=1.0, dense_rank=1,
        lexical_rank=1,
    )  # fmt: skip


def _asked(text: str, *quotes: tuple[int, int, str], answers: tuple[str, ...] = ()) -> Asked:
    """`quotes` are number, passage and words."""
    said = Said(
        text=text,
        verdict=Verdict(action="allow", kind="unlisted"),
        quotes=tuple(Quote(*quote) for quote in quotes),
        found=Found(hits=(_hit(RIGHT), _hit(WRONG)), relevant=True),
    )
    answer = Answer(
        id=uuid4(), conversation_id=uuid4(), session_id="s", bot_id=uuid4(), created_at=timezone.now(), said=said,
        latency_ms={"total": 1},
    )  # fmt: skip
    question = Question("q", "What does express shipping cost?", frozenset({"d"}), answers)
    return Asked(question, ANSWERABLE, frozenset({RIGHT}), answer)


def test_a_citation_is_right_where_its_passage_is_of_a_document_that_answers() -> None:
    asked = _asked("It costs $14.95 [1]. No [2].", (1, 0, "x"), (2, 1, "y"))
    assert right_document(asked) == 0.5


@pytest.mark.parametrize(
    ("text", "quote", "is_supported"),
    [
        ("Express shipping costs $14.95 per order. [1]", "Express shipping costs $14.95 per order.", True),
        ("EXPRESS shipping costs  $14.95 per order [1].", "Express shipping costs $14.95 per order.", True),
        ("Express shipping costs $14.95 per order. [1]", "Express shipping costs $14.95 per pallet.", False),
        ("Express shipping costs $14.95 per order. [1]", "It delivers on the next business day.", False),
        ("Two things. [1] Hawaii is left out. [1]", "Hawaii is left out.", True),
        ("Express shipping costs $14.95 per order. [1]", "Express shipping costs $14.95…", True),
    ],
)
def test_a_quote_supports_what_it_holds_word_for_word(text: str, quote: str, is_supported: bool) -> None:
    assert supported(_asked(text, (1, 0, quote))) == is_supported


def test_a_quote_with_the_known_answer_supports_what_was_put_in_other_words() -> None:
    quote = (1, 0, "Express shipping costs $14.95 per order.")
    assert supported(_asked("You pay a little less than fifteen dollars [1].", quote)) == 0
    assert supported(_asked("You pay a little less than fifteen dollars [1].", quote, answers=("$14.95",))) == 1


def test_marks_side_by_side_share_their_sentence() -> None:
    sentence = "Hawaii is left out."
    assert supported(_asked(f"{sentence} [1][2]", (1, 0, sentence), (2, 1, sentence))) == 1
