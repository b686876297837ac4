"""Draws a page of a PDF as a grey bitmap, for text recognition; runs in the sandboxed child."""

from typing import BinaryIO, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from knowledge.ingest.extract.errors import ExtractionError

_DOTS_AN_INCH: Final = 300
_PIXELS: Final = 20_000_000  # A4 at 300 dots an inch has nine


def drawn(stream: BinaryIO, *, page: int) -> bytes:
    """The page as a PGM file. Raises `ExtractionError`."""
    try:
        sheet = pdfium.PdfDocument(stream.read())[page - 1]
        width, height = sheet.get_size()
        scale = min(_DOTS_AN_INCH / 72, (_PIXELS / max(1.0, width * height)) ** 0.5)
        bitmap = sheet.render(scale=scale, grayscale=True, force_bitmap_format=raw.FPDFBitmap_Gray)
    except (pdfium.PdfiumError, IndexError) as error:
        raise ExtractionError("corrupt_file", "A page of the PDF is damaged.", diagnosis=repr(error)) from None
    rows = memoryview(bitmap.buffer).cast("B")
    lines = [rows[y * bitmap.stride : y * bitmap.stride + bitmap.width] for y in range(bitmap.height)]
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(lines)
