"""Keeps the vectors of corpora between runs: the built-in embedder makes some ten a second, and texts stay the same.

Equal chunks of a tenant share their vector (decision 0009). So what an earlier run kept is put in as chunks of a
document that nobody can find, before anything is ingested, and the pipeline does the rest as always. The file is of one
embedder: its name holds the hash of the prepared model's files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from numpy.typing import NDArray
from pgvector import HalfVector

from integrations.embedders import manifest, registry
from knowledge import services
from knowledge.models import Document, EmbeddingSpace
from tenants.types import Principal

_ROWS: Final = 500  # a statement
_NAME: Final = "Vectors of earlier runs"
_CHUNKS = """
INSERT INTO knowledge_chunk
  (id, document_id, generation, "position", content, heading, start, "end", search, fingerprint, is_enabled)
SELECT fingerprint, %s, 1, place, '', '', 0, 0, '', fingerprint, false
FROM unnest(%s::uuid[], %s::int[]) AS row (fingerprint, place)
"""
_VECTORS = """
INSERT INTO knowledge_chunkvector (chunk_id, space_id, document_id, generation, is_enabled, vector)
SELECT fingerprint, %s, %s, 1, false, vector::halfvec FROM unnest(%s::uuid[], %s::text[]) AS row (fingerprint, vector)
"""
_MADE = """
SELECT DISTINCT ON (c.fingerprint) c.fingerprint, v.vector::text
FROM knowledge_chunkvector v JOIN knowledge_chunk c ON c.id = v.chunk_id
JOIN knowledge_embeddingspace s ON s.id = v.space_id AND s.ai_provider_id IS NULL
"""


def path(folder: Path) -> Path:
    """Where the vectors of the embedder that is in use are kept."""
    recipe = registry.recipe()
    made = Path(settings.MODELS_DIR) / recipe.model / manifest.FILE
    registry.builtin()  # says what to do where it was not prepared
    said = f"{recipe.document_prefix}\n".encode() + made.read_bytes()
    return folder / f"vectors-{recipe.model}-{hashlib.sha256(said).hexdigest()[:16]}.npz"


@contextmanager
def put_in(folder: Path, *, by: Principal) -> Iterator[int]:
    """Meanwhile the current tenant, which is empty, has what was kept: as many vectors as it says."""
    kept = _read(path(folder))
    dataset = services.create_dataset(by=by, name=_NAME)
    with transaction.atomic():
        # Neither waiting nor ever active: no worker takes it up, and no search finds it.
        document = Document.objects.create(
            dataset=dataset, title=_NAME, source_type="text", size_bytes=0, content_hash="0" * 64, status="completed",
            generation=1, active_generation=0,
        )  # fmt: skip
        for first in range(0, len(kept), _ROWS):
            _insert(kept[first : first + _ROWS], document, dataset.active_space, first)
    yield len(kept)
    services.delete_dataset(by=by, dataset=dataset)  # before anything is measured: it counts in the words' statistics


def keep(folder: Path) -> int:
    """Write what the current tenant has now; answers how much."""
    with connection.cursor() as cursor:
        cursor.execute(_MADE)
        rows = cursor.fetchall()
    if rows:
        folder.mkdir(parents=True, exist_ok=True)
        target = path(folder)
        half = target.with_suffix(".half")
        with half.open("wb") as file:
            np.savez(
                file,
                fingerprints=np.array([list(fingerprint.bytes) for fingerprint, _ in rows], dtype=np.uint8),
                vectors=np.array([HalfVector.from_text(vector).to_list() for _, vector in rows], dtype=np.float16),
            )
        half.replace(target)
    return len(rows)


def _read(file: Path) -> Sequence[tuple[UUID, str]]:
    """A file that is damaged counts as none: everything in it can be made again."""
    try:
        with np.load(file) as arrays:
            return list(_rows(arrays["fingerprints"], arrays["vectors"]))
    except (OSError, ValueError, KeyError, EOFError):
        return ()


def _rows(fingerprints: NDArray[Any], vectors: NDArray[Any]) -> Iterator[tuple[UUID, str]]:
    for fingerprint, vector in zip(fingerprints, vectors, strict=True):
        yield UUID(bytes=bytes(fingerprint.tolist())), HalfVector(vector.tolist()).to_text()


def _insert(part: Sequence[tuple[UUID, str]], document: Document, space: EmbeddingSpace, first: int) -> None:
    fingerprints = [fingerprint for fingerprint, _ in part]
    with connection.cursor() as cursor:
        cursor.execute(_CHUNKS, [document.id, fingerprints, list(range(first, first + len(part)))])
        cursor.execute(_VECTORS, [space.id, document.id, fingerprints, [vector for _, vector in part]])
