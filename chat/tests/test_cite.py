"""Marks made good, and their quotes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chat.turn import cite
from integrations.chatmodels.types import Passage

MARK = re.compile(r"\[(\d{1,3})\]")
SHIPPING = Passage(
    1, "Shipping Policy", "", "Orders are packed in Ohio. Orders over $50 ship free. Others ship for a flat $5.95."
)
EXPRESS = Passage(2, "Shipping Policy", "Express", "Express shipping costs $14.95. It delivers the next business day.")
RETURNS = Passage(3, "Returns", "", "You can return a product within 30 days. The label is in the parcel.")
PASSAGES = [SHIPPING, EXPRESS, RETURNS]


def test_each_mark_gets_the_sentence_that_supports_it() -> None:
    cited = cite.cite(text="Orders over $50 ship free [1]. Express costs $14.95. [2]", passages=PASSAGES)
    assert cited.text == "Orders over $50 ship free [1]. Express costs $14.95. [2]"
    assert [(quote.number, quote.passage, quote.text) for quote in cited.quotes] == [
        (1, 0, "Orders over $50 ship free."),
        (2, 1, "Express shipping costs $14.95."),
    ]


def test_marks_are_renumbered_by_appearance_without_holes() -> None:
    cited = cite.cite(text="Return it in 30 days [3]. It ships free [1]. The label is there [3].", passages=PASSAGES)
    assert cited.text == "Return it in 30 days [1]. It ships free [2]. The label is there [1]."
    assert [(quote.number, quote.passage) for quote in cited.quotes] == [(1, 2), (2, 0)]


def test_other_ways_to_write_marks_are_understood() -> None:
    cited = cite.cite(text="Free over $50 [1, 2]. Next day [^2]. Returned【3】.", passages=PASSAGES)
    assert cited.text == "Free over $50 [1][2]. Next day [2]. Returned[3]."


def test_marks_that_point_nowhere_are_dropped() -> None:
    cited = cite.cite(text="It ships free [1][9] and fast [42].", passages=PASSAGES)
    assert cited.text == "It ships free [1] and fast."
    assert [quote.number for quote in cited.quotes] == [1]


def test_what_closes_up_around_a_dropped_mark_is_no_mark_either() -> None:
    assert cite.cite(text="a [[9]8] b", passages=[]).text == "a b"


def test_an_answer_without_marks_is_marked_where_a_passage_says_it() -> None:
    cited = cite.cite(text="Express shipping costs $14.95. Have a nice day out there!", passages=PASSAGES)
    assert cited.text == "Express shipping costs $14.95 [1]. Have a nice day out there!"
    assert [quote.passage for quote in cited.quotes] == [1]


def test_an_answer_that_nothing_supports_has_no_quotes() -> None:
    cited = cite.cite(text="Whales are mammals of the deep sea.", passages=PASSAGES)
    assert (cited.text, cited.quotes) == ("Whales are mammals of the deep sea.", ())


def test_an_answer_in_another_language_keeps_its_marks() -> None:
    cited = cite.cite(text="超过50美元的订单免运费 [1]。", passages=PASSAGES)
    assert [quote.text for quote in cited.quotes] == ["Orders over $50 ship free."]


def test_marks_can_be_left_out_of_the_text() -> None:
    assert cite.without_marks("It ships free [1]. Express too [2, 1].") == "It ships free. Express too."


texts = st.text(alphabet=st.sampled_from("ab1234[],;^ .【】\n"), max_size=60) | st.text(max_size=60)
passages = st.lists(st.text(max_size=80), max_size=5).map(
    lambda found: [Passage(at + 1, "t", "", text) for at, text in enumerate(found)]
)


@given(texts, passages)
def test_every_mark_has_its_citation_and_numbers_run_from_one(text: str, shown: list[Passage]) -> None:
    cited = cite.cite(text=text, passages=shown)
    numbers = [quote.number for quote in cited.quotes]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {int(found[1]) for found in MARK.finditer(cited.text)} == set(numbers)
    assert len({quote.passage for quote in cited.quotes}) == len(numbers)
    assert all(0 <= quote.passage < len(shown) for quote in cited.quotes)


@given(texts)
def test_stripped_text_has_no_marks(text: str) -> None:
    assert MARK.search(cite.without_marks(text)) is None
