"""Plain text: paragraphs are set apart by blank lines."""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from knowledge.ingest.clean import printable
from knowledge.ingest.extract.decode import text_of
from knowledge.ingest.types import Block, Extracted, Limits

_GAP: Final = re.compile(r"\n[ \t]*\n\s*")
_WRAPPED: Final = range(50, 101)  # how long the longest line of hard-wrapped text is


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    text, warnings = text_of(stream.read(limits.file_bytes + 1))
    return Extracted(tuple(paragraphs_of(printable(text))), warnings=warnings)


def paragraphs_of(text: str) -> Iterator[Block]:
    for paragraph in _GAP.split(text):
        if paragraph.strip():
            yield Block("paragraph", _unwrapped(paragraph))


def _unwrapped(paragraph: str) -> str:
    """Joins lines that were broken at a fixed width, and leaves poems, addresses and listings alone."""
    lines = [line.strip() for line in paragraph.strip().split("\n")]
    longest = max(len(line) for line in lines)
    full = sum(1 for line in lines[:-1] if len(line) > longest * 0.75)
    if len(lines) > 1 and longest in _WRAPPED and full >= (len(lines) - 1) * 0.9:
        return " ".join(lines)
    return "\n".join(lines)
