"""The rule that makes a follow-up stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.turn import followup
from integrations.chatmodels.types import Turn

SHIPPING = Turn("user", "What is your shipping policy?")
ANSWER = Turn("assistant", "Orders over $50 ship free [1].")


@pytest.mark.parametrize(
    ("question", "news"),
    [
        ("And what about express?", "express"),
        ("what about express", "express"),
        ("And to Canada?", "to Canada"),
        ("Express?", "Express"),
        ("How long does it take?", "How long does it take"),
        ("Why?", "Why"),
        ("For Hawaii?", "For Hawaii"),
        ("Und was ist mit Express?", "Express"),
        ("¿Y el envío exprés?", "el envío exprés"),
        ("Et pour le Canada ?", "le Canada"),
        ("А экспресс?", "экспресс"),
        ("那加拿大呢？", "加拿大"),
    ],
)
def test_a_follow_up_is_joined_to_the_question_before(question: str, news: str) -> None:
    alone = followup.standalone(question=question, history=[SHIPPING, ANSWER])
    assert alone == f"{news}: {SHIPPING.content}"


@pytest.mark.parametrize(
    "question",
    [
        "Do you ship to Canada?",
        "Refund policy?",
        "And how long does the refund usually take?",
        "Is it possible to return shoes after a month?",
        "¿Cuánto tarda el envío estándar?",
        "Wie lange dauert der Versand nach Kanada?",
        "如何退回有缺陷的产品并获得全额退款？",
        "Thanks a lot, that was really kind of you and it helped me find all of what I needed for today.",
    ],
)
def test_a_question_that_says_what_it_is_about_stays(question: str) -> None:
    assert followup.standalone(question=question, history=[SHIPPING, ANSWER]) == question


def test_nothing_is_joined_without_a_turn_before() -> None:
    assert followup.standalone(question="And what about express?", history=[]) == "And what about express?"
    assert followup.standalone(question="And express?", history=[ANSWER]) == "And express?"


def test_a_second_follow_up_reaches_back_to_the_question_that_stands_alone() -> None:
    history = [SHIPPING, ANSWER, Turn("user", "And what about express?"), ANSWER]
    assert followup.standalone(question="And to Canada?", history=history) == f"to Canada: {SHIPPING.content}"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_passes(question: str, earlier: str) -> None:
    alone = followup.standalone(question=question, history=[Turn("user", earlier)])
    assert alone == question or alone.endswith(earlier.strip())
