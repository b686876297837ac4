"""Words while they are said: the same as those of the finished answer, however the model's pieces are cut."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.turn import cite, live
from integrations.chatmodels.types import Passage

KNOWN = (1, 2, 3)
PASSAGES = [Passage(number, "t", "", f"Words of passage {number}.") for number in KNOWN]


def said(*pieces: str, known: Sequence[int] = KNOWN, bare: bool = False, hold: bool = False) -> list[str]:
    heard: list[str] = []
    talk = live.Live(heard.append, known=known, bare=bare, hold=hold)
    for piece in pieces:
        talk.hear(piece)
    talk.end()
    assert all(heard)  # nobody is woken for nothing
    return heard


def spoken(*pieces: str, known: Sequence[int] = KNOWN, bare: bool = False, hold: bool = False) -> str:
    return "".join(said(*pieces, known=known, bare=bare, hold=hold))


def test_words_are_said_as_they_come() -> None:
    assert said("Orders", " over", " $50", " ship free [1].") == ["Orders", " over", " $50", " ship free [1]."]


def test_marks_are_renumbered_by_their_first_appearance() -> None:
    assert spoken("Return it [3]. It is free [1], as I said [3].") == "Return it [1]. It is free [2], as I said [1]."


def test_marks_that_point_nowhere_are_dropped_with_the_blanks_before_them() -> None:
    assert spoken("It is free [1] [9] and fast  [42]. Always [7]!") == "It is free [1] and fast. Always!"
    assert spoken("[9] It is free [1].") == "It is free [1]."
    assert spoken("It is free [1].\n\n[9]") == "It is free [1]."


def test_a_bot_that_shows_no_marks_says_none() -> None:
    assert spoken("It is free [1], and fast [2, 3] too [9].\n\n[1]", bare=True) == "It is free, and fast too."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a [1, 3].", "a [1][2]."),
        ("a [3;1] b", "a [1][2] b"),
        ("a [^2].", "a [1]."),
        ("a [ 2 ].", "a [1]."),
        ("a【2†source】.", "a[1]."),
        ("a【3】", "a[1]"),
        ("a [1, 9].", "a [1]."),
        ("a [02].", "a [1]."),
    ],
)
def test_marks_may_be_written_in_other_ways(written: str, shown: str) -> None:
    assert spoken(written) == shown
    assert spoken(*written) == shown


@pytest.mark.parametrize(
    "text", ["see [", "see [12", "see [1, 2", "see 【2†sou", "see [the docs", "a [link](b) c", "[["]
)
def test_what_never_becomes_a_mark_is_said_in_the_end(text: str) -> None:
    assert spoken(*text) == text


def test_a_bracket_that_can_be_no_mark_holds_nothing_back() -> None:
    heard: list[str] = []
    talk = live.Live(heard.append, known=KNOWN)
    talk.hear("see [the docs")
    assert heard == ["see [the docs"]


def test_a_possible_mark_is_held_back_until_it_is_one() -> None:
    heard: list[str] = []
    talk = live.Live(heard.append, known=KNOWN)
    talk.hear("free [")
    talk.hear("3")
    assert heard == ["free"]
    talk.hear("] now")
    assert heard == ["free", " [1] now"]


def test_a_mark_is_found_behind_a_bracket_that_never_closed() -> None:
    text = "[" + "1" * 80 + " and more [3]."
    assert spoken(text) == spoken(*text) == text.replace("[3]", "[1]")


def test_what_is_too_long_for_a_mark_is_none_however_it_comes() -> None:
    text = "a [1" + " " * 80 + "] b [2]"
    assert spoken(text) == spoken(*text) == text.replace("[2]", "[1]")


def test_who_holds_says_nothing_before_the_first_supported_mark() -> None:
    heard: list[str] = []
    talk = live.Live(heard.append, known=KNOWN, hold=True)
    for piece in ("Whales are", " mammals [9].", " Orders ship", " free ["):
        talk.hear(piece)
    assert heard == []
    talk.hear("2].")
    assert heard == ["Whales are mammals. Orders ship free [1]."]
    talk.hear(" Gladly.")
    assert heard[1:] == [" Gladly."]


def test_who_holds_leaves_an_unsupported_answer_unsaid_and_another_does_not() -> None:
    assert said("Whales are mammals", " [9].", hold=True) == []
    assert spoken("Whales are mammals", " [9].") == "Whales are mammals."


def test_a_bot_without_marks_holds_for_them_all_the_same() -> None:
    assert spoken("Orders ship free [2].", hold=True, bare=True) == "Orders ship free."
    assert spoken("Orders ship free.", hold=True, bare=True) == ""


def test_an_answer_begins_and_ends_with_a_word() -> None:
    assert said("\n", " Orders", " ship. ", "\n") == ["Orders", " ship."]


texts = st.text(alphabet=st.sampled_from("ab1234[],;^ .!【】†\n\t"), max_size=200) | st.text(max_size=60)


@st.composite
def cut(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]


@given(cut(), st.booleans(), st.booleans())
def test_however_a_text_is_cut_the_same_words_come_out(pieces: list[str], bare: bool, hold: bool) -> None:
    text = "".join(pieces)
    whole = spoken(text, bare=bare, hold=hold)
    assert spoken(*pieces, bare=bare, hold=hold) == whole
    assert spoken(*text, bare=bare, hold=hold) == whole


words = st.text(alphabet=st.sampled_from("ab $5.,:;!?[]()\n\té送"), max_size=12)
marks = st.sampled_from(["[1]", "[2]", "[3]", "[1, 3]", "[^2]", "【2†x】", "【3】", "[ 1 ;2]"])


@given(st.lists(words | marks, max_size=20).map("".join), marks, st.booleans())
def test_where_all_marks_are_known_the_finished_answer_says_the_same(text: str, mark: str, bare: bool) -> None:
    """With a mark at least: an answer without any is given some once it is whole."""
    text += mark
    finished = cite.cite(text=text, passages=PASSAGES).text
    assert spoken(*text, bare=bare) == (cite.without_marks(finished) if bare else finished)
    assert spoken(*text, bare=bare, hold=True) == spoken(*text, bare=bare)
