"""Marks made good, sentence by sentence, and the quotes under them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.turn import cite, marks, support
from chat.turn.cite import Cited
from chat.turn.support import Doubtful
from integrations.chatmodels import words
from integrations.chatmodels.types import Passage

SHIPPING = Passage(
    1, "Shipping Policy", "", "Orders are packed in Ohio. Orders over $50 ship free. Others ship for a flat $5.95."
)
EXPRESS = Passage(
    2, "Shipping Policy", "Express",
    "Express shipping costs $14.95. It delivers the next business day. Express is not available to Hawaii.",
)  # fmt: skip
RETURNS = Passage(3, "Returns", "", "You can return a product within thirty days. The label is in the parcel.")
PASSAGES = [SHIPPING, EXPRESS, RETURNS]


def cited(text: str, *, passages: Sequence[Passage] = PASSAGES, strict: bool = True, cosine: float = 0.0) -> Cited:
    """With an embedder that finds everything equally alike."""
    sources = support.of(passages)
    known = frozenset().union(*(source.held for source in sources))
    return cite.cite(
        text, sources=sources, known=known, near=lambda _, others: [cosine] * len(others), strict=strict
    )  # fmt: skip


def quotes(found: Cited) -> list[tuple[int, str]]:
    return [(one.number, PASSAGES[one.passage].text[one.start : one.end]) for one in found.supports]


def test_a_mark_stays_where_its_passage_says_the_sentence() -> None:
    found = cited("Orders over $50 ship free [1].")
    assert (found.text, found.kind) == ("Orders over $50 ship free [1].", "supported")
    assert quotes(found) == [(1, "Orders over $50 ship free.")]


def test_a_mark_moves_to_the_passage_that_says_it() -> None:
    found = cited("Express shipping costs $14.95 [3].")
    assert (found.text, quotes(found)) == (
        "Express shipping costs $14.95 [2].",
        [(2, "Express shipping costs $14.95.")],
    )


def test_a_mark_goes_where_no_passage_says_it() -> None:
    assert cited("The moon is made of cheese [1].").kind == "unsupported"
    assert cited("The moon is made of cheese [1].", strict=False).text == "The moon is made of cheese."


def test_of_several_marks_those_stay_that_support() -> None:
    assert cited("Orders over $50 ship free [1][3].").text == "Orders over $50 ship free [1]."
    assert cited("Orders over $50 ship free [1, 9].").text == "Orders over $50 ship free [1]."


def test_each_part_of_a_sentence_has_its_own_source() -> None:
    found = cited("Orders over $50 ship free [1], and express shipping costs $14.95 [2].")
    assert found.text == "Orders over $50 ship free [1], and express shipping costs $14.95 [2]."
    assert quotes(found) == [(1, "Orders over $50 ship free."), (2, "Express shipping costs $14.95.")]


def test_two_passages_may_support_a_sentence_together() -> None:
    found = cited("Orders over $50 ship free and express shipping costs $14.95 [1][2].")
    assert (found.kind, [one.number for one in found.supports]) == ("supported", [1, 2])


def test_a_sentence_without_a_mark_gets_one_where_a_passage_says_it() -> None:
    assert cited("Express shipping costs $14.95.").text == "Express shipping costs $14.95 [2]."
    assert cited("Express shipping costs $14.95.", strict=False).text == "Express shipping costs $14.95 [2]."


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Orders over $50 ship free [1].", "Orders over $40 ship free [1]."),
        ("Others ship for a flat $5.95 [1].", "Others ship for a flat $5.59 [1]."),
        ("You can return a product within 30 days [3].", "You can return a product within 31 days [3]."),
        ("Express is not available to Hawaii [2].", "Express is available to Hawaii [2]."),
        ("Express shipping costs $14.95 [2].", "Express shipping never costs $14.95 [2]."),
        ("All orders are packed in Ohio [1].", "All orders are packed in Texas [1]."),
    ],
)
def test_a_figure_a_denial_or_a_name_makes_the_difference(right: str, wrong: str) -> None:
    assert cited(right, cosine=1.0).kind == "supported"
    assert cited(wrong, cosine=1.0).kind == "unsupported"


def test_other_words_for_the_same_are_settled_by_meaning() -> None:
    text = "With express shipping it arrives on the next working day [2]."
    assert cited(text, cosine=0.95).kind == "supported"
    assert cited(text, cosine=0.5).kind == "unsupported"


def test_so_is_another_language_than_the_passages() -> None:
    text = "Los pedidos de más de 50 dólares se envían gratis a todos los clientes [1]."
    assert cited(text, cosine=0.9).kind == "supported"
    assert cited(text, cosine=0.8).kind == "unsupported"
    assert cited(text.replace("50", "40"), cosine=0.9).kind == "unsupported"


def test_without_an_embedder_the_doubtful_is_not_settled() -> None:
    sources = support.of(PASSAGES)
    with pytest.raises(Doubtful):
        cite.cite("With express shipping it arrives on the next working day [2].", sources=sources,
                  known=frozenset(), near=None)  # fmt: skip
    plain = cite.cite("Orders over $50 ship free [1].", sources=sources, known=frozenset(), near=None)
    assert plain.kind == "supported"


@pytest.mark.parametrize(
    "text",
    ["Hello!", "Sure, gladly.", "Here are the costs:", "## Shipping",
     "Which order do you mean?", "Is there anything else?",
     "I could not find this in the documents.", "The documents do not mention gift cards.", "Have a nice day!",
     "Das habe ich in den Unterlagen nicht gefunden.", "申し訳ありませんが、見つかりませんでした。", "---", "1."],
)  # fmt: skip
def test_what_claims_nothing_needs_no_source(text: str) -> None:
    assert (cited(text).kind, cited(text).text) == ("idle", text)


@pytest.mark.parametrize(
    "text",
    ["Whales are mammals of the deep sea.", "We do not have any shops in Germany.",
     "Our documents do not allow refunds.",
     "Sure, you get all your money back in cash.", "Did you know that Jane Roe was arrested?",
     "Hello, I am Bob of Initech!",
     "Feel free to call 555-0199.", "鲸鱼是深海的哺乳动物。"],
)  # fmt: skip
def test_what_claims_something_does(text: str) -> None:
    assert cited(text).kind == "unsupported"


def test_scripts_without_spaces_are_compared_too() -> None:
    passages = [Passage(1, "配送", "", "超过50美元的订单免运费。快递费用为14.95美元。")]
    assert cited("超过50美元的订单免运费 [1]。", passages=passages).kind == "supported"
    assert cited("超过60美元的订单免运费 [1]。", passages=passages).kind == "unsupported"


def test_other_ways_to_write_marks_are_understood() -> None:
    assert cited("Orders over $50 ship free【1†source】.").text == "Orders over $50 ship free[1]."
    assert cited("Orders over $50 ship free [^1].").text == "Orders over $50 ship free [1]."


def test_marks_can_be_left_out_of_the_text() -> None:
    assert cite.without_marks("It ships free [1]. Express too [2, 1].") == "It ships free. Express too."
    assert cite.without_marks("a [[9]8] b") == "a b"


texts = st.text(alphabet=st.sampled_from("ab1234[],;^ .【】\n"), max_size=60) | st.text(max_size=60)
passages = st.lists(st.text(max_size=80), max_size=5).map(
    lambda found: [Passage(at + 1, "t", "", text) for at, text in enumerate(found)]
)


@given(texts, passages, st.booleans())
def test_every_mark_has_its_quote_and_every_quote_stands_in_its_passage(
    text: str, shown: list[Passage], strict: bool
) -> None:
    found = cited(text, passages=shown, strict=strict)
    numbers = {number for segment in marks.segments(found.text) for number in segment.numbers}
    if found.kind != "idle":
        assert {one.number for one in found.supports} <= numbers | {one.number for one in found.supports}
    for one in found.supports:
        assert 0 <= one.start < one.end <= len(shown[one.passage].text)
        assert shown[one.passage].number == one.number


@given(texts)
def test_stripped_text_has_no_marks(text: str) -> None:
    assert marks.ONE.search(cite.without_marks(text)) is None


def test_words_of_scripts_with_vowel_signs_stay_whole() -> None:
    assert words.content("हिन्दी भाषा") == ["हिन्दी", "भाषा"]
