"""A passage cut into what can be quoted alone: sentences, list items, table rows, each under its heading. Pure.

In: a passage's text, as ingestion left it (blocks apart by a blank line, rows and items by a newline) or as Markdown.
Out: units in reading order. Headings and questions are never units: they say what the units under them are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from integrations.chatmodels.types import Passage

HEADING_LENGTH = 90
LONG_LINE = 45  # characters; lists have shorter lines than wrapped prose, mostly
LIST_LENGTH = 700  # a list up to here is quoted whole
LOOSE_LINES = 3
LONGEST = 420
NAME_LENGTH = 40

Kind = Literal["sentence", "list", "item", "row", "loose"]


@dataclass(frozen=True, slots=True)
class Unit:
    """`text` is quoted; `heading` stands over it; `lead` is the line that leads into its list. `block` tells which
    units stand together."""

    text: str
    kind: Kind
    passage: int
    rank: int
    order: int = 0
    heading: str = ""
    lead: str = ""
    block: int = 0


_BULLET = re.compile(r"^\s*(?:[-*•–‣▪●]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+(?=\S)")
_MARKDOWN_HEADING = re.compile(r"^#{1,6}\s+")
_RULE = re.compile(r"^[\s|:=_*-]+$")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_ENDS = ".!?…。！？؟۔।॥:：;"
_END = re.compile(r"(?:[.!?…؟۔।॥]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』）”’]*)\s*")
_DOTTED = re.compile(
    r"(?:\b(?:[A-Za-z]\.)+|\b(?:no|nr|dr|mr|mrs|ms|st|vs|fig|prof|approx|ca|bzw|etc|art|inc|ltd|sra?|núm))\.?$", re.I
)
_TIME = re.compile(r"\b[ap]\.m\.$", re.I)
_OPENS = re.compile(r"(?:The|We|You|If|In|On|It|This|For|After|Our|An?|To|Please|All|Your|Orders?)\b")
_WIDE = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_SPACES = re.compile(r"\s+")


def of(passage: Passage, *, rank: int) -> list[Unit]:
    """The passage's units, in their order."""
    heading, lead = passage.heading.rpartition(" > ")[2].strip(), ""
    known = {part.strip().casefold() for part in [passage.title, *passage.heading.split(" > ")]}
    units: list[Unit] = []
    blocks = _blocks(passage.text)
    for number, block in enumerate(blocks):
        heading, lines = _without_headings(block, heading, known, last=number == len(blocks) - 1)
        found = [replace(unit, heading=heading, block=number) for unit in _units(lines, lead, passage.number, rank)]
        units.extend(found)
        lead = found[-1].text if found and found[-1].text.endswith((":", "：")) else ""
    leads = {unit.lead for unit in units}
    return [replace(unit, order=order) for order, unit in enumerate(units) if unit.text not in leads]


def _blocks(text: str) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = _EMPHASIS.sub(r"\2", raw).strip()
        starts_table = ("|" in line) != (blocks[-1] != [] and "|" in blocks[-1][-1])
        if not line or _MARKDOWN_HEADING.match(line) or (blocks[-1] and starts_table):
            blocks.append([])
        if line and not _RULE.match(line):
            blocks[-1].append(line)
        if _MARKDOWN_HEADING.match(line):
            blocks.append([])
    return [lines for lines in blocks if lines]


def _without_headings(lines: list[str], heading: str, known: set[str], *, last: bool) -> tuple[str, list[str]]:
    """The lines from the first that is not a heading; a question is one too where something stands under it."""
    while lines and (len(lines) > 1 or not last or lines[0].casefold() in known):
        line = _MARKDOWN_HEADING.sub("", lines[0])
        asks = line.endswith(("?", "？", "؟")) and len(line) <= HEADING_LENGTH
        alone = len(lines) == 1 and len(line) <= HEADING_LENGTH and line[-1] not in _ENDS and "|" not in line
        marked = line != lines[0] or line.casefold() in known
        if not (asks or marked or (alone and not _BULLET.match(line))):
            break
        heading, lines = line, lines[1:]
    return heading, lines


def _units(lines: list[str], lead: str, passage: int, rank: int) -> Iterator[Unit]:
    if lines and "|" in lines[0]:
        yield from (Unit(row, "row", passage, rank) for row in _rows(lines))
    elif _is_list(lines, lead):
        yield from _list(lines, lead, passage, rank)
    else:
        prose, loose = _apart(lines)
        glue = "" if prose and _WIDE.search(prose[0]) else " "
        yield from (Unit(text, "sentence", passage, rank) for text in sentences(glue.join(prose)))
        if loose:
            yield Unit(", ".join(loose)[:LONGEST], "loose", passage, rank)


def _is_list(lines: list[str], lead: str) -> bool:
    return bool(lines) and (all(_BULLET.match(line) for line in lines) or (bool(lead) and len(lines) > 1))


def _apart(lines: list[str]) -> tuple[list[str], list[str]]:
    """Prose, and the short lines after it that are none."""
    at = len(lines)
    while at and len(lines[at - 1]) < LONG_LINE and lines[at - 1][-1] not in _ENDS:
        at -= 1
    return (lines[:at], lines[at:]) if len(lines) - at >= LOOSE_LINES else (lines, [])


def _list(lines: list[str], lead: str, passage: int, rank: int) -> Iterator[Unit]:
    """Whole where it is short, else item by item."""
    items = [line if line[0].isdigit() else f"- {_BULLET.sub('', line)}" for line in lines]
    whole = "\n".join(items)
    if len(lines) > 1 and len(whole) <= LIST_LENGTH:
        yield Unit(whole, "list", passage, rank, lead=lead)
    else:
        yield from (Unit(_BULLET.sub("", line), "item", passage, rank, lead=lead) for line in lines)


def _rows(lines: list[str]) -> Iterator[str]:
    """Each row with the names of its columns, where the table's first row names them."""
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = table[0]
    if len(table) == 1 or not all(_is_name(name) for name in names):
        yield from (", ".join(cell for cell in cells if cell) for cells in table)
        return
    for cells in table[1:]:
        pairs = list(zip(names, cells, strict=False))[1:]
        alone = len(pairs) == 1
        said = [cell if alone or not name else f"{name}: {cell}" for name, cell in pairs if cell]
        yield f"{cells[0]} – {'; '.join([*said, *cells[len(names) :]])}" if cells[0] else "; ".join(said)


def _is_name(cell: str) -> bool:
    """Whether a cell names a column; amounts and sentences do not."""
    return not cell or (len(cell) <= NAME_LENGTH and cell[0].isalpha() and ": " not in cell)


def sentences(text: str) -> list[str]:
    """Sentences of any script; what is too long to be one is cut at spaces."""
    text = _SPACES.sub(" ", text).strip()
    found: list[str] = []
    begin = 0
    for end in _END.finditer(text):
        if _breaks(text, begin, end):
            found.append(text[begin : end.end()].strip())
            begin = end.end()
    found.append(text[begin:].strip())
    return [part for sentence in found if sentence for part in _cut(sentence)]


def _breaks(text: str, begin: int, end: re.Match[str]) -> bool:
    """Whether a mark ends the sentence: not after an abbreviation, nor before a word that goes on in lower case."""
    if end.group()[0] in "。！？":
        return True
    after = text[end.end() :]
    if after[:1].islower():
        return False
    before = text[begin : end.start() + 1]
    if _TIME.search(before):
        return _OPENS.match(after) is not None
    return _DOTTED.search(before) is None or not end.group().startswith(".")


def _cut(sentence: str) -> Iterator[str]:
    longest = LONGEST // 2 if _WIDE.search(sentence) else LONGEST
    while len(sentence) > longest:
        at = sentence.rfind(" ", longest // 2, longest)
        at = at if at > 0 else longest
        yield sentence[:at].strip()
        sentence = sentence[at:].strip()
    if sentence:
        yield sentence
