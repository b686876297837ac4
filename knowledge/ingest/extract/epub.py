"""E-books: the chapters in their order, each read as the web page that it is."""

import io
import posixpath
from collections.abc import Iterator
from typing import BinaryIO, Final
from urllib.parse import unquote

from knowledge.ingest.extract import html, package
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Block, Extracted, Limits

_OPF: Final = "{http://www.idpf.org/2007/opf}"
_ROOT: Final = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_TITLE: Final = "{http://purl.org/dc/elements/1.1/}title"
_READ: Final = (".xml", ".opf", ".xhtml", ".html", ".htm")
_DAMAGED: Final = "The e-book is damaged. Export it again and upload it."


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    parts = package.parts(stream, wanted=lambda name: name.lower().endswith(_READ), limits=limits)
    if "META-INF/encryption.xml" in parts and b"EncryptedKey" in parts["META-INF/encryption.xml"]:
        raise ExtractionError("encrypted_file", "The e-book is protected. Upload one without protection.")
    book = next(package.parsed(parts.get("META-INF/container.xml", b"<x/>")).iter(_ROOT), None)
    where = "" if book is None else str(book.get("full-path"))
    if where not in parts:
        raise ExtractionError("corrupt_file", _DAMAGED)
    root = package.parsed(parts[where])
    title = next(root.iter(_TITLE), None)
    blocks: list[Block] = []
    for name in _chapters(root, posixpath.dirname(where)):
        if name in parts:
            blocks.extend(html.extract(io.BytesIO(parts[name]), limits=limits).blocks)
    return Extracted(tuple(blocks), title=str(getattr(title, "text", "") or "")[:300])


def _chapters(root: package.Element, folder: str) -> Iterator[str]:
    files = {item.get("id"): unquote(item.get("href") or "") for item in root.iter(f"{_OPF}item")}
    for entry in root.iter(f"{_OPF}itemref"):
        if entry.get("idref") in files and entry.get("linear") != "no":
            yield posixpath.normpath(posixpath.join(folder, files[entry.get("idref")]))
