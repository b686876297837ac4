"""CSV and TSV: each row names its columns, so that it can be found and quoted alone."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, Final

from knowledge.ingest.clean import printable
from knowledge.ingest.extract.decode import text_of
from knowledge.ingest.types import Block, Extracted, Limits

_DELIMITERS: Final = ",;\t|"
_SAMPLE: Final = 20_000
_QUESTIONS: Final = frozenset({"question", "frage", "pregunta", "domanda", "pergunta", "q"})
_ANSWERS: Final = frozenset({"answer", "antwort", "respuesta", "réponse", "reponse", "risposta", "resposta", "a"})
_NAME_LENGTH: Final = 80  # a longer first row is data, not the names of columns


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    text, warnings = text_of(stream.read(limits.file_bytes + 1))
    text = printable(text)
    csv.field_size_limit(limits.characters)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text[:_SAMPLE]))
    return Extracted(tuple(blocks_of(rows)), warnings=warnings)


def _delimiter(sample: str) -> str:
    """The one that the first line has most of; a comma where it has none."""
    line = sample.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=line.count)


def blocks_of(rows: Iterator[list[str]]) -> Iterator[Block]:
    """Rows of cells as blocks; where the columns are questions and answers, each pair stands for itself."""
    filled = (cells for row in rows if any(cells := [" ".join(cell.split()) for cell in row]))
    first = next(filled, [])
    names = first if _are_names(first) else []
    asked = [name.casefold().rstrip("s") for name in names]
    if len(asked) == 2 and asked[0] in _QUESTIONS and asked[1] in _ANSWERS:
        for question, answer, *_ in ([*cells, ""] for cells in filled):
            yield Block("question", question, 1)
            yield Block("paragraph", answer)
        return
    second = next(filled, None)
    if first and (not names or second is None):
        yield Block("table_row", " | ".join(cell for cell in first if cell))
    if second is not None:
        yield from (Block("table_row", _labelled(names, cells)) for cells in chain([second], filled))


def _are_names(cells: Sequence[str]) -> bool:
    named = [cell for cell in cells if cell]
    return (
        len(named) >= max(1, len(cells) - 1)
        and len(set(named)) == len(named)
        and all(len(cell) <= _NAME_LENGTH and not cell[0].isdigit() for cell in named)
    )


def _labelled(names: Sequence[str], cells: Sequence[str]) -> str:
    """Empty cells say nothing; a cell beyond the named columns stands without a name."""
    parts = []
    for number, cell in enumerate(cells):
        if cell:
            name = names[number] if number < len(names) else ""
            parts.append(f"{name}: {cell}" if name else cell)
    return " | ".join(parts)
