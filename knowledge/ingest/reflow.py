"""Turns the lines of a PDF's pages back into paragraphs and list items; pure.

A page knows lines, not sentences. A line that fills the page's width goes on in the next one; a short
line that ends a sentence ends the paragraph; a word cut by a hyphen at a line's end becomes whole again.
"""

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.ingest.types import Block

_BULLET = re.compile(r"(?:[•●○◦▪■□➢✓‣⁃\uf0b7\uf0a7·*]|[–—-](?=\s)|\(?\d{1,3}[.)](?=\s)|\(?[a-z][.)](?=\s))\s*\S")
_MARK = re.compile(r"^[•●○◦▪■□➢‣⁃\uf0b7\uf0a7·*–—-]\s*")
_TERMINAL = re.compile("[.!?:;。！？：；؟۔।…][\"'”’»)\\]]*\\s*$")
_CUT_WORD = re.compile(r"(\w+)[-\u2010\u00ad]\s*$")
_FIRST_WORD = re.compile(r"\s*(\w+)")
_WORDS = re.compile(r"\w+(?:-\w+)*")
_CUT_LINES = re.compile(r"(?<!\w)\w{1,80}[-\u2010\u00ad][ \t]*\n\s*\w+")
# Typesetters' ligatures that some files put a space behind, and Arabic that runs into Latin words.
_LIGATURE_SPACE = re.compile("(?<=[\ufb00-\ufb04]) (?=[a-z])")
_LIGATURE = re.compile("[\ufb00-\ufb04]")
_ARABIC_LATIN = re.compile(
    "(?<=[\u0621-\u063a\u0641-\u064a]{2})(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u0621-\u063a\u0641-\u064a]{2})"
)
# Scripts that put no space between words: joining two of their lines must not invent one.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


_FULL = 0.7  # of the page's width: a line that goes on in the next one
_PROSE = 0.4  # of a page's lines are full where there is running text


@dataclasses.dataclass(frozen=True, slots=True)
class _Line:
    text: str
    opens: bool  # stands after a gap, at the top of a column or of a page
    width: float


@dataclasses.dataclass(slots=True)
class _Growing:
    """A paragraph being put together; only its last line is looked at, so that a long one costs no more."""

    block: Block
    lines: list[str]

    def built(self) -> Block:
        text = "".join(self.lines)
        if self.block.kind == "list_item":  # the bullet says nothing that the kind does not say
            text = _MARK.sub("", text)
        return dataclasses.replace(self.block, text=text)


def reflow(blocks: Sequence[Block]) -> tuple[Block, ...]:
    blocks = _mended(blocks)
    words = _vocabulary(blocks)
    widths = _widths(blocks)
    out: list[_Growing] = []
    wide = False  # whether the last line filled its page's width
    for block in blocks:
        if block.page is None or block.kind != "paragraph":
            out.append(_Growing(block, [block.text]))
            wide = False
            continue
        for line in _lines(block, widths[block.page]):
            if out and _continues(out[-1], line, wide=wide):
                as_line = not (line.opens or wide or line.text[:1].islower())
                _join(out[-1], line.text, as_line=as_line, words=words)
            else:
                out.append(_opened(line, block))
            wide = len(line.text) >= line.width * _FULL
    return tuple(paragraph.built() for paragraph in out)


def _mended(blocks: Sequence[Block]) -> Sequence[Block]:
    """Puts right where spaces went wrong between glyphs: after ligatures, and between two directions."""
    spaced = sum(len(_LIGATURE_SPACE.findall(block.text)) for block in blocks)
    ligatures = sum(len(_LIGATURE.findall(block.text)) for block in blocks)
    mended = []
    for block in blocks:
        text = _LIGATURE_SPACE.sub("", block.text) if spaced * 2 > ligatures else block.text
        mended.append(dataclasses.replace(block, text=_ARABIC_LATIN.sub(" ", text)))
    return mended


def _widths(blocks: Iterable[Block]) -> dict[int, float]:
    """How long a full line is on each page. On a page of ragged lines, as in a table, none is full."""
    lengths: dict[int, list[int]] = {}
    for block in blocks:
        if block.page is not None and block.kind == "paragraph":
            lengths.setdefault(block.page, []).extend(len(t.strip()) for t in block.text.split("\n") if t.strip())
    return {page: _width(found) for page, found in lengths.items()}


def _width(lengths: list[int]) -> float:
    if not lengths:
        return 0.0
    width = sorted(lengths)[len(lengths) * 9 // 10]
    full = sum(1 for length in lengths if length >= width * _FULL)
    return float(width) if full >= len(lengths) * _PROSE else math.inf


def _vocabulary(blocks: Iterable[Block]) -> frozenset[str]:
    """The words that stand whole somewhere: what a cut word may be made of."""
    return frozenset(word.casefold() for block in blocks for word in _WORDS.findall(_CUT_LINES.sub(" ", block.text)))


def _lines(block: Block, width: float) -> Iterator[_Line]:
    opens = True
    for text in block.text.split("\n"):
        if text.strip():
            yield _Line(text.strip(), opens, width)
            opens = False


def _continues(last: _Growing, line: _Line, *, wide: bool) -> bool:
    if last.block.kind not in ("paragraph", "list_item") or _BULLET.match(line.text):
        return False
    ended = _TERMINAL.search(last.lines[-1][-40:]) is not None
    first = line.text[:1]
    if line.opens:
        caseless = first.isalpha() and first.lower() == first.upper()
        return not ended and (first.islower() or (caseless and wide))
    return wide or not ended or first.islower()


def _opened(line: _Line, block: Block) -> _Growing:
    if _BULLET.match(line.text):
        block = dataclasses.replace(block, kind="list_item")
    return _Growing(dataclasses.replace(block, text=""), [line.text])


def _is_compound(head: str, tail: str, words: frozenset[str]) -> bool:
    """Whether the hyphen at the line's end belongs to the word, as far as the document's other words tell."""
    if head + tail in words:
        return False
    return f"{head}-{tail}" in words or (head in words and tail in words and min(len(head), len(tail)) > 2)


def _join(paragraph: _Growing, line: str, *, as_line: bool, words: frozenset[str]) -> None:
    last = paragraph.lines[-1].rstrip()
    cut = _CUT_WORD.search(last[-80:])
    first = _FIRST_WORD.match(line)
    if as_line:
        glue = "\n"
    elif cut and first and line[:1].islower():
        if not _is_compound(cut.group(1).casefold(), first.group(1).casefold(), words):
            last = last[:-1]
        glue = ""
    elif cut and first and last.endswith(("-", "\u2010")) and line[:1].isalnum():
        glue = ""
    else:
        glue = "" if last and _UNSPACED.match(last[-1]) and _UNSPACED.match(line[0]) else " "
    paragraph.lines[-1] = last
    paragraph.lines.append(glue + line)
