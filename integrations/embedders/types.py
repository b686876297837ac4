"""What an embedder is, and the neutral shape of the weights that a graph is written from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

GRAPH_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"

Say: TypeAlias = Callable[[str], object]
OnWait: TypeAlias = Callable[[], None]
Floats: TypeAlias = NDArray[np.float32]
Bytes: TypeAlias = NDArray[np.uint8]


def nothing() -> None:
    """For who has nothing to do while it waits."""


class Embedder(Protocol):
    """Turns text into vectors of length one; the cosine of two is their dot product.

    Documents and queries are asked for separately because some models put a different sentence opener before each.
    `batch` is how many documents a call should bring. `on_wait` is called about once a second while a call waits; what
    it raises ends the call.
    """

    @property
    def model(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def batch(self) -> int: ...

    def embed_documents(self, texts: Sequence[str], *, on_wait: OnWait = nothing) -> list[list[float]]: ...

    def embed_query(self, text: str) -> list[float]: ...

    def embed_queries(self, texts: Sequence[str]) -> list[list[float]]: ...

    async def aembed_queries(self, texts: Sequence[str]) -> list[list[float]]: ...


@dataclass(frozen=True)
class Recipe:
    """A model this installation can prepare and run: how to make its files and how to ask it.

    `source` is the sha256 of what it is made from; `convert` fills a folder and says what it does on the way.
    """

    model: str
    source: str
    convert: Callable[[Path, Say], None]
    pad: int
    dimensions: int
    document_prefix: str = ""
    query_prefix: str = ""


class SourceUnavailable(RuntimeError):
    """The package with the weights is absent, or its files are not the ones we know."""


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
class Blocks:
    """A matrix cut along its rows into blocks of 32: `levels` of 4 or 8 bits around the middle, one scale a block."""

    levels: Bytes
    scales: Floats
    bits: int


@dataclass(frozen=True)
class Weights:
    """Everything the graph writer needs: matrices by name in blocks, vectors and tables as floats."""

    shape: Shape
    matrices: Mapping[str, Blocks]
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
