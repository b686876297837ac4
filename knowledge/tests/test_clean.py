"""Cleaning loses noise and nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingest.clean import clean, collapse, printable
from knowledge.ingest.types import Block, Extracted


def pages(*texts: str) -> Extracted:
    blocks = tuple(Block("paragraph", text, page=number) for number, text in enumerate(texts, start=1))
    return Extracted(blocks, pages=len(texts), lines=True)


def texts(extracted: Extracted) -> list[str]:
    return [block.text for block in clean(extracted).blocks]


FILLER = "a line of the text that fills the whole width of the page"


def test_running_lines_go_and_text_stays() -> None:
    document = pages(
        *(f"Acme handbook\n{FILLER} {word}.\n{number} of 4" for number, word in enumerate("abcd", start=1))
    )
    assert texts(document) == [f"{FILLER} {word}." for word in "abcd"]


def test_a_line_on_two_pages_is_not_a_running_line() -> None:
    assert texts(pages("Notice\nOne.", "Notice\nTwo."))[0].startswith("Notice")


def test_numbers_that_do_not_follow_the_page_are_text() -> None:
    document = pages(*(f"{FILLER}\nTotal {total}" for total in (17, 3, 90)))
    assert [text.rsplit(" ", 1)[1] for text in texts(document)] == ["17", "3", "90"]


def test_page_numbers_go_wherever_counting_begins() -> None:
    document = pages(*(f"{number}\n{FILLER} {word}." for number, word in ((9, "a"), (10, "b"), (11, "c"))))
    assert texts(document) == [f"{FILLER} {word}." for word in "abc"]


def test_a_repeated_heading_is_kept_once() -> None:
    blocks = []
    for page in (1, 2, 3):
        blocks += [
            Block("heading", "Leave", 1, page),
            Block("paragraph", f"Text of page {'abc'[page - 1]}.", page=page),
        ]
    kept = clean(Extracted(tuple(blocks), pages=3, lines=True)).blocks
    assert [block.text for block in kept if block.kind == "heading"] == ["Leave"]
    assert sum(block.kind == "paragraph" for block in kept) == 3


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("the quick brown fox jumps over the lazy dog and runs a-\nway from here.", "away"),
        ("a dual-encoder beats another when it is trained as a dual-\nencoder.", "dual-encoder."),
        ("the long term and the short term differ here, and the short-\nterm view is first.", "short-term"),
        ("this is the case for every text that BM25 finds, so use Lucene-\nBM25 here.", "Lucene-BM25"),
        ("this text was broken at a soft hyphen by the program that\u00ad\nwrote it.", "thatwrote"),
    ],
)
def test_words_cut_at_a_line_end_become_whole(lines: str, joined: str) -> None:
    assert joined in texts(pages(lines))[0]


def test_lines_without_spaces_between_words_are_joined_without_one() -> None:
    assert texts(pages("在许多组织中安全架构几乎已成为一门失传的艺术日子已经过\n去。")) == [
        "在许多组织中安全架构几乎已成为一门失传的艺术日子已经过去。"
    ]


def test_a_sentence_goes_on_across_a_page_and_a_new_one_does_not() -> None:
    assert len(texts(pages(f"{FILLER} and\n{FILLER}", f"goes on here\n{FILLER}."))) == 1
    assert len(texts(pages(f"{FILLER} and\n{FILLER}.", f"It begins here\n{FILLER}."))) == 2


def test_lists_become_items() -> None:
    document = pages(f"You need:\n• a passport\n• a visa that is valid for\nthe whole stay\n2. money\n{FILLER}")
    kinds = [(block.kind, block.text) for block in clean(document).blocks]
    assert kinds[:2] == [("paragraph", "You need:"), ("list_item", "a passport")]
    assert kinds[2][1].startswith("a visa that is valid for")
    assert kinds[3][1].startswith("2. money")


def test_a_table_keeps_its_lines() -> None:
    assert texts(pages("Plan Price\nFree 0\nPro plan with much more of all 20\nMax 90")) == [
        "Plan Price\nFree 0\nPro plan with much more of all 20\nMax 90"
    ]


def test_letters_that_typesetting_replaced_come_back() -> None:
    assert collapse("eﬃcient ﬁsh") == "efficient fish"
    assert collapse("ﻣﺮﺣﺒﺎ") == "مرحبا"
    assert collapse("（全角）ＡＢＣ１") == "（全角）ABC1"


def test_code_keeps_its_indentation_and_prose_does_not() -> None:
    cleaned = clean(Extracted((Block("code", "if x:\n    y\n\n"), Block("paragraph", "a\n    b"))))
    assert [block.text for block in cleaned.blocks] == ["if x:\n    y", "a\nb"]


@pytest.mark.parametrize("title", ["Word Document", "untitled", "manual.indd", "Microsoft Word - x"])
def test_a_title_that_says_nothing_gives_way_to_the_first_heading(title: str) -> None:
    heading = Block("heading", "Refunds", 1)
    assert clean(Extracted((heading,), title=title)).title == "Refunds"
    assert clean(Extracted((heading,), title="Returns 2026")).title == "Returns 2026"


any_text = st.text(st.characters(), max_size=300)


@given(any_text)
def test_what_is_printable_can_be_stored(text: str) -> None:
    shown = printable(text)
    assert "\x00" not in shown
    shown.encode("utf-8")
    assert printable(shown) == shown


@given(st.lists(any_text, max_size=5), st.booleans())
def test_cleaning_is_composed_and_leaves_no_empty_block(lines: list[str], paged: bool) -> None:
    blocks = tuple(Block("paragraph", line, page=1 if paged else None) for line in lines)
    for block in clean(Extracted(blocks, pages=1 if paged else None, lines=paged)).blocks:
        assert block.text == block.text.strip()
        assert block.text
        assert unicodedata.is_normalized("NFC", block.text)


words = st.text(st.sampled_from("abcdefghij"), min_size=2, max_size=9)
lines = st.lists(words, min_size=1, max_size=9).map(" ".join)


@given(st.lists(st.lists(lines, min_size=1, max_size=14), min_size=1, max_size=5))
def test_no_word_is_lost_but_those_of_running_lines(document: list[list[str]]) -> None:
    running = {line for page in document for line in page if sum(line in other for other in document) >= 3}
    said = " ".join(texts(pages(*("\n".join(page) for page in document)))).split()
    kept = " ".join(line for page in document for line in page if line not in running).split()
    remaining = iter(said)
    assert all(word in remaining for word in kept)
