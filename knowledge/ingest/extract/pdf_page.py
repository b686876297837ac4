"""One page of a PDF through PDFium: its lines of text with their looks, its ruled lines, and whether it is a scan."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from knowledge.ingest.extract.pdf_tables import Rule
from knowledge.ingest.extract.pdf_types import Line

_TEXT_NEEDED: Final = 16  # characters: a stamp or a page number is not a text layer
_SCAN_SHARE: Final = 0.5  # of the page that its pictures cover
_PATHS: Final = 1_500  # on a page; one with more is a drawing, and its rules are no tables
_SEGMENTS: Final = 500  # of a path; one with more is a drawing
_THIN: Final = 3.0  # points: what is thinner is a rule, and what is thicker a box
_BOLD_WEIGHT: Final = 600
_BOLD: Final = re.compile(rb"bold|black|heavy|-medi|,b\b", re.IGNORECASE)
# PDFium marks a hyphen at a line's end, and leaves the line break out there.
_HYPHEN: Final = "\x02\ufffe"
_BREAK: Final = re.compile(f"\r\n|\r|\n|(?<=[{_HYPHEN}])")
_SOFT: Final = {ord(mark): "-" for mark in _HYPHEN} | {0xFFFF: None, 0x00: None}
# Lam and alef are one glyph, whose two letters come in the wrong order where the text runs from the right.
_LAM_ALEF: Final = re.compile("[اأإآ]ل")

Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(slots=True)
class Sheet:
    lines: list[Line]
    rules: list[Rule]
    is_scan: bool
    text: pdfium.PdfTextPage
    mended: dict[str, str]  # words that were not in order, and how they are

    def words_in(self, box: Box) -> str:
        """The text inside a box, on one line."""
        left, bottom, right, top = box
        found = self.text.get_text_bounded(left=left, bottom=bottom, right=right, top=top)
        words = found.translate(_SOFT).split()
        return " ".join(self.mended.get(word, word) for word in words)


def read(page: pdfium.PdfPage) -> Sheet:
    text = page.get_textpage()
    count = text.count_chars()
    mended: dict[str, str] = {}
    lines = list(_lines(text, count, mended))
    written = sum(len(line.text.strip()) for line in lines)
    is_scan = written < _TEXT_NEEDED and _is_scan(page)
    return Sheet([] if is_scan else lines, [] if written < _TEXT_NEEDED else _rules(page), is_scan, text, mended)


def _lines(text: pdfium.PdfTextPage, count: int, mended: dict[str, str]) -> Iterator[Line]:
    """In the order of the page's content, which is how it was written; PDFium puts a line break between two lines."""
    if count <= 0:
        return
    whole = text.get_text_range(0, count, errors="replace")
    start = 0
    for found in [*_BREAK.finditer(whole), None]:
        end = found.start() if found else len(whole)
        written = whole[start:end]
        if _LAM_ALEF.search(written):
            ordered = _in_order(text, written, start, count)
            mended.update(zip(written.split(), ordered.split(), strict=True))
            written = ordered
        line = _line(text, written, start, count)
        if line is not None:
            yield line
        start = found.end() if found else end


def _line(text: pdfium.PdfTextPage, written: str, start: int, count: int) -> Line | None:
    words = written.translate(_SOFT)
    if not words.strip():
        return None
    first = start + len(written) - len(written.lstrip())
    last = start + len(written.rstrip()) - 1
    inked = next(at for at in range((first + last) // 2, last + 1) if not written[at - start].isspace())
    middle = _index(text, inked, count)
    box, end = _box(text, first, count), _box(text, last, count)
    angle = raw.FPDFText_GetCharAngle(text, middle)
    return Line(
        text=words, size=_size(text, middle), bold=_is_bold(text, middle),
        upright=abs(math.sin(angle)) < 0.5, x=min(box[0], end[0]), right=max(box[2], end[2]), y=box[1],
        top=max(box[3], end[3]),
    )  # fmt: skip


def _in_order(text: pdfium.PdfTextPage, written: str, start: int, count: int) -> str:
    letters = list(written)
    for found in _LAM_ALEF.finditer(written):
        at = found.start()
        if _box(text, start + at, count) == _box(text, start + at + 1, count):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _index(text: pdfium.PdfTextPage, at: int, count: int) -> int:
    """PDFium counts characters; its text leaves some of them out."""
    found = raw.FPDFText_GetCharIndexFromTextIndex(text, at)
    return min(max(found if found >= 0 else at, 0), count - 1)


def _box(text: pdfium.PdfTextPage, at: int, count: int) -> Box:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(text, _index(text, at, count), left, right, bottom, top)
    return float(left.value), float(bottom.value), float(right.value), float(top.value)


def _size(text: pdfium.PdfTextPage, at: int) -> float:
    """In points, by halves; a text matrix may scale what the font says."""
    matrix = raw.FS_MATRIX()
    scale = math.hypot(matrix.c, matrix.d) if raw.FPDFText_GetMatrix(text, at, matrix) else 1.0
    return round(float(raw.FPDFText_GetFontSize(text, at)) * (scale or 1.0) * 2) / 2


def _is_bold(text: pdfium.PdfTextPage, at: int) -> bool:
    if raw.FPDFText_GetFontWeight(text, at) >= _BOLD_WEIGHT:
        return True
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    raw.FPDFText_GetFontInfo(text, at, name, 128, flags)
    return _BOLD.search(name.value) is not None


def _is_scan(page: pdfium.PdfPage) -> bool:
    width, height = page.get_size()
    covered = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        covered += max(0.0, min(right, width) - max(left, 0)) * max(0.0, min(top, height) - max(bottom, 0))
    return bool(covered >= width * height * _SCAN_SHARE)


def _rules(page: pdfium.PdfPage) -> list[Rule]:
    """The straight lines across and down, drawn as lines, as thin boxes, or as the edges of boxes."""
    width, height = page.get_size()
    rules: list[Rule] = []
    for number, path in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=2)):
        if number > _PATHS:
            return []
        left, bottom, right, top = path.get_bounds()
        if right - left > width * 0.98 and top - bottom > height * 0.9:
            continue  # the page's own frame
        rules.extend(_of_path(path.raw, left, bottom, right, top))
    return rules


def _of_path(path: Any, left: float, bottom: float, right: float, top: float) -> Iterator[Rule]:  # noqa: ANN401 -- a ctypes pointer
    if top - bottom <= _THIN and right - left <= _THIN:
        return  # a dot
    if top - bottom <= _THIN:
        yield Rule(across=True, at=(bottom + top) / 2, start=left, end=right)
    elif right - left <= _THIN:
        yield Rule(across=False, at=(left + right) / 2, start=bottom, end=top)
    elif raw.FPDFPath_CountSegments(path) in (4, 5):
        for at in (bottom, top):
            yield Rule(across=True, at=at, start=left, end=right)
        for at in (left, right):
            yield Rule(across=False, at=at, start=bottom, end=top)
    elif raw.FPDFPath_CountSegments(path) <= _SEGMENTS:
        yield from _of_segments(path)


def _of_segments(path: Any) -> Iterator[Rule]:  # noqa: ANN401 -- same
    """Many lines drawn as one, as the grid of a table often is."""
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(path, matrix)
    x, y, last = ctypes.c_float(), ctypes.c_float(), (0.0, 0.0)
    for number in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        here = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_LINETO:
            yield from _between(last, here)
        last = here


def _between(one: tuple[float, float], other: tuple[float, float]) -> Iterator[Rule]:
    (left, right), (low, high) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    if high - low <= 1 and right - left > _THIN:
        yield Rule(across=True, at=low, start=left, end=right)
    elif right - left <= 1 and high - low > _THIN:
        yield Rule(across=False, at=left, start=low, end=high)
