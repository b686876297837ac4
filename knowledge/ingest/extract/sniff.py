"""Which extractor reads a file: the name promises, the bytes decide.

PDF and DOCX are told by their bytes whatever the file is called, because refusing a readable file over
its name helps nobody and the sandbox is the same for all. A text format is told by its name, because
bytes cannot tell Markdown from CSV; bytes that are known to be something else are refused by that name.
"""

import io
import zipfile
from pathlib import PurePath
from typing import BinaryIO, Final

from knowledge.ingest.extract.errors import ExtractionError

SUFFIXES: Final = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".txt": "txt",
    ".text": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".ods": "ods",
    ".xls": "xls",
    ".pptx": "pptx",
    ".odt": "odt",
    ".rtf": "rtf",
    ".epub": "epub",
    ".eml": "eml",
}
CONTENT_TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain",
    "md": "text/markdown",
    "html": "text/html",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "xls": "application/vnd.ms-excel",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "rtf": "application/rtf",
    "epub": "application/epub+zip",
    "eml": "message/rfc822",
}
_PAIRS: Final = ".qa.json"  # our own, never offered
SUPPORTED: Final = "PDF, DOCX, PPTX, XLSX, ODT, ODS, XLS, RTF, EPUB, EML, TXT, MD, HTML and CSV"

_HEAD: Final = 4096
_PDF_WITHIN: Final = 1024  # readers accept a PDF header anywhere in the first kilobyte

_BINARY: Final = frozenset({"pdf", "docx", "xlsx", "ods", "xls", "pptx", "odt", "rtf", "epub"})
_PARTS: Final = (("word/document.xml", "docx"), ("xl/workbook.", "xlsx"), ("ppt/presentation.xml", "pptx"))
_OPEN: Final = (
    (b"application/vnd.oasis.opendocument.text", "odt"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"application/epub", "epub"),
)
_FOREIGN: Final = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"SQLite format 3", "a database"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file"),
)
_ZIPPED: Final = {
    "META-INF/": "a Java archive",
}


def kind_of(stream: BinaryIO, *, file_name: str) -> str:
    """The name of the extractor for this file, or a refusal that says what the file is."""
    stream.seek(0)
    head = stream.read(_HEAD)
    suffix = PurePath(file_name).suffix.lower()
    named = SUFFIXES.get(suffix)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(stream)
    if head.startswith(b"%PDF-") or (named == "pdf" and b"%PDF-" in head[:_PDF_WITHIN]):
        return "pdf"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(stream)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if file_name.endswith(_PAIRS):
        return "qa"
    _refuse_foreign(head)
    if named in _BINARY:
        raise ExtractionError(
            "corrupt_file", f"The file is named {suffix} but is not a {suffix[1:].upper()} file. Export it again."
        )
    if named is None and suffix:
        raise ExtractionError("unsupported_type", f"Files named {suffix} are not supported. Supported: {SUPPORTED}.")
    return named or "txt"


def _refuse_foreign(head: bytes) -> None:
    for magic, what in _FOREIGN:
        # MZ may also begin a text; a program continues with bytes that no text has.
        if head.startswith(magic) and (len(magic) > 3 or b"\x00" in head[:64]):
            raise ExtractionError("unsupported_type", f"The file is {what}. Supported: {SUPPORTED}.")


def _zip_kind(stream: BinaryIO) -> str:
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            odf = (
                archive.read("mimetype")[:80]
                if "mimetype" in names and archive.getinfo("mimetype").file_size < 200
                else b""
            )
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        raise ExtractionError(
            "corrupt_file", "The document is damaged or was cut off in transfer. Upload it again."
        ) from None
    known = [kind for part, kind in _PARTS if any(name.startswith(part) for name in names)]
    known += [kind for mark, kind in _OPEN if odf.startswith(mark)]
    if known:
        return known[0]
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        return "docx"
    what = next(
        (w for p, w in _ZIPPED.items() if any(n.startswith(p) for n in names)), "a ZIP archive; upload the files in it"
    )
    raise ExtractionError("unsupported_type", f"The file is {what}. Supported: {SUPPORTED}.")


def _ole(stream: BinaryIO) -> str:
    """The container of the old office formats, into which a new one is wrapped when it is locked."""
    stream.seek(0, io.SEEK_SET)
    data = stream.read(8_000_000)
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise ExtractionError("encrypted_file", "The document is locked with a password. Remove it and upload again.")
    if "Workbook".encode("utf-16-le") in data:
        return "xls"
    raise ExtractionError(
        "unsupported_type", "The file is in an old Office format (DOC or PPT). Save it as DOCX, PPTX or PDF."
    )
