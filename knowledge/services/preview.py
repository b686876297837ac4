"""What a document would become, without keeping anything of it."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from knowledge import words
from knowledge.ingest import fetch, incoming, reading
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.pipeline import name_of
from knowledge.ingest.types import Piece
from knowledge.models import Dataset, Document
from tenants.errors import Invalid

_SHOWN = 50
_SECONDS = 20


class CannotBeRead(Invalid):
    """The code says why, as it would with the document."""


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """`chunks` are the first of `chunk_count`."""

    title: str
    language: str
    pages: int | None
    characters: int
    warnings: Sequence[str]
    chunk_count: int
    chunks: Sequence[Piece]


def preview(
    *,
    dataset: Dataset,
    document: Document | None = None,
    file: File[bytes] | None = None,
    content: str | None = None,
    chunk_size: int | None = None,
    chunk_overlap: int | None = None,
) -> Preview:
    """Of a document that is there, a file or a text, by the given settings or the dataset's. Raises `CannotBeRead`,
    or `Refused` for a file that would not be taken."""
    size = chunk_size or dataset.chunk_size
    overlap = dataset.chunk_overlap if chunk_overlap is None else chunk_overlap
    if overlap > size // 2:
        raise Invalid(errors={"chunk_overlap": [_("At most half of the chunk size.")]})
    try:
        with _source(document, file, content) as (path, name):
            limits = dataclasses.replace(reading.limits(), seconds=_SECONDS)
            extracted, tongue = reading.extract(
                path, file_name=name, title=document.title if document else "", said="", limits=limits,
                on_wait=lambda: None,
            )  # fmt: skip
        text = reading.pieces(extracted, size=size, overlap=overlap)
    except ExtractionError as refused:
        raise CannotBeRead(words.again(refused.detail), code=refused.code) from refused
    return Preview(
        title=document.title if document else extracted.title,
        language=tongue.language,
        pages=extracted.pages,
        characters=len(text.text),
        warnings=extracted.warnings,
        chunk_count=len(text.pieces),
        chunks=text.pieces[:_SHOWN],
    )


@contextmanager
def _source(document: Document | None, file: File[bytes] | None, content: str | None) -> Iterator[tuple[Path, str]]:
    if document is not None:
        if not document.file_key:
            raise Invalid(_("This page was not fetched yet; wait until it is."), code="not_fetched")
        with fetch.local(document.file_key) as path:
            yield path, name_of(document.source_type, document.file_name)
        return
    given: Any = incoming.checked([file])[0] if file is not None else incoming.text(title="x", content=content or "")
    with tempfile.NamedTemporaryFile(prefix="preview-") as copy:
        given.file.seek(0)
        for part in given.file.chunks():
            copy.write(part)
        copy.flush()
        yield Path(copy.name), given.file_name or "text.txt"
