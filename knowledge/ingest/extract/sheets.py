"""Workbooks (XLSX, XLSM, ODS, XLS): each visible sheet under its name, each row naming its columns.

The packages are read by calamine, which knows no macros and no formulas, only the values that were last computed.
"""

import datetime
import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    XmlError,
    ZipError,
)

from knowledge.ingest.extract import package
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.extract.table import blocks_of
from knowledge.ingest.types import Block, Extracted, Limits

_SHEETS: Final = 500
_DAMAGED: Final = "The workbook is damaged. Open it, save it again and upload it."


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    if stream.read(2) == b"PK":
        package.check(stream, limits=limits)
    stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(stream.read()))
        return Extracted(tuple(_blocks(book, limits)))
    except PasswordError:
        raise ExtractionError(
            "encrypted_file", "The workbook is locked with a password. Remove it and upload again."
        ) from None
    except (CalamineError, XmlError, ZipError, ValueError, OSError) as error:
        raise ExtractionError("corrupt_file", _DAMAGED, diagnosis=repr(error)[:300]) from None


def _blocks(book: CalamineWorkbook, limits: Limits) -> Iterator[Block]:
    characters = 0
    for sheet in book.sheets_metadata[:_SHEETS]:
        if sheet.visible != SheetVisibleEnum.Visible or sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        rows = ([_said(cell) for cell in row] for row in book.get_sheet_by_name(sheet.name).iter_rows())
        heading = Block("heading", sheet.name, 1)
        for number, block in enumerate(blocks_of(rows)):
            if number == 0:
                yield heading
            characters += len(block.text)
            if characters > limits.characters:
                raise ExtractionError(
                    "too_many_characters",
                    f"The workbook holds more than {limits.characters:,} characters of text. Split it.",
                )
            yield block


def _said(value: Any) -> str:  # noqa: ANN401 -- whatever a cell holds
    """A value as a person reads it: no time where there is none, no decimals where there are none."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return str(value)
