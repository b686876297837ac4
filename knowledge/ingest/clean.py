"""Makes extracted text fit for reading and search: `Extracted` in, better `Extracted` out; pure.

Only noise may be lost: control and invisible characters, running headers and footers, page numbers, and
the line breaks and hyphens that a page's width put into a sentence. The result holds no NUL and no
surrogate, is in NFC, and has no empty block.
"""

import dataclasses
import re
import unicodedata

from knowledge.ingest import reflow, running
from knowledge.ingest.types import Block, Extracted

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Controls; bidi and zero-width characters, tags and variation selectors, which hide text from the eye
# or make two equal words differ; soft hyphens stay until lines are joined.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
# Joiners carry meaning between letters of Arabic and Indic scripts and nowhere else.
_STRAY_JOINER = re.compile("(?<![\u0600-\u08ff\u0900-\u109f\u1780-\u17ff])[\u200c\u200d]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile(" *\n(?: *\n)+ *")
_LINE_ENDS = re.compile(" *\n *")
# Glyphs that typesetting put in place of letters: ligatures, Arabic presentation forms, radicals, full
# width. Canonical composition leaves them, and no search would find them.
_COMPATIBLE = re.compile(
    "[\ufb00-\ufb06\ufb50-\ufdfc\ufe70-\ufefc\u2e80-\u2fd5\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]+"
)


# What programs write into the title of a file nobody gave one.
_NO_TITLE = re.compile(r"^(?:word document|untitled|document\s?\d*|microsoft word -.*|.*\.(?:\w{2,4}))$", re.IGNORECASE)


def printable(text: str) -> str:
    """The text without what cannot be seen or stored, line ends as newlines."""
    text = _NEWLINES.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _STRAY_JOINER.sub("", text)
    return _SURROGATE.sub("\ufffd", text)


def collapse(text: str) -> str:
    """One space between words, one newline between lines, composed characters."""
    text = _COMPATIBLE.sub(lambda found: unicodedata.normalize("NFKC", found.group()), printable(text))
    text = _SPACES.sub(" ", text.replace("\u00ad", ""))
    text = _LINE_ENDS.sub("\n", _BLANK_LINES.sub("\n", text))
    return unicodedata.normalize("NFC", text.strip())


def clean(extracted: Extracted) -> Extracted:
    blocks = extracted.blocks
    if extracted.lines:
        blocks = reflow.reflow(running.without_running_lines(blocks))
    tidied = (_tidy(block) for block in blocks)
    return dataclasses.replace(
        extracted,
        blocks=tuple(block for block in tidied if block.text),
        title=_title(extracted),
    )


def _title(extracted: Extracted) -> str:
    """The file's own title where it says something, else the heading that the document opens with."""
    title = collapse(extracted.title).replace("\n", " ")
    if title and not _NO_TITLE.search(title):
        return title
    opening = (block for block in extracted.blocks[:3] if block.kind == "heading" and block.level == 1)
    return next((collapse(block.text).replace("\n", " ") for block in opening), "")


def _tidy(block: Block) -> Block:
    if block.kind == "code":
        return dataclasses.replace(block, text=_tidy_code(block.text))
    text = collapse(block.text)
    if block.kind in ("heading", "question", "table_row"):
        text = text.replace("\n", " ")
    return dataclasses.replace(block, text=text, header=collapse(block.header).replace("\n", " "))


def _tidy_code(text: str) -> str:
    """Code keeps its indentation."""
    lines = (line.rstrip() for line in unicodedata.normalize("NFC", printable(text)).split("\n"))
    return "\n".join(lines).strip("\n")
