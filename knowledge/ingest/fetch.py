"""Brings what a document is read from: its file from storage to a local path, or its page from the web.

A file is named by the hash of its bytes, so that what lies in storage can be vouched for.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.core.files.storage import default_storage

from integrations import webpages
from knowledge.ingest import files

_READ = 1 << 20
_NAMES: Final = {"application/pdf": "page.pdf", "text/plain": "page.txt", "text/markdown": "page.md"}


class FileDamaged(Exception):
    """What lies in storage is not, or not yet, what was uploaded."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it is to be stored; text is in UTF-8, whatever the server sent."""

    key: str
    file_name: str
    content_type: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)


@contextmanager
def local(file_key: str) -> Iterator[Path]:
    """A copy to read, gone afterwards. Raises `FileDamaged`, or `OSError` where storage has no such file."""
    with tempfile.NamedTemporaryFile(prefix="document-") as copy:
        digest = hashlib.sha256()
        with default_storage.open(file_key) as stored:
            while part := stored.read(_READ):
                digest.update(part)
                copy.write(part)
        copy.flush()
        if digest.hexdigest() != files.hash_in(file_key):
            raise FileDamaged(f"{file_key} does not hold what its name says.")
        yield Path(copy.name)


def page(url: str, *, on_wait: Callable[[], None]) -> Fetched:
    """Raises `WebPageError` where the page cannot or may not be had."""
    webpages.check_allowed(url, on_wait=on_wait)
    found = webpages.fetch(url, on_wait=on_wait)
    if found.url != url:  # it leads somewhere else, which may be forbidden
        webpages.check_allowed(found.url, on_wait=on_wait)
    data = found.data
    if found.charset and found.content_type != "application/pdf":
        data = data.decode(found.charset, "replace").encode("utf-8-sig")
    key = files.key_of(hashlib.sha256(data).hexdigest())
    name = _NAMES.get(found.content_type, "page.html")
    return Fetched(key=key, file_name=name, content_type=found.content_type, data=data)
