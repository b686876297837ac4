"""Turn the texts of `sources/` into the handbook's binary samples: one PDF and one DOCX.

Run once after a text has changed (`python config/demo/make_samples.py`) and commit what it writes. The same text always
gives the same bytes: dates, ids and the order of parts are fixed, so a change in git is a change of the text.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.text.paragraph import Paragraph as DocxParagraph
from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).resolve().parent
MADE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
COMPANY = "Acme Corporation"
GREEN = colors.HexColor("#2f6b3a")

Kind = Literal["heading", "text", "bullet", "number", "table"]
LIST_ITEM = re.compile(r"(?P<mark>-|\d+\.) (?P<text>.+)")
BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Block:
    """One heading, paragraph, list item or table of a source text."""

    kind: Kind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(source: str) -> Iterator[Block]:
    """Read the small part of Markdown that the sources use: headings, paragraphs, lists and tables, bold words."""
    for part in re.split(r"\n{2,}", source.strip()):
        lines = part.splitlines()
        if lines[0].startswith("#"):
            marks, text = lines[0].split(" ", 1)
            yield Block(kind="heading", text=text, level=len(marks))
        elif lines[0].startswith("|"):
            rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
            yield Block(kind="table", rows=tuple(rows[:1] + rows[2:]))
        elif LIST_ITEM.match(lines[0]):
            yield from (_item(line) for line in lines)
        else:
            yield Block(kind="text", text=" ".join(lines))


def _item(line: str) -> Block:
    match = LIST_ITEM.fullmatch(line)
    if match is None:
        raise ValueError(f"Every line of a list starts with '- ' or a number: {line!r}")
    return Block(kind="bullet" if match["mark"] == "-" else "number", text=match["text"])


def make_pdf(*, source: Path, target: Path) -> None:
    """Write a paged PDF with bookmarks, a running header and a footer with the page number."""
    content = list(blocks(source.read_text(encoding="utf-8")))
    title = content[0].text
    pdf = SimpleDocTemplate(
        str(target),
        pagesize=LETTER,
        title=title,
        author=COMPANY,
        subject="Customer handbook",
        leftMargin=2.2 * cm,
        rightMargin=2.2 * cm,
        topMargin=2.6 * cm,
        bottomMargin=2.2 * cm,
        invariant=1,
    )
    pdf.build(list(_flowables(content)), onFirstPage=_frame(title), onLaterPages=_frame(title))


def _frame(title: str) -> Callable[[Canvas, SimpleDocTemplate], None]:
    def draw(canvas: Canvas, page: SimpleDocTemplate) -> None:
        width, height = LETTER
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(colors.HexColor("#666666"))
        canvas.drawString(2.2 * cm, height - 1.5 * cm, f"Acme Customer Handbook: {title}")
        canvas.drawRightString(width - 2.2 * cm, height - 1.5 * cm, "Edition January 2026")
        canvas.drawString(2.2 * cm, 1.3 * cm, "support@acme.example | 1-800-555-0142")
        canvas.drawRightString(width - 2.2 * cm, 1.3 * cm, f"Page {page.page}")
        canvas.restoreState()

    return draw


def _flowables(content: list[Block]) -> Iterator[Flowable]:
    styles = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=styles["BodyText"], fontSize=10, leading=14, spaceAfter=6)
    heads = {
        1: ParagraphStyle("h1", parent=styles["Title"], alignment=0, fontSize=22, leading=26, textColor=GREEN),
        2: ParagraphStyle("h2", parent=styles["Heading2"], fontSize=14, leading=18, textColor=GREEN, keepWithNext=1),
        3: ParagraphStyle("h3", parent=styles["Heading3"], fontSize=11, leading=15, keepWithNext=1),
    }
    for block in content:
        if block.kind == "heading":
            yield _Bookmarked(_markup(block.text), heads[block.level], level=block.level - 1)
        elif block.kind == "table":
            yield _pdf_table(block.rows, body)
            yield Spacer(0, 0.3 * cm)
        else:
            yield Paragraph(_markup(block.text), body, bulletText="•" if block.kind == "bullet" else None)


class _Bookmarked(Paragraph):  # type: ignore[misc]  # reportlab ships no types
    """A heading that also stands in the PDF's outline."""

    def __init__(self, text: str, style: ParagraphStyle, *, level: int) -> None:
        super().__init__(text, style)
        self._level = level

    def draw(self) -> None:
        text = self.getPlainText()
        self.canv.bookmarkPage(text)
        self.canv.addOutlineEntry(text, text, level=self._level)
        super().draw()


def _pdf_table(rows: tuple[tuple[str, ...], ...], body: ParagraphStyle) -> Table:
    cell = ParagraphStyle("cell", parent=body, fontSize=9, leading=12, spaceAfter=0)
    head = ParagraphStyle("head", parent=cell, fontName="Helvetica-Bold", textColor=colors.white)
    data = [[Paragraph(_markup(text), cell if number else head) for text in row] for number, row in enumerate(rows)]
    share = 17.1 * cm / (len(rows[0]) + 1)
    table = Table(data, colWidths=[2 * share] + [share] * (len(rows[0]) - 1), repeatRows=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), GREEN),
                ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#b8c4ba")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _markup(text: str) -> str:
    return BOLD.sub(r"<b>\1</b>", escape(text))


def make_docx(*, source: Path, target: Path) -> None:
    """Write a DOCX with real heading, list and table styles."""
    document = docx.Document()
    for block in blocks(source.read_text(encoding="utf-8")):
        _add(document, block)
    about = document.core_properties
    about.title = document.paragraphs[0].text
    about.author = about.last_modified_by = COMPANY
    about.created = about.modified = MADE
    about.comments = ""
    buffer = BytesIO()
    document.save(buffer)
    target.write_bytes(_without_dates(buffer))


def _add(document: Document, block: Block) -> None:
    if block.kind == "heading":
        document.add_heading(block.text, level=block.level)
    elif block.kind == "table":
        table = document.add_table(rows=0, cols=len(block.rows[0]), style="Light Grid Accent 3")
        for row in block.rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                _runs(cell.paragraphs[0], text)
        document.add_paragraph()
    else:
        style = {"bullet": "List Bullet", "number": "List Number"}.get(block.kind)
        _runs(document.add_paragraph(style=style), block.text)


def _runs(paragraph: DocxParagraph, text: str) -> None:
    for position, piece in enumerate(BOLD.split(text)):
        if piece:
            paragraph.add_run(piece).bold = True if position % 2 else None


def _without_dates(buffer: BytesIO) -> bytes:
    """Write the archive again with one fixed date: a DOCX is a ZIP, which stamps its parts with the current time."""
    output = BytesIO()
    with zipfile.ZipFile(buffer) as before, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(zipfile.ZipInfo(name, MADE.timetuple()[:6]), before.read(name), zipfile.ZIP_DEFLATED)
    return output.getvalue()


if __name__ == "__main__":
    make_pdf(source=HERE / "sources" / "product-guide.md", target=HERE / "handbook" / "product-guide.pdf")
    make_docx(
        source=HERE / "sources" / "returns-and-defective-products.md",
        target=HERE / "handbook" / "returns-and-defective-products.docx",
    )
