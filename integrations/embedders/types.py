"""What an embedder is, and the neutral shape of the weights that a graph is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Bytes: TypeAlias = NDArray[np.uint8]


class Embedder(Protocol):
    """Turns text into vectors of length one; the cosine of two is their dot product.

    Documents and queries are asked for separately because some models put a different sentence opener before each.
    """

    @property
    def model(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]: ...

    def embed_query(self, text: str) -> list[float]: ...


@dataclass(frozen=True)
class Shape:
    """The sizes of a BERT-like encoder."""

    width: int
    layers: int
    heads: int
    hidden: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Q4:
    """A matrix in 4-bit blocks of 32 along its rows: `levels` holds 0..15 (zero at 8), `scales` one number a block."""

    levels: Bytes
    scales: Floats


@dataclass(frozen=True)
class Weights:
    """Everything the graph writer needs: matrices by name in 4-bit blocks, vectors and tables as floats."""

    shape: Shape
    matrices: Mapping[str, Q4]
    vectors: Mapping[str, Floats]


@dataclass(frozen=True)
class Vocabulary:
    """A Unigram vocabulary: the place in the list is the token's id."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    begin: int
    end: int
    pad: int
    unknown: int
