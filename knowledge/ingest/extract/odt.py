"""OpenDocument texts: headings, lists, tables and notes, in the order of the body."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from knowledge.ingest.extract import package
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Block, Extracted, Limits

_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TITLE: Final = "{http://purl.org/dc/elements/1.1/}title"
_SIGNS: Final = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n", f"{_TEXT}s": " "}
_LEFT_OUT: Final = frozenset(
    {f"{_TEXT}tracked-changes", f"{_TEXT}table-of-content", f"{_OFFICE}annotation", f"{_TEXT}note-citation"}
)
_REPEATED: Final = 50  # cells that a file may say are alike before we stop believing it

Element = Any  # lxml comes without types


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    parts = package.parts(stream, wanted=lambda name: name in {"content.xml", "meta.xml"}, limits=limits)
    body = package.parsed(parts.get("content.xml", b"<x/>")).find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise ExtractionError("corrupt_file", "The document is damaged. Save it again and upload it.")
    title = next(package.parsed(parts["meta.xml"]).iter(_TITLE), None) if "meta.xml" in parts else None
    return Extracted(tuple(_blocks(body, 0)), title=str(getattr(title, "text", "") or "")[:300])


def _blocks(parent: Element, depth: int) -> Iterator[Block]:
    for child in parent:
        tag = child.tag
        if tag == f"{_TEXT}h":
            yield from _said(child, "heading", _level(child))
        elif tag == f"{_TEXT}p":
            yield from _said(child, "list_item" if depth else "paragraph", max(0, depth - 1))
        elif tag == f"{_TEXT}list":
            yield from _blocks(child, depth + 1)
        elif tag == f"{_TABLE}table":
            yield from _table(child)
        elif isinstance(tag, str) and tag not in _LEFT_OUT:
            yield from _blocks(child, depth)


def _level(heading: Element) -> int:
    level = heading.get(f"{_TEXT}outline-level", "1")
    return int(level) if level.isdecimal() and len(level) == 1 else 1


def _said(node: Element, kind: Any, level: int) -> Iterator[Block]:  # noqa: ANN401 -- one of a block's kinds
    text = "".join(_words(node)).strip()
    if text:
        yield Block(kind, text, level)
    for note in node.iter(f"{_TEXT}note-body"):
        words = " ".join("".join(_words(note)).split())
        if words:
            yield Block("paragraph", f"Note: {words}")


def _words(node: Element) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        if child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT and child.tag != f"{_TEXT}note":
            yield from _words(child)
        yield child.tail or ""


def _table(table: Element) -> Iterator[Block]:
    rows = [cells for row in table.iter(f"{_TABLE}table-row") if any(cells := list(_cells(row)))]
    said = [" | ".join(cells).strip(" |") for cells in rows]
    headed = len(rows) > 1 and len(rows[0]) > 1 and all(rows[0])
    for text in said[1:] if headed else said:
        yield Block("table_row", text, header=said[0] if headed else "")


def _cells(row: Element) -> Iterator[str]:
    for cell in row.iter(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        text = " ".join(" ".join("".join(_words(p)) for p in cell.iter(f"{_TEXT}p", f"{_TEXT}h")).split())
        repeated = cell.get(f"{_TABLE}number-columns-repeated", "1")
        times = int(repeated) if repeated.isdecimal() and len(repeated) < 4 else 1
        yield from [text] * (min(times, _REPEATED) if text else 1)
