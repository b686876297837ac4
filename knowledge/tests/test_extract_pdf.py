"""What is read from a PDF's page beyond its lines: tables, columns, scans."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from knowledge.ingest.clean import clean
from knowledge.ingest.extract import pdf
from knowledge.ingest.types import Block, Extracted, Limits

ROWS = [["Plan", "Price", "Users"], ["Basic", "12 euros", "one"], ["Pro and more", "49 euros", "as many as you like"]]
EDGES = [60, 200, 320, 480]


def read(draw: Callable[[Canvas], None]) -> Extracted:
    target = io.BytesIO()
    sheet = Canvas(target, pagesize=A4)
    sheet.setFont("Helvetica", 10)
    draw(sheet)
    sheet.save()
    target.seek(0)
    return clean(pdf.extract(target, limits=Limits()))


def rows(extracted: Extracted) -> list[tuple[str, str]]:
    return [(block.header, block.text) for block in extracted.blocks if block.kind == "table_row"]


def write(sheet: Canvas, top: float = 700, *, height: float = 20) -> None:
    for number, cells in enumerate(ROWS):
        for edge, cell in zip(EDGES, cells, strict=False):
            sheet.drawString(edge + 4, top - height * number - 14, cell)


EXPECTED = [("Plan | Price | Users", f"{a} | {b} | {c}") for a, b, c in ROWS[1:]]


def test_a_table_with_rules_around_its_cells_is_rows_with_their_header() -> None:
    def draw(sheet: Canvas) -> None:
        sheet.drawString(60, 750, "These are our prices for the coming year.")
        write(sheet)
        sheet.grid(EDGES, [700, 680, 660, 640])
        sheet.drawString(60, 600, "All of them are with tax.")

    found = read(draw)
    assert rows(found) == EXPECTED
    assert [block.text for block in found.blocks if block.kind != "table_row"] == [
        "These are our prices for the coming year.", "All of them are with tax.",
    ]  # fmt: skip


def test_a_table_with_a_ruled_head_is_rows_until_the_columns_end() -> None:
    def draw(sheet: Canvas) -> None:
        write(sheet)
        for left, right in pairwise(EDGES):
            sheet.line(left, 680, right, 680)
        sheet.drawString(60, 625, "What stands below the table goes over all of its columns and is no row.")

    found = read(draw)
    assert rows(found) == EXPECTED
    assert found.blocks[-1].kind == "paragraph"


def test_prose_in_two_columns_under_a_rule_is_no_table_and_stays_in_its_order() -> None:
    left = [f"The left column goes on in line {number} and" for number in range(12)]
    right = [f"the right one has its own line {number} which" for number in range(12)]

    def draw(sheet: Canvas) -> None:
        sheet.line(60, 720, 520, 720)
        for column, x in ((left, 60), (right, 310)):
            for number, line in enumerate(column):
                sheet.drawString(x, 700 - 12 * number, line)

    found = read(draw)
    text = " ".join(block.text for block in found.blocks)
    assert rows(found) == []
    assert text.index("left column goes on in line 11") < text.index("the right one has its own line 0")


def test_a_drawing_whose_words_stand_across_its_lines_is_no_table() -> None:
    def draw(sheet: Canvas) -> None:
        sheet.grid([60, 150, 240, 330], [700, 650, 600, 550])
        for number in range(4):
            sheet.drawString(80, 560 + 35 * number, "Words that are written right across the lines")

    assert rows(read(draw)) == []


def test_a_page_that_is_a_picture_is_told_from_one_that_is_blank() -> None:
    def draw(sheet: Canvas) -> None:
        sheet.drawString(60, 700, "The first page has text enough to be read.")
        sheet.showPage()
        sheet.drawImage(ImageReader(Image.new("L", (300, 400), 200)), 0, 0, *A4)
        sheet.showPage()
        sheet.showPage()

    found = read(draw)
    assert (found.pages, found.scanned) == (3, (2,))
    assert found.blocks == (Block("paragraph", "The first page has text enough to be read.", page=1),)


def test_a_word_that_is_cut_at_a_line_s_end_is_whole_again() -> None:
    def draw(sheet: Canvas) -> None:
        sheet.drawString(60, 700, "The warranty covers everything that was manufac-")
        sheet.drawString(60, 688, "tured by us within the last five years or so.")

    assert read(draw).blocks[0].text.startswith("The warranty covers everything that was manufactured by us")
