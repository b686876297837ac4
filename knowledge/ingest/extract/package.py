"""Opens an office package safely: a stranger's ZIP goes in, a small clean one in memory or its parts come out.

Checked before and while unpacking: number and size of the parts, how far they expand, document type
definitions. Copied: the XML that text can stand in. Pictures, embedded files and everything that points
outside stay behind.
"""

import contextlib
import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from lxml import etree

from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Limits

_PARTS: Final = 5_000
_RATIO: Final = 250  # Word's own XML shrinks up to a hundredfold
_RATIO_FROM: Final = 4_000_000
_HYPERTEXT: Final = (".xhtml", ".html", ".htm")
_CHUNK: Final = 1 << 20
_DTD: Final = tuple("<!DOCTYPE".encode(e) for e in ("ascii", "utf-16-le", "utf-16-be"))
_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
Element = Any  # lxml comes without types
_UNREADABLE: Final = "The document is damaged or was cut off in transfer. Save it again and upload it."
_BOMB: Final = "The document unpacks to far more data than a document of its size should. Save it again."


def opened(stream: BinaryIO, *, limits: Limits) -> io.BytesIO:
    """A DOCX that holds nothing but what text can stand in."""
    with _unzipped(stream) as source:
        _check(source, limits)
        return _copied(source, limits)


def parts(stream: BinaryIO, *, wanted: Callable[[str], bool], limits: Limits) -> dict[str, bytes]:
    """The parts of these names, unpacked. XML with entities of its own is refused; XHTML may name its document type."""
    found: dict[str, bytes] = {}
    left = limits.unpacked_bytes
    with _unzipped(stream) as source:
        _check(source, limits)
        for name in source.namelist():
            if wanted(name) and name not in found:
                found[name] = _read(source, name, left, entities=name.endswith(_HYPERTEXT))
                left -= len(found[name])
    return found


def check(stream: BinaryIO, *, limits: Limits) -> None:
    """Raise `ExtractionError` where the package unpacks to more than a document should; rewinds the stream."""
    with _unzipped(stream) as source:
        _check(source, limits)
    stream.seek(0)


def parsed(data: bytes) -> Element:
    """The root of a part's XML. Raises `ExtractionError`."""
    try:
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as error:
        raise ExtractionError("corrupt_file", _UNREADABLE, diagnosis=repr(error)[:300]) from None


@contextlib.contextmanager
def _unzipped(stream: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(stream) as source:
            yield source
    except (
        zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, zlib.error,
        etree.XMLSyntaxError,
    ) as error:  # fmt: skip
        raise ExtractionError("corrupt_file", _UNREADABLE, diagnosis=repr(error)[:300]) from None
    except RuntimeError as error:  # zipfile's word for a part behind a password
        raise ExtractionError(
            "encrypted_file", "The document is locked with a password. Remove it and upload again."
        ) from error


def _check(source: zipfile.ZipFile, limits: Limits) -> None:
    parts = source.infolist()
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise ExtractionError("unpacks_too_large", _BOMB)
    if any(part.file_size > _RATIO_FROM and part.file_size > part.compress_size * _RATIO for part in parts):
        raise ExtractionError("unpacks_too_large", _BOMB)


def _copied(source: zipfile.ZipFile, limits: Limits) -> io.BytesIO:
    names = frozenset(source.namelist())
    target = io.BytesIO()
    left = limits.unpacked_bytes
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as clean:
        for name in sorted(names):
            data = b""
            if name.endswith((".xml", ".rels")):
                data = _read(source, name, left)
                left -= len(data)
            clean.writestr(
                zipfile.ZipInfo(name), _without_outside(data, name, names) if name.endswith(".rels") else data
            )
    target.seek(0)
    return target


def _read(source: zipfile.ZipFile, name: str, limit: int, *, entities: bool = False) -> bytes:
    """Counts what really comes out: the sizes in the directory are only what the file says of itself."""
    data = bytearray()
    with source.open(name) as part:
        while chunk := part.read(_CHUNK):
            data += chunk
            if len(data) > limit:
                raise ExtractionError("unpacks_too_large", _BOMB)
    if not entities and any(mark in data for mark in _DTD):
        raise ExtractionError("corrupt_file", "The document declares XML entities, which no office document does.")
    return bytes(data)


def _without_outside(data: bytes, name: str, names: frozenset[str]) -> bytes:
    """Drops relationships that lead out of the package or to parts that are missing."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    base = posixpath.dirname(posixpath.dirname(name))
    for relation in root.findall(_RELATIONSHIP):
        target = posixpath.normpath(posixpath.join("/", base, relation.get("Target") or "")).lstrip("/")
        if relation.get("TargetMode") == "External" or target not in names:
            root.remove(relation)
    return bytes(etree.tostring(root))
