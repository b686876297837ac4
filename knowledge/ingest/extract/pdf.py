"""PDF: the text layer of each page, with headings told by the outline and by the size of their letters.

A PDF holds glyphs at places, not paragraphs. Each page becomes headings and blocks of lines; joining
lines to paragraphs is `reflow`'s work. Page numbers count from one, as readers show them.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO, Final

import pypdf
from pypdf.errors import PyPdfError

from knowledge.ingest.extract import pdf_lines
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Extracted, Limits

_OUTLINE_ENTRIES: Final = 5_000
_OUTLINE_DEPTH: Final = 6
_PAGE_WITH_TEXT: Final = 16  # letters: a stamp or a page number is not a text layer
_CORRUPT: Final = "The PDF is damaged and could not be read. Export it again and upload the new file."
_NO_TEXT: Final = (
    "The PDF has no text layer: its pages are pictures, as from a scanner. Run text recognition (OCR) on it and "
    "upload the result."
)
# What pypdf raises on damaged files: its own errors, and those of the language where it did not look first.
_DAMAGE: Final = (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, OSError,
                  AssertionError, NotImplementedError, RecursionError)  # fmt: skip


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    try:
        reader = _opened(stream)
        count = len(reader.pages)
    except _DAMAGE as error:
        raise ExtractionError("corrupt_file", _CORRUPT, diagnosis=repr(error)[:300]) from None
    if count > limits.pages:
        raise ExtractionError(
            "too_many_pages", f"The PDF has {count:,} pages; the limit is {limits.pages:,}. Split it."
        )
    pages, unread = _pages(reader, count, limits)
    blank = sum(1 for lines in pages if sum(len(line.text) for line in lines) < _PAGE_WITH_TEXT)
    if not any(line.text.strip() for lines in pages for line in lines):
        raise ExtractionError("corrupt_file", _CORRUPT) if unread else ExtractionError("no_text", _NO_TEXT)
    blocks = pdf_lines.blocks_of(pages, outline=_outline(reader))
    return Extracted(tuple(blocks), pages=count, title=_title(reader), warnings=tuple(_warnings(count, blank, unread)))


def _opened(stream: BinaryIO) -> pypdf.PdfReader:
    reader = pypdf.PdfReader(stream, strict=False)
    # Many PDFs are locked only against editing: they open with an empty password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise ExtractionError(
            "encrypted_file", "The PDF is locked with a password. Remove the password and upload it again."
        )
    return reader


def _pages(reader: pypdf.PdfReader, count: int, limits: Limits) -> tuple[list[list[pdf_lines.Line]], int]:
    pages: list[list[pdf_lines.Line]] = []
    characters = unread = 0
    for number in range(count):
        collector = pdf_lines.Collector()
        try:
            reader.pages[number].extract_text(visitor_text=collector.visit)
        except _DAMAGE:
            unread += 1
        lines = collector.lines()
        characters += sum(len(line.text) for line in lines)
        if characters > limits.characters:
            raise ExtractionError(
                "too_large", f"The PDF holds more than {limits.characters:,} characters of text. Split it."
            )
        pages.append(lines)
    return pages, unread


def _warnings(count: int, blank: int, unread: int) -> Iterator[str]:
    if unread:
        yield f"{unread} of {count} pages are damaged and could not be read completely."
    if blank > unread:
        yield f"{blank - unread} of {count} pages have no text layer and were left out."


def _title(reader: pypdf.PdfReader) -> str:
    try:
        title = reader.metadata.title if reader.metadata else ""
    except _DAMAGE:
        return ""
    return str(title or "")[:300]


def _outline(reader: pypdf.PdfReader) -> dict[int, list[pdf_lines.Entry]]:
    """The entries of the outline by the page they lead to."""
    outline: dict[int, list[pdf_lines.Entry]] = {}
    try:
        entries = list(islice(_walked(reader.outline, 1), _OUTLINE_ENTRIES))
    except _DAMAGE:
        return outline
    for entry, depth in entries:
        try:
            page = reader.get_destination_page_number(entry)
            title = " ".join(str(entry.title).split())
            top = float(entry.top) if isinstance(entry.top, int | float) else None
        except _DAMAGE:
            continue
        if page is not None and page >= 0 and title:
            outline.setdefault(page + 1, []).append(pdf_lines.Entry(title, depth, top))
    return outline


def _walked(entries: Iterable[Any], depth: int) -> Iterator[tuple[Any, int]]:
    for entry in entries:
        if isinstance(entry, list):
            if depth < _OUTLINE_DEPTH:
                yield from _walked(entry, depth + 1)
        else:
            yield entry, depth
