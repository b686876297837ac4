"""What the extractors make of workbooks, presentations, e-mails, e-books and the other word processors' files."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from pptx import Presentation
from pptx.util import Inches

from knowledge.ingest.clean import clean
from knowledge.ingest.extract import registry, sandbox
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Extracted, Limits

ODF = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:text>{}</office:text>'
    "</office:body></office:document-content>"
)


def read(data: bytes, name: str, limits: Limits | None = None) -> Extracted:
    stream = io.BytesIO(data)
    return clean(registry.extractor_for(stream, file_name=name).extract(stream, limits=limits or Limits()))


def shape(extracted: Extracted) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in extracted.blocks]


def zipped(**parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def workbook(**sheets: list[list[Any]]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if name.startswith("Hidden"):
            sheet.hide()
    book.close()
    return target.getvalue()


def odt(body: str) -> bytes:
    return zipped(**{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ODF.format(body)})


def test_a_workbook_is_its_visible_sheets_with_rows_that_name_their_columns() -> None:
    since = datetime.date(2026, 1, 31)
    prices: list[list[Any]] = [["Plan", "Price", "Since"], ["Basic", 12.0, since], ["Pro", 49.5, None]]
    found = read(workbook(Prices=prices, Hidden=[["secret", 1]], Empty=[]), "prices.xlsx")
    assert shape(found) == [
        ("heading", "Prices"),
        ("table_row", "Plan: Basic | Price: 12 | Since: 2026-01-31"),
        ("table_row", "Plan: Pro | Price: 49.5"),
    ]


def test_a_sheet_without_names_of_columns_keeps_its_rows() -> None:
    assert shape(read(workbook(S=[[1, 2], [3, True]]), "a.xlsx"))[1:] == [
        ("table_row", "1 | 2"),
        ("table_row", "3 | TRUE"),
    ]


def test_a_sheet_of_questions_and_answers_is_pairs() -> None:
    rows = [["Question", "Answer"], ["Is it free?", "Yes, it is."], ["When?", "At noon."]]
    pairs = [
        ("question", "Is it free?"),
        ("paragraph", "Yes, it is."),
        ("question", "When?"),
        ("paragraph", "At noon."),
    ]
    assert shape(read(workbook(FAQ=rows), "faq.xlsx"))[1:] == pairs
    assert shape(read(b'question,answer\nIs it free?,"Yes, it is."\nWhen?,At noon.\n', "faq.csv")) == pairs


def test_a_workbook_with_too_much_in_it_is_refused_and_one_that_fits_is_read() -> None:
    data = workbook(S=[["word " * 20] for _ in range(30)])
    assert read(data, "a.xlsx", Limits(characters=4_000)).blocks
    with pytest.raises(ExtractionError) as refused:
        read(data, "a.xlsx", Limits(characters=1_000))
    assert refused.value.code == "too_many_characters"


def presentation() -> bytes:
    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Our returns"
    frame = first.placeholders[1].text_frame
    frame.text = "Within 30 days"
    inner = frame.add_paragraph()
    inner.text, inner.level = "With the receipt", 1
    first.notes_slide.notes_text_frame.text = "Say that shipping is not refunded."
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Prices"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for row, cells in enumerate([("Plan", "Price"), ("Basic", "12 euros")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    box = second.shapes.add_textbox(Inches(1), Inches(4), Inches(4), Inches(1))
    box.text_frame.text = "All prices with tax."
    hidden = deck.slides.add_slide(deck.slide_layouts[1])
    hidden.shapes.title.text = "Not for customers"
    hidden._element.set("show", "0")
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


def test_a_presentation_is_a_page_a_slide() -> None:
    found = read(presentation(), "deck.pptx")
    assert found.pages == 3
    assert [(block.page, block.kind, block.level, block.text) for block in found.blocks] == [
        (1, "heading", 1, "Our returns"),
        (1, "list_item", 0, "Within 30 days"),
        (1, "list_item", 1, "With the receipt"),
        (1, "paragraph", 0, "Notes: Say that shipping is not refunded."),
        (2, "heading", 1, "Prices"),
        (2, "table_row", 0, "Basic | 12 euros"),
        (2, "paragraph", 0, "All prices with tax."),
    ]
    assert found.blocks[5].header == "Plan | Price"
    with pytest.raises(ExtractionError) as refused:
        read(presentation(), "deck.pptx", Limits(pages=2))
    assert refused.value.code == "too_many_pages"


def test_an_open_document_keeps_headings_lists_tables_and_notes() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    row = "<table:table-row>{}</table:table-row>"
    body = (
        '<text:h text:outline-level="2">Returns</text:h>'
        "<text:p>Send it<text:s/>back<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>At our cost.</text:p></text:note-body></text:note>.</text:p>"
        "<text:list><text:list-item><text:p>One</text:p><text:list><text:list-item><text:p>Two</text:p>"
        "</text:list-item></text:list></text:list-item></text:list>"
        f"<table:table>{row.format(cell.format('Plan') + cell.format('Price'))}"
        f"{row.format(cell.format('Basic') + cell.format('12'))}</table:table>"
    )
    found = read(odt(body), "a.odt")
    assert [(block.kind, block.level, block.text) for block in found.blocks] == [
        ("heading", 2, "Returns"),
        ("paragraph", 0, "Send it back."),
        ("paragraph", 0, "Note: At our cost."),
        ("list_item", 0, "One"),
        ("list_item", 1, "Two"),
        ("table_row", 0, "Basic | 12"),
    ]


def test_rich_text_is_its_paragraphs() -> None:
    data = rb"{\rtf1\ansi\ansicpg1252{\info{\title Terms}}\pard Caf\'e9 opens at nine.\par It closes at \u8364?5.\par}"
    found = read(data, "a.rtf")
    assert (found.title, shape(found)) == (
        "Terms",
        [("paragraph", "Café opens at nine."), ("paragraph", "It closes at €5.")],
    )


def test_an_e_book_is_read_chapter_by_chapter() -> None:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        '<dc:title>Handbook</dc:title></metadata><manifest><item id="b" href="two.xhtml"/>'
        '<item id="a" href="one.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    page = "<!DOCTYPE html><html><head><title>x</title></head><body><h1>{0}</h1><p>Text of {0}.</p></body></html>"
    data = zipped(
        **{
            "mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": opf,
            "OEBPS/one.xhtml": page.format("One"), "OEBPS/two.xhtml": page.format("Two"),
        }
    )  # fmt: skip
    found = read(data, "a.epub")
    assert (found.title, shape(found)) == (
        "Handbook",
        [("heading", "One"), ("paragraph", "Text of One."), ("heading", "Two"), ("paragraph", "Text of Two.")],
    )


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_an_e_mail_is_its_subject_its_people_and_its_text(kind: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Grüße", "Ann <ann@acme.example>", "help@acme.example"
    if kind == "plain":
        mail.set_content("Where is my order?\n\nIt is late.\n-- \nAnn, Acme\n")
    else:
        mail.set_content("<p>Where is my order?</p><p>It is late.</p>", subtype="html")
    mail.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="order.pdf")
    found = read(mail.as_bytes(), "a.eml")
    assert shape(found) == [
        ("heading", "Grüße"),
        ("paragraph", "From: Ann <ann@acme.example>\nTo: help@acme.example"),
        ("paragraph", "Where is my order?"),
        ("paragraph", "It is late."),
    ]
    assert "order.pdf" in found.warnings[0]


def test_our_pairs_are_questions_with_answers() -> None:
    data = json.dumps({"pairs": [{"question": "Is it free?", "answer": "Yes.\n\nFor ever."}]}).encode()
    assert shape(read(data, "pairs.qa.json")) == [
        ("question", "Is it free?"), ("paragraph", "Yes."), ("paragraph", "For ever."),
    ]  # fmt: skip


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (zipped(**{"xl/workbook.xml": "<broken"}), "a.xlsx", "corrupt_file"),
        (zipped(**{"xl/workbook.xml": "x", "xl/s.xml": " " * 60_000_000}), "a.xlsx", "unpacks_too_large"),
        (workbook(S=[[1]])[:-200], "a.xlsx", "corrupt_file"),
        (zipped(**{"ppt/presentation.xml": LAUGHS}), "a.pptx", "corrupt_file"),
        (zipped(**{"ppt/presentation.xml": "<x"}), "a.pptx", "corrupt_file"),
        (odt("")[:-40], "a.odt", "corrupt_file"),
        (odt("").replace(b"PK", b"PX"), "a.odt", "corrupt_file"),
        (odt("<text:p>x" * 500 + "</text:p>" * 500), "a.odt", "corrupt_file"),
        (odt(""), "a.odt", "no_text"),
        (zipped(mimetype="application/epub+zip"), "a.epub", "corrupt_file"),
        (b"not rich at all", "a.rtf", "corrupt_file"),
        (b"{\\rtf1 " + b"{" * 200_000, "a.rtf", "no_text"),
        (b"plain words", "a.xls", "corrupt_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "a.doc", "unsupported_type"),
    ],
)  # fmt: skip
def test_what_is_broken_or_a_trap_is_refused_by_name(tmp_path: Path, data: bytes, name: str, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ExtractionError) as refused:
        sandbox.extract(path, file_name=name, limits=Limits(seconds=20), on_wait=lambda: None)
    assert refused.value.code == code


def test_what_slides_repeat_is_theirs_and_stays() -> None:
    """Only a PDF's pages have running lines, and lines that are still to be joined."""
    deck = Presentation()
    for number in range(8):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = "Prices"
        slide.placeholders[1].text_frame.text = f"Plan {number}"
        slide.notes_slide.notes_text_frame.text = "Say that tax is in it."
    target = io.BytesIO()
    deck.save(target)
    one = [("heading", "Prices"), ("paragraph", "Plan {}"), ("paragraph", "Notes: Say that tax is in it.")]
    assert shape(read(target.getvalue(), "deck.pptx")) == [
        (kind, text.format(number)) for number in range(8) for kind, text in one
    ]
