"""Brings a document's file from storage to a local path, and vouches that it is the one that was uploaded."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage

_READ = 1 << 20


class FileDamaged(Exception):
    """What lies in storage is not, or not yet, what was uploaded."""


@contextmanager
def local(*, file_key: str, content_hash: str) -> Iterator[Path]:
    """A copy to read, gone afterwards. Raises `FileDamaged`, or `OSError` where storage has no such file."""
    with tempfile.NamedTemporaryFile(prefix="document-") as copy:
        digest = hashlib.sha256()
        with default_storage.open(file_key) as stored:
            while part := stored.read(_READ):
                digest.update(part)
                copy.write(part)
        copy.flush()
        if digest.hexdigest() != content_hash:
            raise FileDamaged(f"{file_key} does not hold what its name says.")
        yield Path(copy.name)
