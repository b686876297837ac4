"""How alike a sentence and some sentences of a passage are, by the built-in embedder; work for a thread.

Of one answer at most MOST sentences are settled so, and none after SECONDS have been spent on it: then, and where the
embedder is not there, words alone decide, and what they leave in doubt counts as not supported.

An answer's own vectors are kept until it is given. Those of passages' sentences are kept for the answers that follow,
since the same passages are found again and again: the last KEPT of the process, by what their text hashes to.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from integrations.embedders import registry
from tenants.errors import Unavailable

MOST, SECONDS = 60, 3.0
KEPT = 8192  # of 1.8 kB: 15 MB a process

Vector = NDArray[np.float32]


class Kept:
    """The last so many vectors that were asked for, by the embedder and the text. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._vectors)

    def get(self, model: str, texts: Sequence[str]) -> dict[str, Vector]:
        """Those that are there."""
        names = {text: _name(model, text) for text in texts}
        with self._lock:
            found = {text: self._vectors[name] for text, name in names.items() if name in self._vectors}
            for text in found:
                self._vectors.move_to_end(names[text])
        return found

    def put(self, model: str, vectors: Mapping[str, Vector]) -> None:
        named = {_name(model, text): vector for text, vector in vectors.items()}
        with self._lock:
            self._vectors |= named
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)


_of_passages = Kept(KEPT)


class Meaning:
    """One answer's."""

    def __init__(self, kept: Kept = _of_passages) -> None:
        self._kept = kept
        self._own: dict[str, Vector] = {}
        self._asked = 0
        self._spent = 0.0

    def near(self, text: str, others: Sequence[str]) -> list[float]:
        """The cosines with the others, sentences of a passage; none where the budget is spent."""
        if self._asked >= MOST or self._spent >= SECONDS:
            return []
        self._asked += 1
        began = time.monotonic()
        try:
            found = self._vectors([text], others)
        except Unavailable:
            return []
        finally:
            self._spent += time.monotonic() - began
        cosines: list[float] = (np.stack([found[one] for one in others]) @ found[text]).tolist()
        return cosines

    def vector(self, text: str, *, quoted: bool = False) -> Vector:
        """A sentence of the answer, whatever the budget; `quoted`: as it stands in a passage. Raises `Unavailable`."""
        return self._vectors([], [text])[text] if quoted else self._vectors([text], [])[text]

    def _vectors(self, own: Sequence[str], passages: Sequence[str]) -> dict[str, Vector]:
        embedder = registry.builtin()
        asked = dict.fromkeys([*own, *passages])
        found = {text: self._own[text] for text in asked if text in self._own}
        found |= self._kept.get(embedder.model, [text for text in asked if text not in found])
        missing = [text for text in asked if text not in found]
        if missing:
            made = np.asarray(embedder.embed_queries(missing, remember=False), np.float32)
            found |= {text: vector.copy() for text, vector in zip(missing, made, strict=True)}
            self._own |= {text: found[text] for text in own}
            self._kept.put(embedder.model, {text: found[text] for text in missing if text in passages})
        return found


def _name(model: str, text: str) -> bytes:
    return blake2b(f"{model}\n{text}".encode("utf-8", "replace"), digest_size=16).digest()
