"""Runs a prepared encoder: text in, vectors of length one out.

Knows neither Django nor how the model was made, only its recipe and its folder. Texts are cut at the model's length
and batched with others of like length, so that little is spent on padding; the answer comes back in the order asked.
Safe to share between threads.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .types import GRAPH_FILE, TOKENIZER_FILE, OnWait, Recipe, nothing

BATCH = 16  # texts: some two seconds of one core, after which the work is safe
TOKENS_A_BATCH = 4096  # bounds memory: some 30 kB of activations a token
TOKENS_A_CALL = 2  # what a call costs beside its tokens, padding included, is what so many tokens cost
RECENT = 64  # questions whose vectors are remembered, 12 kB each


class OnnxEmbedder:
    """An embedder in this process."""

    def __init__(self, recipe: Recipe, *, folder: Path, threads: int) -> None:
        self._recipe = recipe
        self._recent: dict[str, list[float]] = {}
        self._remembering = threading.Lock()
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # the arena keeps the peak for ever
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the cores are shared with others
        self._session = onnxruntime.InferenceSession(
            str(folder / GRAPH_FILE), sess_options=options, providers=["CPUExecutionProvider"]
        )

    @property
    def model(self) -> str:
        return self._recipe.model

    @property
    def dimensions(self) -> int:
        return self._recipe.dimensions

    @property
    def batch(self) -> int:
        return BATCH

    def embed_documents(self, texts: Sequence[str], *, on_wait: OnWait = nothing) -> list[list[float]]:
        """One vector a text, for what is to be found."""
        return self._embed(self._recipe.document_prefix, texts, on_wait)

    def embed_query(self, text: str) -> list[float]:
        """The vector of what is looked for."""
        return self.embed_queries([text])[0]

    async def aembed_queries(self, texts: Sequence[str]) -> list[list[float]]:
        return await asyncio.to_thread(self.embed_queries, texts)

    def embed_queries(self, texts: Sequence[str], *, remember: bool = True) -> list[list[float]]:
        """Vectors for comparing short texts with each other, both sides as queries.

        The last few are remembered: of a turn of talk both the guard and the search ask for the question's. Who keeps
        vectors himself, or asks for many, says that they need not be.
        """
        with self._remembering:
            known = {text: self._recent[text] for text in texts if text in self._recent}
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        if unknown:
            known |= zip(unknown, self._embed(self._recipe.query_prefix, unknown), strict=True)
            if remember:
                self._remember({text: known[text] for text in unknown[-RECENT:]})
        return [known[text] for text in texts]

    def _remember(self, found: dict[str, list[float]]) -> None:
        with self._remembering:
            self._recent |= found
            for text in list(self._recent)[:-RECENT]:
                del self._recent[text]

    def token_ids(self, text: str) -> list[int]:
        """What the model is shown for a text without any prefix, begin and end included."""
        ids: list[int] = self._tokenizer.encode(_encodable(text)).ids
        return ids

    def count_tokens(self, text: str) -> int:
        """How many tokens the text is cut into, without those the model adds; counts past the model's length too."""
        encoding = self._tokenizer.encode(_encodable(text), add_special_tokens=False)
        return len(encoding.ids) + sum(len(more.ids) for more in encoding.overflowing)

    def _embed(self, prefix: str, texts: Sequence[str], on_wait: OnWait = nothing) -> list[list[float]]:
        encodings = self._tokenizer.encode_batch_fast([prefix + _encodable(text) for text in texts])
        rows = [encoding.ids for encoding in encodings]
        vectors = np.empty((len(rows), self.dimensions), np.float32)
        for places in _batches([len(row) for row in rows]):
            (vectors[places],) = self._session.run(["vectors"], {"ids": self._padded([rows[at] for at in places])})
            on_wait()
        answer: list[list[float]] = vectors.tolist()
        return answer

    def _padded(self, rows: list[list[int]]) -> NDArray[np.int64]:
        ids = np.full((len(rows), max(map(len, rows))), self._recipe.pad, np.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
        return ids


def _encodable(text: str) -> str:
    """JSON can carry half a surrogate pair, which no UTF-8 can; it becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of the texts, shortest first, in runs whose padded size stays within TOKENS_A_BATCH, and which are
    padded by no more than another call would cost."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        padding = sum(lengths[place] - lengths[other] for other in batch)
        if batch and (padding > TOKENS_A_CALL or lengths[place] * (len(batch) + 1) > TOKENS_A_BATCH):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
