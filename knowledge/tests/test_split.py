"""Splitting follows the structure, keeps every word and never exceeds its size."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.ingest.split import split
from knowledge.ingest.types import Block, BlockKind, Extracted, Piece

SENTENCE = "The warranty covers every part for two years from the day of purchase. "


def heading(text: str, level: int = 1) -> Block:
    return Block("heading", text, level)


def prose(sentences: int, page: int | None = None) -> Block:
    return Block("paragraph", (SENTENCE * sentences).strip(), page=page)


def pieces(*blocks: Block, size: int = 1_000, overlap: int = 120) -> tuple[Piece, ...]:
    return split(Extracted(blocks), size=size, overlap=overlap).pieces


def test_chapters_stay_apart_and_small_sections_come_together() -> None:
    found = pieces(
        heading("Returns"),
        heading("Time", 2),
        prose(1),
        heading("Cost", 2),
        prose(1),
        heading("Warranty"),
        prose(2),
    )
    assert [piece.heading for piece in found] == ["Returns", "Warranty"]
    assert [piece.content.count("covers") for piece in found] == [2, 2]


def test_the_path_leads_to_the_piece() -> None:
    found = pieces(
        heading("Handbook"), heading("Leave", 2), heading("Sickness", 3), prose(10), heading("Pay", 2), prose(10)
    )
    assert [piece.heading for piece in found] == ["Handbook > Leave > Sickness", "Handbook > Pay"]


def test_a_heading_is_never_the_end_of_a_piece() -> None:
    found = pieces(prose(13), heading("Cost"), prose(13), heading("Last"))
    assert not any(piece.content.endswith("Cost") for piece in found)


def test_a_line_that_looks_like_a_heading_stays_with_its_text() -> None:
    found = pieces(prose(13), Block("paragraph", "How to return"), prose(13))
    assert [piece.content.startswith("How to return") for piece in found] == [False, True]


def test_a_list_that_fits_is_kept_whole_with_its_lead() -> None:
    items = [Block("list_item", f"{number}. step of the way to take") for number in range(12)]
    found = pieces(prose(10), Block("paragraph", "Do this:"), *items)
    assert found[1].content.startswith("Do this:\n\n0. step")
    assert found[1].content.endswith("11. step of the way to take")


def test_a_table_says_its_header_again_in_each_piece() -> None:
    rows = [Block("table_row", f"Plan {number} | {number} EUR a month", header="Plan | Price") for number in range(90)]
    found = pieces(Block("paragraph", "Prices"), *rows)
    assert len(found) > 2
    assert found[0].content.startswith("Prices\n\nPlan | Price\nPlan 0 | 0 EUR")
    assert all(piece.content.startswith("Plan | Price\nPlan ") for piece in found[1:])
    assert all(piece.content.count("Plan | Price") == 1 for piece in found)


def test_two_tables_do_not_share_a_header() -> None:
    text = split(Extracted((Block("table_row", "1", header="A"), Block("table_row", "2", header="B")))).text
    assert text == "A\n1\n\nB\n2"


def test_a_header_too_long_to_say_again_is_said_once() -> None:
    header = "Column " * 60
    found = pieces(*(Block("table_row", f"row {n} " * 20, header=header.strip()) for n in range(12)))
    assert sum(piece.content.count("Column Column") > 0 for piece in found) == 1


def test_a_long_paragraph_is_cut_between_sentences_and_says_the_last_one_again() -> None:
    found = pieces(prose(40))
    assert all(piece.content.startswith("The warranty") and piece.content.endswith("purchase.") for piece in found)
    assert all(later.start < earlier.end for earlier, later in pairwise(found))
    apart = pieces(prose(40), overlap=0)
    assert all(later.start >= earlier.end for earlier, later in pairwise(apart))


@pytest.mark.parametrize(
    "sentence", ["保修期为两年。", "ما هي مدة الضمان؟ ", "वारंटी दो साल है। ", "期間は二年です！", "Is it? "]
)
def test_sentences_end_in_every_script(sentence: str) -> None:
    for piece in pieces(Block("paragraph", (sentence * 60).strip()), size=100, overlap=0):
        assert piece.content.endswith(sentence.strip())


def test_text_without_sentences_is_cut_at_spaces_and_text_without_spaces_anywhere() -> None:
    assert all(set(piece.content.split()) == {"รับประกัน"} for piece in pieces(Block("paragraph", "รับประกัน " * 300)))
    assert [len(piece.content) for piece in pieces(Block("paragraph", "x" * 2_500))] == [1_000, 1_000, 500]


def test_scripts_that_say_more_with_a_letter_get_smaller_pieces() -> None:
    longest = [
        max(len(p.content) for p in pieces(Block("paragraph", text * 400))) for text in ("保修期为两年。", "It is so. ")
    ]
    assert longest[0] <= 600 < longest[1]


def test_no_character_is_cut_in_two() -> None:
    found = pieces(Block("paragraph", "e\u0301" * 100), size=51, overlap=0)
    assert not any(piece.content.startswith("\u0301") for piece in found)


@pytest.mark.parametrize("short", ["Dr.", "2 p.m.", "9a.m.", "U.S.", "z.B."])
def test_an_abbreviation_ends_no_sentence(short: str) -> None:
    text = f"Ask at {short} Smith about it, please, and the rest. " * 4
    assert not any(piece.content.endswith(short) for piece in pieces(Block("paragraph", text), size=60, overlap=0))


def test_the_page_is_the_first_characters() -> None:
    found = pieces(prose(10, page=3), prose(10, page=4), prose(3, page=4))
    assert [piece.page for piece in found] == [3, 4]


def test_nothing_gives_nothing() -> None:
    assert split(Extracted(())).pieces == ()
    assert split(Extracted((Block("paragraph", " \n "),))).pieces == ()


@pytest.mark.parametrize(("size", "overlap"), [(49, 0), (100, 51), (100, -1)])
def test_sizes_that_cannot_work_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="size"):
        split(Extracted(()), size=size, overlap=overlap)


def test_a_question_shares_no_piece_even_with_one_of_the_same_words() -> None:
    question = Block("question", "Why?", 1)
    assert [piece.content.count("Why?") for piece in pieces(question, prose(13), question, prose(1))] == [1, 1]


def test_a_heading_above_questions_stays_with_the_first() -> None:
    found = pieces(heading("FAQ"), Block("question", "Why?", 1), prose(1), Block("question", "How?", 1), prose(1))
    assert [piece.heading for piece in found] == ["FAQ > Why?", "FAQ > How?"]


def test_a_heading_and_a_header_stay_with_a_row_that_must_be_cut() -> None:
    found = pieces(heading("Plans"), Block("table_row", "cell " * 500, header="A | B"))
    assert found[0].content.startswith("Plans\n\nA | B\ncell")
    assert all(piece.content.startswith("A | B\ncell") for piece in found[1:])


def test_the_short_rest_of_a_table_joins_the_piece_before_it() -> None:
    rows = [
        Block("table_row", f"Plan {number} | {number} EUR each month", header="Plan | Price") for number in range(38)
    ]
    assert len(pieces(*rows)) == 1


letters = st.sampled_from("ab.!? \n\t,;:。é\u0301字ก🙂()|")
kinds: st.SearchStrategy[BlockKind] = st.sampled_from(["heading", "paragraph", "list_item", "table_row", "code"])


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    text = draw(st.text(letters, max_size=60)) * draw(st.integers(1, 8))
    kind = draw(kinds)
    level = draw(st.integers(0, 4)) if kind in ("heading", "list_item") else 0
    header = draw(st.sampled_from(["", "A | B", "a long header of a table"])) if kind == "table_row" else ""
    return Block(kind, text, level, draw(st.sampled_from([None, 1, 2])), header)


@given(st.lists(blocks(), max_size=12), st.sampled_from([50, 120, 400]), st.sampled_from([0, 10, 25]))
@example([Block("table_row", "x" * 90, header="H" * 20)], 50, 25)
def test_spans_are_exact_in_order_and_leave_out_only_white_space(
    document: list[Block], size: int, overlap: int
) -> None:
    done = split(Extracted(tuple(document)), size=size, overlap=overlap)
    covered = 0
    for number, piece in enumerate(done.pieces):
        assert piece.position == number
        assert piece.content.endswith(done.text[piece.start : piece.end])
        assert 0 < len(piece.content) <= size * 1.15
        assert piece.start < piece.end
        assert number == 0 or piece.start > done.pieces[number - 1].start
        assert piece.end > covered
        assert not done.text[covered : max(covered, piece.start)].strip()
        covered = piece.end
    assert not done.text[covered:].strip()


@given(st.lists(blocks(), max_size=12))
def test_every_block_is_in_the_text(document: list[Block]) -> None:
    done = split(Extracted(tuple(document)))
    at = 0
    for block in document:
        if block.text.strip():
            at = done.text.index(block.text, at) + len(block.text)


def test_time_grows_with_the_text_and_not_faster() -> None:
    """A megabyte of what regular expressions stumble over; the run's timeout is what fails here."""
    for text in ("x", ". ", ".", "(.", "ab ", "字", "a-\n", ") "):
        assert pieces(Block("paragraph", text * (300_000 // len(text))))
