"""Reads scanned pages with Tesseract, where the operator installed it; an optional extra.

The file is opened in the sandbox, which draws one page at a time; what Tesseract gets is that drawing, a plain bitmap,
in a process of its own with limits on time and memory.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from knowledge.ingest.extract import sandbox
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Block, Extracted, Limits

_PAGE_SECONDS: Final = 60
_MEMORY: Final = 1 << 30
_SURE: Final = 40.0  # of 100: the confidence that a page's words must have on average to be taken for words
_PAGES: Final = 300  # that are read of one document
_FALLBACK: Final = "eng"
# ISO 639-1 to the names of Tesseract's languages.
_NAMES: Final = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin",
    "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "it": "ita", "ja": "jpn", "ko": "kor", "nl": "nld",
    "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "th": "tha", "tr": "tur",
    "uk": "ukr", "vi": "vie", "zh": "chi_sim",
}  # fmt: skip


def is_available() -> bool:
    return shutil.which("tesseract") is not None


def filled(
    extracted: Extracted, path: Path, *, language: str, limits: Limits, on_wait: Callable[[], None]
) -> Extracted:
    """The document with the text of its scanned pages, or with a warning that they were left out. Raises
    `ExtractionError` where nothing but scanned pages is there and nobody can read them."""
    pages = len(extracted.scanned)
    if not is_available():
        if not extracted.blocks:
            raise ExtractionError(
                "scanned",
                f"All text of this document is in pictures ({pages} scanned pages), and text recognition is not "
                "installed here. Upload a version with text, or ask the operator for text recognition.",
            )
        return _with(extracted, extracted.blocks, f"{pages} scanned pages were left out: they are pictures.")
    read: dict[int, list[Block]] = {}
    for page in extracted.scanned[:_PAGES]:
        read[page] = _page(path, page, language=language, limits=limits, on_wait=on_wait)
    blocks = sorted(
        [*extracted.blocks, *(block for page in read.values() for block in page)], key=lambda b: b.page or 0
    )
    if not blocks:
        raise ExtractionError("scanned", "The pages of this document are pictures, and no text was recognised in them.")
    return _with(extracted, tuple(blocks), f"{len(read)} scanned pages were read by text recognition; check them.")


def _with(extracted: Extracted, blocks: Sequence[Block], warning: str) -> Extracted:
    return dataclasses.replace(extracted, blocks=tuple(blocks), scanned=(), warnings=(*extracted.warnings, warning))


def _page(path: Path, page: int, *, language: str, limits: Limits, on_wait: Callable[[], None]) -> list[Block]:
    bitmap = sandbox.render(path, page=page, limits=limits, on_wait=on_wait)
    rows = csv.DictReader(io.StringIO(_tesseract(bitmap, language, on_wait)), delimiter="\t", quoting=csv.QUOTE_NONE)
    return list(_blocks(rows, page))


def _blocks(rows: Iterator[dict[str, str]] | csv.DictReader[str], page: int) -> Iterator[Block]:
    """A block a paragraph, its lines apart by newlines; nothing where the words are mostly guessed."""
    paragraphs: dict[tuple[str, str], dict[str, list[str]]] = {}
    sure: list[float] = []
    for row in rows:
        word = (row.get("text") or "").strip()
        if word:
            sure.append(float(row["conf"]))
            lines = paragraphs.setdefault((row["block_num"], row["par_num"]), {})
            lines.setdefault(row["line_num"], []).append(word)
    if sure and sum(sure) / len(sure) >= _SURE:
        for lines in paragraphs.values():
            yield Block("paragraph", "\n".join(" ".join(words) for words in lines.values()), page=page)


def _tesseract(bitmap: bytes, language: str, on_wait: Callable[[], None]) -> str:
    """Tesseract's table of words. Raises `ExtractionError` where it takes too long or breaks."""
    command = ["tesseract", "-", "-", "-l", _languages(language), "--psm", "1", "tsv"]
    process = subprocess.Popen(  # noqa: S603 -- a fixed command; the bitmap is one that we drew
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        env={"PATH": os.environ.get("PATH", os.defpath), "OMP_THREAD_LIMIT": "1", "LANG": "C.UTF-8"}, cwd="/",
    )  # fmt: skip
    try:
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (_PAGE_SECONDS, _PAGE_SECONDS))
        out = _answer(process, bitmap, on_wait)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode != 0:
        raise ExtractionError("parser_crashed", "Text recognition broke on a page of this document. Split it.")
    return out.decode("utf-8", "replace")


def _answer(process: subprocess.Popen[bytes], bitmap: bytes, on_wait: Callable[[], None]) -> bytes:
    begun = time.monotonic()
    given: bytes | None = bitmap  # handed over once, however often we look for the answer
    while True:
        try:
            return process.communicate(given, timeout=1)[0]
        except subprocess.TimeoutExpired:
            given = None
            on_wait()
            if time.monotonic() - begun > _PAGE_SECONDS:
                raise ExtractionError("timed_out", "Text recognition took too long on a page. Split it.") from None


def _languages(language: str) -> str:
    wanted = _NAMES.get(language, _FALLBACK)
    installed = _installed()
    if wanted in installed:
        return wanted if wanted == _FALLBACK or _FALLBACK not in installed else f"{wanted}+{_FALLBACK}"
    return _FALLBACK if _FALLBACK in installed or not installed else sorted(installed)[0]


@cache
def _installed() -> frozenset[str]:
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False, timeout=10)  # noqa: S607 -- found on the operator's path
    return frozenset(listed.stdout.split("\n")[1:]) - {"", "osd"}
