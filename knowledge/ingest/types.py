"""What passes between the steps of ingestion: frozen, plain, and known to every step.

Extraction turns a file into `Extracted`, cleaning turns that into a better `Extracted`, and splitting
turns it into `SplitText`, whose pieces point back into the one clean text by character.
"""

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "list_item", "table_row", "code", "question"]


@dataclass(frozen=True, slots=True)
class Block:
    """One unit of a document. `level` is a heading's rank or a list item's depth; `header` is the
    header row of the table that a row belongs to. A `question` heads its answer and shares a piece with no other."""

    kind: BlockKind
    text: str
    level: int = 0
    page: int | None = None
    header: str = ""


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a file says. `scanned` are the pages, from 1, that are pictures of text with no text in them; `lines` says
    that paragraphs come as the lines of pages, which are still to be joined."""

    blocks: tuple[Block, ...]
    pages: int | None = None
    title: str = ""
    warnings: tuple[str, ...] = ()
    scanned: tuple[int, ...] = ()
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes a chunk. `start` and `end` span the clean text; `content` is that span, led by the
    header row where the span begins inside a table."""

    position: int
    content: str
    heading: str
    page: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SplitText:
    text: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may cost. Every violation has a stable error code."""

    file_bytes: int = 50_000_000
    pages: int = 2_000
    characters: int = 5_000_000
    unpacked_bytes: int = 200_000_000
    seconds: int = 120
    memory_bytes: int = 1_536 * 1024 * 1024
    output_bytes: int = 64_000_000
