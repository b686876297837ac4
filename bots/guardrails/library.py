"""Example questions of common topics and triggers, and the space in which questions are compared.

The vectors of a small embedder all point much the same way, so they are compared as seen from the centre of the
examples. (Damping the directions in which questions of one topic differ measured no better.) The examples are embedded
once and kept beside the model, under a name that holds their hash.
"""

from __future__ import annotations

import hashlib
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from integrations.embedders import registry

Vectors: TypeAlias = NDArray[np.float32]

BACKGROUND = "background"
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Group:
    """A topic of the library: what it is called, the names' vectors seen from their centre, its examples placed, what
    they say. `unlike` are ordinary questions on the same subject, for a trigger."""

    names: tuple[str, ...]
    name_vectors: Vectors
    examples: Vectors
    texts: tuple[str, ...]
    unlike: Vectors


@dataclass(frozen=True)
class Library:
    """`center` is where questions are seen from, `names_center` where names are."""

    center: Vectors
    names_center: Vectors
    topics: Mapping[str, Group]
    triggers: Mapping[str, Group]

    def place(self, raw: Vectors) -> Vectors:
        return _unit(raw - self.center)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self.place(raw_vectors(texts))


def load() -> Library:
    """The library of the built-in embedder, made once a process; raises `EmbedderUnavailable`."""
    return _load(registry.builtin().model)


def raw_vectors(texts: Sequence[str]) -> Vectors:
    return np.asarray(registry.builtin().embed_queries(list(texts)), np.float32)


def nearest(vector: Vectors, examples: Vectors, count: int) -> float:
    """The mean similarity to the nearest examples."""
    found = examples @ vector
    return float(np.sort(found)[-count:].mean())


def read(name: str) -> dict[str, Any]:
    """What a file of ours beside this one holds."""
    return tomllib.loads((_HERE / name).read_text("utf-8"))


def kept(model: str, texts: list[str]) -> Vectors:
    """The raw vectors of texts of ours, from the file of an earlier process where there is one."""
    mark = hashlib.sha256("\n".join([model, *texts]).encode()).hexdigest()[:16]
    path = Path(settings.MODELS_DIR) / f"{model}.guard-{mark}.npy"
    try:
        found: Vectors = np.load(path, allow_pickle=False)
        if found.shape[0] == len(texts):
            return found
    except (OSError, ValueError):
        pass  # not there yet, or cut short: made again below
    vectors = raw_vectors(texts)
    _keep(path, vectors)
    return vectors


@cache
def _load(model: str) -> Library:
    topics, triggers = read("topics.toml"), read("triggers.toml")
    entries = [*topics.values(), *triggers.values()]
    parts = _vectors(model, entries, "examples")
    unlike = _vectors(model, entries, "unlike")
    of_names = _vectors(model, entries, "names")
    names_center = np.vstack(of_names).mean(axis=0)
    center = np.vstack(parts[: len(topics)]).mean(axis=0)
    groups = [
        Group(
            names=tuple(entry["names"]),
            name_vectors=_unit(seen - names_center),
            examples=_unit(part - center),
            texts=tuple(entry["examples"]),
            unlike=_unit(ordinary - center),
        )
        for entry, seen, part, ordinary in zip(entries, of_names, parts, unlike, strict=True)
    ]
    return Library(
        center=center,
        names_center=names_center,
        topics=dict(zip(topics, groups[: len(topics)], strict=True)),
        triggers=dict(zip(triggers, groups[len(topics) :], strict=True)),
    )


def _vectors(model: str, entries: list[dict[str, Any]], field: str) -> list[Vectors]:
    """The raw vectors of a field's texts, an entry each."""
    texts = [entry.get(field, []) for entry in entries]
    vectors = kept(model, [text for each in texts for text in each])
    return np.split(vectors, np.cumsum([len(each) for each in texts])[:-1])


def _unit(vectors: NDArray[Any]) -> Vectors:
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    unit: Vectors = (vectors / lengths).astype(np.float32)
    return unit


def _keep(path: Path, vectors: Vectors) -> None:
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npy", delete=False) as file:
            np.save(file, vectors)
        Path(file.name).replace(path)
    except OSError:
        return  # a read-only folder: each process makes its own
