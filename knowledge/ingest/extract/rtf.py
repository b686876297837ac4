"""Rich text: its words in their paragraphs; what it looks like is left out."""

import re
from typing import BinaryIO, Final

from striprtf.striprtf import rtf_to_text

from knowledge.ingest.extract.txt import paragraphs_of
from knowledge.ingest.types import Block, Extracted, Limits

_TITLE: Final = re.compile(r"\{\\title ([^{}\\]{1,300})\}")


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    source = stream.read(limits.file_bytes + 1).decode("latin-1")
    title = _TITLE.search(source[:100_000])
    blocks: list[Block] = []
    text: str = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]  # it comes without types
    for line in text.split("\n"):
        if line.count("|") > 1 and line.rstrip().endswith("|"):  # how a row of a table comes out
            blocks.append(Block("table_row", " | ".join(cell.strip() for cell in line.strip().strip("|").split("|"))))
        else:
            blocks.extend(paragraphs_of(line))
    return Extracted(tuple(blocks), title=title[1] if title else "")
