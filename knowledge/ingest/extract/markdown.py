"""Markdown: the structure that its signs mark, without the signs.

A line parser for the parts of Markdown that carry structure: front matter, headings, lists, tables,
fenced and indented code, quotes. Raw HTML goes through the HTML extractor; nothing is executed or fetched.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import BinaryIO, Final

from selectolax.lexbor import LexborHTMLParser

from knowledge.ingest.clean import printable
from knowledge.ingest.extract.decode import text_of
from knowledge.ingest.extract.html import blocks_of
from knowledge.ingest.types import Block, Extracted, Limits

_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE: Final = re.compile(r"^title[ \t]*:[ \t]*(.+)$", re.MULTILINE)
_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)(.*)")
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM: Final = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)])[ \t]+(\S.*)")
_RULE: Final = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_TABLE_RULE: Final = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL_MARK: Final = re.compile(r"(?<!\\)\|")
_QUOTE: Final = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_HTML_BLOCK: Final = re.compile(
    r"[ \t]*<(?:/?(?:table|div|p|ul|ol|dl|h[1-6]|section|details|figure|center|blockquote)\b"
    r"|(?:script|style|pre)\b|!--)",
    re.IGNORECASE,
)

_TEMPLATE: Final = re.compile(r"\{%[^%\n]{0,500}%\}|\{:[^}\n]{0,200}\}")
_COMMENT: Final = re.compile(r"<!--(?:[^-]|-(?!->)){0,20000}-->")
_IMAGE: Final = re.compile(r"!\[([^\[\]\n]{0,500})\]\([^()\n]{0,1000}\)")
_LINK: Final = re.compile(
    r"\[((?:[^\[\]\n]|\[[^\[\]\n]{0,100}\]){1,300})\]\((\S{0,1000}?)(?:[ \t]+[\"'(][^\n]{0,300}?[\"')])?\)"
)
_REFERENCE: Final = re.compile(r"\[([^\[\]\n]{1,500})\]\[[^\[\]\n]{0,200}\]")
_DEFINITION: Final = re.compile(r" {0,3}\[[^\]\n]{1,200}\]:[ \t]*\S+")
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,1000})>")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
_EMPHASIS: Final = re.compile(
    r"(?<![\w*])(\*{1,3})(?=\S)((?:[^*\n]|\\\*){1,1000}?)(?<=\S)\1(?!\*)"
    r"|(?<!\w)(_{1,3})(?=\S)([^_\n]{1,1000}?)(?<=\S)\3(?!\w)"
)
_CODE_SPAN: Final = re.compile(r"(`{1,3})([^`\n]{1,1000})\1")
_ESCAPE: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    text, warnings = text_of(stream.read(limits.file_bytes + 1))
    text = printable(text)
    front = _FRONT_MATTER.match(text[:100_000])
    title = ""
    if front:
        found = _TITLE.search(front.group(1))
        title = found.group(1).strip().strip("\"'") if found else ""
        text = text[front.end() :]
    text = _TEMPLATE.sub("", _COMMENT.sub("", text))
    blocks = tuple(_Lines(text.split("\n")).blocks())
    return Extracted(blocks, title=title, warnings=warnings)


def inline(text: str) -> str:
    """Words without the signs around them; an address stays, since people ask for it."""
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(_link, text)
    text = _REFERENCE.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _TAG.sub(" ", text.replace("<br", "\n<br"))
    text = _EMPHASIS.sub(lambda m: m.group(2) or m.group(4), text)
    text = _CODE_SPAN.sub(r"\2", text)
    return unescape(_ESCAPE.sub(r"\1", text)).strip()


def _link(found: re.Match[str]) -> str:
    words, address = found.group(1), found.group(2)
    if address.startswith(("http://", "https://", "mailto:")) and address not in words:
        return f"{words} ({address.removeprefix('mailto:')})"
    return words


@dataclass(slots=True)
class _Lines:
    lines: Sequence[str]
    at: int = 0
    paragraph: list[str] = field(default_factory=list)
    item: int | None = None  # the depth of the list item that following lines belong to
    in_list: bool = False  # an indented line after a list belongs to it and is no code

    def blocks(self) -> Iterator[Block]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            special = self._special(line)
            if special is None:
                self._text(line)
                self.at += 1
            else:
                yield from self._flushed()
                yield from special
        yield from self._flushed()

    def _special(self, line: str) -> Iterator[Block] | None:
        """What this line begins, when it begins something other than text."""
        if not line.strip():
            return self._blank()
        for matches, begin in (
            (_FENCE.match(line), self._fenced),
            (_HEADING.match(line), self._heading),
            (self._is_underline(), self._underlined),
            (_RULE.match(line) or _DEFINITION.match(line), self._skipped),
            (_ITEM.match(line), self._item),
            (self._is_table(), self._table),
            (_HTML_BLOCK.match(line), self._html),
            (line.startswith(("    ", "\t")) and not self.paragraph and not self.in_list, self._indented),
        ):
            if matches:
                return begin()
        return None

    def _text(self, line: str) -> None:
        self.in_list = self.in_list and line[:1].isspace()
        self.paragraph.append(
            _QUOTE.sub("", line, count=1).lstrip() if line.lstrip().startswith(">") else line.lstrip()
        )

    def _flushed(self) -> Iterator[Block]:
        """A line's end is a space, as Markdown has it, unless two spaces or a backslash stand before it."""
        text = inline(_joined(self.paragraph))
        level, self.paragraph, self.item = self.item, [], None
        if text:
            yield Block("paragraph", text) if level is None else Block("list_item", text, level)

    def _blank(self) -> Iterator[Block]:
        self.at += 1
        return iter(())

    def _skipped(self) -> Iterator[Block]:
        self.at += 1
        return iter(())

    def _heading(self) -> Iterator[Block]:
        found = _HEADING.match(self.lines[self.at])
        self.at += 1
        self.in_list = False
        if found:
            yield Block("heading", inline(found.group(2).rstrip().rstrip("#")), len(found.group(1)))

    def _is_underline(self) -> bool:
        """A line under the last one, when that is text: `===` or `---`."""
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        line = self.lines[self.at]
        plain = not self.paragraph and self.item is None and not _ITEM.match(line) and "|" not in line
        return plain and bool(_UNDERLINE.match(following)) and not _RULE.match(line) and not line.startswith("    ")

    def _underlined(self) -> Iterator[Block]:
        text, mark = self.lines[self.at], self.lines[self.at + 1].strip()[0]
        self.at += 2
        yield Block("heading", inline(text), 1 if mark == "=" else 2)

    def _item(self) -> Iterator[Block]:
        found = _ITEM.match(self.lines[self.at])
        self.at += 1
        if found:
            number = f"{found.group(2)} " if found.group(2)[0].isdigit() else ""
            self.item = min(len(found.group(1).expandtabs(4)) // 2, 8)
            self.in_list = True
            self.paragraph = [number + found.group(3)]
        yield from ()  # a generator, so that it begins after what stood before has been given out

    def _fenced(self) -> Iterator[Block]:
        opening = _FENCE.match(self.lines[self.at])
        mark = opening.group(1) if opening else "```"
        self.at += 1
        start = self.at
        while self.at < len(self.lines) and not self.lines[self.at].strip().startswith(mark):
            self.at += 1
        yield Block("code", "\n".join(self.lines[start : self.at]))
        self.at += 1

    def _indented(self) -> Iterator[Block]:
        start = self.at
        while self.at < len(self.lines) and self.lines[self.at].startswith(("    ", "\t")):
            self.at += 1
        yield Block("code", "\n".join(line.expandtabs(4)[4:] for line in self.lines[start : self.at]))

    def _is_table(self) -> bool:
        following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else ""
        return "|" in self.lines[self.at] and "-" in following and bool(_TABLE_RULE.match(following))

    def _table(self) -> Iterator[Block]:
        header = _row(self.lines[self.at])
        self.at += 2
        empty = True
        while self.at < len(self.lines) and "|" in self.lines[self.at]:
            yield Block("table_row", _row(self.lines[self.at]), header=header)
            self.at += 1
            empty = False
        if empty:
            yield Block("table_row", header)

    def _html(self) -> Iterator[Block]:
        """Raw HTML goes on to the next blank line, or to the end of the element that holds blank lines."""
        start = self.at
        opened = re.match(r"[ \t]*<(table|script|style|pre|ul|ol|dl)\b", self.lines[start], re.IGNORECASE)
        closing = f"</{opened.group(1).lower()}>" if opened else ""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if closing and closing in line.lower():
                break
            if not closing and (
                not line.strip() or (self.at < len(self.lines) and _HEADING.match(self.lines[self.at]))
            ):
                break
        for block in blocks_of(LexborHTMLParser("\n".join(self.lines[start : self.at])).body):
            yield Block(
                block.kind, block.text if block.kind == "code" else inline(block.text), block.level, header=block.header
            )


def _joined(lines: Sequence[str]) -> str:
    parts = []
    for line in lines:
        hard = line.endswith(("  ", "\\"))
        parts.append(line.rstrip(" \\") + "\n" if hard else line.rstrip() + " ")
    return "".join(parts)


def _row(line: str) -> str:
    cells = _CELL_MARK.split(line.strip().removeprefix("|").removesuffix("|"))
    return " | ".join(" ".join(inline(cell.replace("\\|", "|")).split()) for cell in cells)
