"""Turns pieces into what is searched: vectors and words, each with the document's title and heading path in front.

Pieces go in by the batch, so that a long document never holds all its vectors in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrations.embedders.types import Embedder
from knowledge.ingest.types import Piece
from knowledge.tokens import bigrams

BATCH = 16


@dataclass(frozen=True, slots=True)
class Embedded:
    """A piece with its vector, and with its words as the full text search is to see them."""

    piece: Piece
    vector: list[float]
    words: str


def embed(pieces: Sequence[Piece], *, title: str, embedder: Embedder) -> Iterator[list[Embedded]]:
    for first in range(0, len(pieces), BATCH):
        batch = pieces[first : first + BATCH]
        texts = [in_context(piece, title=title) for piece in batch]
        vectors = embedder.embed_documents(texts)
        yield [
            Embedded(piece, vector, bigrams(text)) for piece, vector, text in zip(batch, vectors, texts, strict=True)
        ]


def in_context(piece: Piece, *, title: str) -> str:
    """The piece as somebody who opens the document would meet it: under its title and headings."""
    lead = [title] if not piece.heading.casefold().startswith(title.casefold()) else []
    return "\n".join([*lead, *([piece.heading] if piece.heading else []), piece.content])
