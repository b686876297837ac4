"""Word documents: headings, numbered lists, tables and footnotes, in the order of the body.

The body's XML is walked here, because python-docx offers neither content controls nor text boxes nor
insertions, and its table cells cost quadratic time; it opens the package and gives styles and parts.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from lxml import etree

from knowledge.ingest.extract import package
from knowledge.ingest.extract.docx_styles import Numbering, Style, Styles
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Block, Extracted, Limits

_P: Final = qn("w:p")
_TABLE: Final = qn("w:tbl")
_ROW: Final = qn("w:tr")
_CELL: Final = qn("w:tc")
_BOX: Final = qn("w:txbxContent")
_TEXT: Final = qn("w:t")
_NOTE: Final = qn("w:footnoteReference")
_SIGNS: Final = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-", qn("w:ptab"): "\t"}
# Deleted text, the old form of a drawing, field codes, and properties, whose tabs are stops and not signs.
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT: Final = frozenset({qn("w:del"), qn("w:moveFrom"), qn("w:instrText"), qn("w:pPr"), qn("w:rPr"), _FALLBACK})
_TITLE_LENGTH: Final = 300

Element = Any  # lxml comes without types


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    try:
        document = docx.Document(package.opened(stream, limits=limits))
    except (KeyError, ValueError, AttributeError, etree.XMLSyntaxError) as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:  # libxml2's way to say so
            raise MemoryError from None
        raise ExtractionError(
            "corrupt_file",
            "The document is damaged. Open it in Word, save it again and upload it.",
            diagnosis=repr(error)[:300],
        ) from None
    walk = _Walk(
        Styles(document.styles.element), Numbering(_part(document, RELATIONSHIP_TYPE.NUMBERING)), _notes(document)
    )
    blocks = tuple(walk.blocks(document.element.body))
    return Extracted(blocks, title=_title(document))


def _title(document: Document) -> str:
    try:
        return str(document.core_properties.title or "")[:_TITLE_LENGTH]
    except (KeyError, ValueError, AttributeError, etree.XMLSyntaxError):  # damaged properties are no loss
        return ""


def _part(document: Document, kind: str) -> Element | None:
    try:
        part = document.part.part_related_by(kind)
        return etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
    except (KeyError, ValueError, etree.XMLSyntaxError):
        return None


def _notes(document: Document) -> dict[str, str]:
    root = _part(document, RELATIONSHIP_TYPE.FOOTNOTES)
    if root is None:
        return {}
    return {note.get(qn("w:id")): "".join(_words(note)).strip() for note in root.iter(qn("w:footnote"))}


class _Walk:
    def __init__(self, styles: Styles, numbering: Numbering, notes: dict[str, str]) -> None:
        self.styles = styles
        self.numbering = numbering
        self.notes = notes

    def blocks(self, parent: Element) -> Iterator[Block]:
        """Everything in a container; content controls and tracked insertions are containers too."""
        for child in parent:
            if child.tag == _P:
                yield from self._paragraph(child)
            elif child.tag == _TABLE:
                yield from self._table(child)
            elif isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
                yield from self.blocks(child)

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        text = "".join(_words(paragraph)).strip()
        style = self.styles.of(paragraph)
        if text and not style.contents:
            yield self._block(style, text)
        for reference in paragraph.iter(_NOTE):
            note = self.notes.get(reference.get(qn("w:id")), "")
            if note:
                yield Block("paragraph", f"Note: {note}")
        for box in paragraph.iter(_BOX):
            if not any(parent.tag in (_FALLBACK, _BOX) for parent in _ancestors(box, paragraph)):
                yield from self.blocks(box)

    def _block(self, style: Style, text: str) -> Block:
        level = style.heading
        numbered = style.numbering
        label = self.numbering.label(*numbered) if numbered else ""
        if level:
            return Block("heading", f"{label} {text}".strip(), level)
        if numbered:
            return Block("list_item", f"{label} {text}".strip(), numbered[1])
        return Block("paragraph", text)

    def _table(self, table: Element) -> Iterator[Block]:
        rows = list(_rows(table))
        if max((len(cells) for cells in rows), default=0) < 2:  # a frame, not a table
            for cell in table.iter(_CELL):
                if next(cell.iterancestors(_TABLE)) is table:
                    yield from self.blocks(cell)
            return
        filled = [" | ".join(cells).strip(" |") for cells in rows if any(cells)]
        header = filled[0] if len(filled) > 1 and all(rows[0]) else ""
        for row in filled[1:] if header else filled:
            yield Block("table_row", row, header=header)


def _rows(table: Element) -> Iterator[list[str]]:
    """Cells of each row; a cell that is merged with the one above says what that one says."""
    above: list[str] = []
    for row in table.iter(_ROW):
        if next(row.iterancestors(_TABLE)) is not table:
            continue
        cells: list[str] = []
        for cell in row.iter(_CELL):
            if next(cell.iterancestors(_ROW)) is not row:
                continue
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            continued = merge is not None and merge.get(qn("w:val"), "continue") == "continue"
            at = len(cells)
            cells.append(above[at] if continued and at < len(above) else _cell_text(cell))
        above = cells
        yield cells


def _cell_text(cell: Element) -> str:
    return " ".join(" ".join("".join(_words(p, boxes=True)).split()) for p in cell.iter(_P)).strip()


def _words(node: Element, *, boxes: bool = False) -> Iterator[str]:
    for child in node:
        tag = child.tag
        if tag == _TEXT:
            yield child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[tag]
        elif tag in _LEFT_OUT or (tag == _BOX and not boxes) or not isinstance(tag, str):
            continue
        else:
            yield from _words(child, boxes=boxes)
            if tag == _P:
                yield "\n"


def _ancestors(node: Element, until: Element) -> Iterator[Element]:
    for parent in node.iterancestors():
        if parent is until:
            return
        yield parent
