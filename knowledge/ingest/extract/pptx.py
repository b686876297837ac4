"""Presentations: a page a slide, its title a heading, bullets, tables, and what the speaker has to say about it.

The XML is walked here: a slide's text is in few elements, and what surrounds them is pictures and places.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from knowledge.ingest.extract import package
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Block, Extracted, Limits

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P: Final = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WANTED: Final = re.compile(
    r"ppt/(?:presentation\.xml|_rels/presentation\.xml\.rels|(?:slides|notesSlides)/(?:_rels/)?[^/]+)|docProps/core\.xml"
)
_TITLES: Final = frozenset({"title", "ctrTitle"})
_FURNITURE: Final = frozenset({"sldNum", "ftr", "dt", "hdr"})
_TITLE: Final = "{http://purl.org/dc/elements/1.1/}title"

Element = Any  # lxml comes without types


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    parts = package.parts(stream, wanted=lambda name: _WANTED.fullmatch(name) is not None, limits=limits)
    if "ppt/presentation.xml" not in parts:
        raise ExtractionError("corrupt_file", "The presentation is damaged. Save it again and upload it.")
    slides = list(_slides(parts))
    if len(slides) > limits.pages:
        raise ExtractionError(
            "too_many_pages", f"The presentation has {len(slides):,} slides; the limit is {limits.pages:,}. Split it."
        )
    blocks = tuple(block for number, name in enumerate(slides, 1) for block in _slide(parts, name, number))
    return Extracted(blocks, pages=len(slides), title=_title(parts))


def _slides(parts: dict[str, bytes]) -> Iterator[str]:
    """The parts of the slides in the order of the presentation."""
    related = _related(parts, "ppt/presentation.xml")
    for slide in package.parsed(parts["ppt/presentation.xml"]).iter(f"{_P}sldId"):
        name = related.get(slide.get(f"{_R}id"), "")
        if name in parts:
            yield name


def _related(parts: dict[str, bytes], name: str) -> dict[str, str]:
    """The parts that a part points to, by the id of the relation."""
    folder, base = posixpath.split(name)
    relations = parts.get(f"{folder}/_rels/{base}.rels")
    if relations is None:
        return {}
    return {
        relation.get("Id"): posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or "")).lstrip("/")
        for relation in package.parsed(relations)
        if relation.get("TargetMode") != "External"
    }


def _slide(parts: dict[str, bytes], name: str, number: int) -> Iterator[Block]:
    root = package.parsed(parts[name])
    if root.get("show") == "0":
        return
    tree = root.find(f"{_P}cSld/{_P}spTree")
    if tree is not None:
        blocks = list(_shapes(tree, number))
        yield from sorted(blocks, key=lambda block: block.kind != "heading")  # a title may come last in the file
    for target in _related(parts, name).values():
        if target.startswith("ppt/notesSlides/") and target in parts:
            yield from _notes(package.parsed(parts[target]), number)


def _shapes(tree: Element, number: int) -> Iterator[Block]:
    for shape in tree:
        if shape.tag == f"{_P}grpSp":
            yield from _shapes(shape, number)
        elif shape.tag == f"{_P}sp":
            yield from _text(shape, number)
        elif shape.tag == f"{_P}graphicFrame":
            for table in shape.iter(f"{_A}tbl"):
                yield from _table(table, number)


def _text(shape: Element, number: int) -> Iterator[Block]:
    role = _role(shape)
    if role in _FURNITURE:
        return
    paragraphs = [(text, level) for text, level in _paragraphs(shape) if text]
    if role in _TITLES and paragraphs:
        yield Block("heading", " ".join(text for text, _ in paragraphs), 1, page=number)
        return
    listed = role in {"body", "obj", ""} and role is not None and len(paragraphs) > 1
    for text, level in paragraphs:
        yield Block("list_item" if listed else "paragraph", text, level if listed else 0, page=number)


def _role(shape: Element) -> str | None:
    """What the slide's layout has the shape for; None for one that was put there freely."""
    place = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return None if place is None else str(place.get("type") or "")


def _paragraphs(shape: Element) -> Iterator[tuple[str, int]]:
    for paragraph in shape.iter(f"{_A}p"):
        properties = paragraph.find(f"{_A}pPr")
        level = properties.get("lvl", "0") if properties is not None else "0"
        yield _words(paragraph), int(level) if level.isdecimal() and len(level) == 1 else 0


def _words(paragraph: Element) -> str:
    nodes = paragraph.iter(f"{_A}t", f"{_A}br")
    return "".join((node.text or "") if node.tag == f"{_A}t" else "\n" for node in nodes).strip()


def _table(table: Element, number: int) -> Iterator[Block]:
    rows = [
        [" ".join(" ".join(_words(p) for p in cell.iter(f"{_A}p")).split()) for cell in row.iter(f"{_A}tc")]
        for row in table.iter(f"{_A}tr")
    ]
    said = [" | ".join(cells).strip(" |") for cells in rows]
    headed = len(rows) > 1 and all(rows[0][1:])
    for text in said[1:] if headed else said:
        if text:
            yield Block("table_row", text, page=number, header=said[0] if headed else "")


def _notes(root: Element, number: int) -> Iterator[Block]:
    for shape in root.iter(f"{_P}sp"):
        if _role(shape) == "body":
            text = "\n".join(text for text, _ in _paragraphs(shape) if text)
            if text:
                yield Block("paragraph", f"Notes: {text}", page=number)


def _title(parts: dict[str, bytes]) -> str:
    if "docProps/core.xml" not in parts:
        return ""
    return str(package.parsed(parts["docProps/core.xml"]).findtext(_TITLE) or "")[:300]
