"""HTML: headings, paragraphs, lists, tables and code in reading order; what surrounds them is left out.

The tree is walked without recursion, because a page may nest deeper than Python can call.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge.ingest.clean import collapse
from knowledge.ingest.extract.decode import text_of
from knowledge.ingest.extract.txt import paragraphs_of
from knowledge.ingest.types import Block, BlockKind, Extracted, Limits

_LEFT_OUT: Final = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "nav",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "canvas",
        "audio",
        "video",
        "form",
        "button",
        "select",
        "input",
        "textarea",
        "head",
        "title",
        "link",
        "meta",
        "dialog",
    ]
)
_BREAKS: Final = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "blockquote",
        "figure",
        "figcaption",
        "address",
        "details",
        "summary",
        "fieldset",
        "ul",
        "ol",
        "dl",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "hr",
        "body",
        "html",
        "center",
    ]
)
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_ITEMS: Final = frozenset({"li", "dt", "dd"})
_LISTS: Final = frozenset({"ul", "ol", "dl"})
_CELLS: Final = frozenset({"td", "th"})
_LONG_CODE: Final = 5_000  # nobody shows that much code on a page: it is text that someone set in <pre>
_WAYS_AROUND: Final = frozenset({"navigation", "search", "menu", "menubar"})
_FURNITURE: Final = frozenset(
    {"nav", "navbar", "navbox", "breadcrumb", "breadcrumbs", "noprint", "mw-editsection", "sr-only", "visually-hidden"}
)
_APART: Final = _BREAKS | _ITEMS | _LISTS | _CELLS | _HEADINGS.keys() | {"pre", "tr", "caption"}
_HIDDEN_STYLES: Final = ("display:none", "visibility:hidden", "font-size:0")


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    text, warnings = text_of(stream.read(limits.file_bytes + 1))
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    return Extracted(
        tuple(blocks_of(_content(tree))), title=collapse(title.text())[:300] if title else "", warnings=warnings
    )


def blocks_of(root: LexborNode | None) -> Iterator[Block]:
    if root is not None:
        yield from _Walk().blocks(root)


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    """The page's main part where it says which part that is, and not less than a fifth of its text."""
    body = tree.body
    mains = tree.css("main, [role=main]")
    if body is not None and len(mains) == 1 and len(mains[0].text()) * 5 > len(body.text()):
        return mains[0]
    return body or tree.root


@dataclass(slots=True)
class _Walk:
    """Collects text until an element begins or ends that stands on its own."""

    kind: BlockKind = "paragraph"
    level: int = 0
    parts: list[str] = field(default_factory=list)
    lists: int = 0
    tables: int = 0
    cells: list[str] = field(default_factory=list)
    header: str = ""
    rows: int = 0
    out: list[Block] = field(default_factory=list)

    def blocks(self, root: LexborNode) -> Iterator[Block]:
        stack = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
            elif self._enter(node):
                stack.append((node, True))
                child = node.last_child
                while child is not None:
                    stack.append((child, False))
                    child = child.prev
            yield from self._taken()
        self._flush()
        yield from self._taken()

    def _taken(self) -> list[Block]:
        taken, self.out = self.out, []
        return taken

    def _enter(self, node: LexborNode) -> bool:
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            self.parts.append(text if self.kind == "code" else text.replace("\n", " "))
            return False
        if tag.startswith("-") and tag != "-document":
            return False
        if tag in _LEFT_OUT or _is_furniture(node):
            return False
        self._open(tag)
        return True

    def _open(self, tag: str) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif self.tables:
            self.parts.append(" " if tag in _APART else "")
        elif tag in _APART:
            self._start(*self._role(tag))
        self.lists += tag in _LISTS
        if tag == "table":
            self.tables += 1

    def _role(self, tag: str) -> tuple[BlockKind, int]:
        depth = max(0, self.lists - 1)
        if tag in _HEADINGS:
            return "heading", _HEADINGS[tag]
        if tag == "pre":
            return "code", 0
        return ("list_item" if tag in _ITEMS or (tag == "p" and self.lists) else "paragraph"), depth

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _LISTS:
            self.lists = max(0, self.lists - 1)
        if tag == "table":
            self._leave_table()
        elif self.tables == 1 and tag in _CELLS:
            self.cells.append(self._said())
        elif self.tables == 1 and tag == "tr":
            self._row(node)
        elif self.tables == 1 and tag == "caption":
            self.out.append(Block("paragraph", self._said()))
        elif not self.tables and tag in _APART:
            self._start("paragraph", 0)

    def _leave_table(self) -> None:
        self.tables = max(0, self.tables - 1)
        if self.tables:
            return
        if self.header and not self.rows:
            self.out.append(Block("table_row", self.header))
        self.header, self.rows = "", 0
        self._start("paragraph", 0)

    def _said(self) -> str:
        text, self.parts = "".join(self.parts), []
        return collapse(text).replace("\n", " ")

    def _row(self, node: LexborNode) -> None:
        cells, self.cells = self.cells, []
        text = " | ".join(cells).strip(" |")
        names = not self.header and not self.rows and len(cells) > 1 and all(c.tag != "td" for c in _elements(node))
        if sum(map(bool, cells)) == 1:  # a table for layout, or a row that spans all columns
            self.out.append(Block("paragraph", text))
        elif names:
            self.header = text
        elif text:
            self.rows += 1
            self.out.append(Block("table_row", text, header=self.header))

    def _start(self, kind: BlockKind, level: int) -> None:
        self._flush()
        self.kind, self.level = kind, level

    def _flush(self) -> None:
        text = "".join(self.parts)
        self.parts = []
        if self.kind == "code" and len(text) > _LONG_CODE:
            self.out.extend(paragraphs_of(text))
        elif text.strip():
            self.out.append(Block(self.kind, text if self.kind == "code" else collapse(text), self.level))


def _elements(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        if not (child.tag or "-").startswith("-"):
            yield child
        child = child.next


def _is_furniture(node: LexborNode) -> bool:
    """Hidden from the reader, or there to get around the site rather than to be read."""
    attributes = node.attributes
    if not attributes:
        return False
    style = "".join((attributes.get("style") or "").lower().split())
    hidden = (
        "hidden" in attributes or attributes.get("aria-hidden") == "true" or any(s in style for s in _HIDDEN_STYLES)
    )
    elsewhere = attributes.get("role") in _WAYS_AROUND or (node.tag == "a" and "hreflang" in attributes)
    return hidden or elsewhere or not _FURNITURE.isdisjoint((attributes.get("class") or "").lower().split())
