"""Opens a DOCX package safely: a stranger's ZIP goes in, a small clean one in memory comes out.

Checked before and while unpacking: number and size of the parts, how far they expand, document type
definitions. Copied: the XML that text can stand in. Pictures, embedded files and everything that points
outside stay behind.
"""

import io
import posixpath
import zipfile
from typing import BinaryIO, Final

from lxml import etree

from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Limits

_PARTS: Final = 5_000
_RATIO: Final = 250  # Word's own XML shrinks up to a hundredfold
_RATIO_FROM: Final = 4_000_000
_CHUNK: Final = 1 << 20
_DTD: Final = tuple("<!DOCTYPE".encode(e) for e in ("ascii", "utf-16-le", "utf-16-be"))
_RELATIONSHIP: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_UNREADABLE: Final = "The document is damaged or was cut off in transfer. Save it again in Word and upload it."
_BOMB: Final = "The document unpacks to far more data than a document of its size should. Save it again in Word."


def opened(stream: BinaryIO, *, limits: Limits) -> io.BytesIO:
    try:
        with zipfile.ZipFile(stream) as source:
            _check(source, limits)
            return _copied(source, limits)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        NotImplementedError,
        OSError,
        etree.XMLSyntaxError,
    ) as error:
        raise ExtractionError("corrupt_file", _UNREADABLE, diagnosis=repr(error)[:300]) from None
    except RuntimeError as error:  # zipfile's word for a part behind a password
        raise ExtractionError(
            "encrypted_file", "The document is locked with a password. Remove it and upload again."
        ) from error


def _check(source: zipfile.ZipFile, limits: Limits) -> None:
    parts = source.infolist()
    if len(parts) > _PARTS or sum(part.file_size for part in parts) > limits.unpacked_bytes:
        raise ExtractionError("too_large", _BOMB)
    if any(part.file_size > _RATIO_FROM and part.file_size > part.compress_size * _RATIO for part in parts):
        raise ExtractionError("too_large", _BOMB)


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


def _read(source: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Counts what really comes out: the sizes in the directory are only what the file says of itself."""
    data = bytearray()
    with source.open(name) as part:
        while chunk := part.read(_CHUNK):
            data += chunk
            if len(data) > limit:
                raise ExtractionError("too_large", _BOMB)
    if any(mark in data for mark in _DTD):
        raise ExtractionError("corrupt_file", "The document declares XML entities, which no Word document does.")
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
