"""From a file to pieces: extract, read what is scanned, clean, split; each step within the tenant's limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from knowledge import language, tokens
from knowledge.ingest import clean, split
from knowledge.ingest.extract import ocr, sandbox
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Extracted, Limits, SplitText
from tenants import plans

MOST_CHUNKS = 10_000
_SAMPLE = 200  # blocks that tell the language
_FEWER = "The document makes {found:,} chunks; the limit is {most:,}. Split the document, or choose larger chunks."


@dataclass(frozen=True, slots=True)
class Tongue:
    language: str
    search_config: str


def limits() -> Limits:
    """What the current tenant's plan allows a document to be, within what the system allows any."""
    most = Limits()
    return Limits(
        file_bytes=min(plans.limit_of("document_bytes") or settings.MAX_UPLOAD_BYTES, settings.MAX_UPLOAD_BYTES),
        pages=min(plans.limit_of("document_pages") or most.pages, most.pages),
        characters=min(plans.limit_of("document_characters") or most.characters, most.characters),
        seconds=settings.INGEST_PARSE_SECONDS,
    )


def extract(
    path: Path, *, file_name: str, title: str, said: str, limits: Limits, on_wait: Callable[[], None]
) -> tuple[Extracted, Tongue]:
    """The clean text, and the language it is in; `said` is the language to believe where the text cannot tell."""
    extracted = sandbox.extract(path, file_name=file_name, limits=limits, on_wait=on_wait)
    if extracted.scanned:
        extracted = ocr.filled(extracted, path, language=said, limits=limits, on_wait=on_wait)
    extracted = clean.clean(extracted)
    found = language.detect("\n".join([title, *(block.text for block in extracted.blocks[:_SAMPLE])])) or said
    return extracted, Tongue(found, tokens.config_for(found))


def pieces(extracted: Extracted, *, size: int, overlap: int) -> SplitText:
    text = split.split(extracted, size=size, overlap=overlap)
    if not text.pieces:
        raise ExtractionError("no_text", "There is no text in this document.")
    most = min(plans.limit_of("document_chunks") or MOST_CHUNKS, MOST_CHUNKS)
    if len(text.pieces) > most:
        raise ExtractionError("too_many_chunks", _FEWER.format(found=len(text.pieces), most=most))
    return text
