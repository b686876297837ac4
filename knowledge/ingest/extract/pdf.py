"""PDF through PDFium: the text of each page, its tables, and headings told by the outline and by their letters' size.

A PDF holds glyphs at places, not paragraphs. Each page becomes headings, rows of tables and blocks of lines; joining
lines to paragraphs is `reflow`'s work. Page numbers count from one, as readers show them.
"""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

import pypdfium2 as pdfium

from knowledge.ingest.extract import pdf_lines, pdf_page, pdf_tables
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.extract.pdf_types import Page
from knowledge.ingest.types import Extracted, Limits

_OUTLINE_ENTRIES: Final = 5_000
_OUTLINE_DEPTH: Final = 6
_PDF_WITHIN: Final = 1024  # of the beginning, where readers look for the header
_CORRUPT: Final = "The PDF is damaged and could not be read. Export it again and upload the new file."
_LOCKED: Final = "The PDF is locked with a password. Remove the password and upload it again."
_NO_TEXT: Final = "The PDF holds neither text nor pictures of text. Export it again and upload the new file."


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    document = _opened(stream)
    count = len(document)
    if count > limits.pages:
        raise ExtractionError(
            "too_many_pages", f"The PDF has {count:,} pages; the limit is {limits.pages:,}. Split it."
        )
    pages: list[Page] = []
    scanned: list[int] = []
    unread = characters = 0
    for number in range(count):
        try:
            read = pdf_page.read(document[number])
        except (pdfium.PdfiumError, ValueError, OSError):
            unread += 1
            pages.append(Page([]))
            continue
        if read.is_scan:
            scanned.append(number + 1)
        pages.append(Page(read.lines, pdf_tables.found(read.lines, read.rules, read.words_in)))
        characters += sum(len(line.text) for line in read.lines)
        if characters > limits.characters:
            raise ExtractionError(
                "too_many_characters", f"The PDF holds more than {limits.characters:,} characters of text. Split it."
            )
    blocks = tuple(pdf_lines.blocks_of(pages, outline=_outline(document)))
    if not blocks and not scanned:
        raise ExtractionError("corrupt_file", _CORRUPT) if unread else ExtractionError("no_text", _NO_TEXT)
    title = document.get_metadata_value("Title")[:300]
    return Extracted(
        blocks, pages=count, title=title, warnings=tuple(_warnings(count, unread)), scanned=tuple(scanned), lines=True
    )


def _opened(stream: BinaryIO) -> pdfium.PdfDocument:
    """A file behind an empty password is open to everybody. Raises `ExtractionError`."""
    data = stream.read()
    data = data[max(0, data[:_PDF_WITHIN].find(b"%PDF-")) :]
    try:
        document = pdfium.PdfDocument(data)
        if len(document) == 0:
            raise ExtractionError("corrupt_file", _CORRUPT, diagnosis="no page")
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise ExtractionError("encrypted_file", _LOCKED) from None
        raise ExtractionError("corrupt_file", _CORRUPT, diagnosis=repr(error)[:300]) from None
    return document


def _warnings(count: int, unread: int) -> Iterator[str]:
    if unread:
        yield f"{unread} of {count} pages are damaged and could not be read."


def _outline(document: pdfium.PdfDocument) -> dict[int, list[pdf_lines.Entry]]:
    """The entries of the outline by the page they lead to."""
    outline: dict[int, list[pdf_lines.Entry]] = {}
    for bookmark in islice(document.get_toc(max_depth=_OUTLINE_DEPTH), _OUTLINE_ENTRIES):
        try:
            destination = bookmark.get_dest()
            page = destination.get_index() if destination else None
            title = " ".join(bookmark.get_title().split())
            view = destination.get_view()[1] if destination else []
        except (pdfium.PdfiumError, UnicodeDecodeError):
            continue
        if page is not None and page >= 0 and title:
            top = float(view[1]) if len(view) > 1 and view[1] is not None else None
            outline.setdefault(page + 1, []).append(pdf_lines.Entry(title, bookmark.level + 1, top))
    return outline
