"""Which module reads which kind of file; each is imported only in the child that needs it."""

from importlib import import_module
from typing import BinaryIO, Final, Protocol, cast

from knowledge.ingest.extract import sniff
from knowledge.ingest.types import Extracted, Limits


class Extractor(Protocol):
    """A module with this function; the stream is at its beginning and can seek."""

    def extract(self, stream: BinaryIO, *, limits: Limits) -> Extracted: ...


_MODULES: Final = {
    "pdf": "knowledge.ingest.extract.pdf",
    "docx": "knowledge.ingest.extract.docx",
    "txt": "knowledge.ingest.extract.txt",
    "md": "knowledge.ingest.extract.markdown",
    "html": "knowledge.ingest.extract.html",
    "csv": "knowledge.ingest.extract.table",
    "xlsx": "knowledge.ingest.extract.sheets",
    "ods": "knowledge.ingest.extract.sheets",
    "xls": "knowledge.ingest.extract.sheets",
    "pptx": "knowledge.ingest.extract.pptx",
    "odt": "knowledge.ingest.extract.odt",
    "rtf": "knowledge.ingest.extract.rtf",
    "epub": "knowledge.ingest.extract.epub",
    "eml": "knowledge.ingest.extract.eml",
    "qa": "knowledge.ingest.extract.qa",
}


def extractor_for(stream: BinaryIO, *, file_name: str) -> Extractor:
    kind = sniff.kind_of(stream, file_name=file_name)
    stream.seek(0)
    return cast("Extractor", import_module(_MODULES[kind]))
