"""Bytes to text: byte-order marks, Unicode without marks, damaged UTF-8, and the older encodings."""

import codecs
from typing import Final

from knowledge.ingest.extract.errors import ExtractionError

_BOMS: Final = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE: Final = 64_000
_BINARY_SHARE: Final = 0.3

DAMAGED: Final = "Some characters could not be read and were replaced."


def text_of(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text and what the tenant should know about it."""
    encoding = _declared(data) or _unmarked_unicode(data)
    if encoding:
        return _lenient(data, encoding)
    try:
        return _checked(data.decode("utf-8")), ()
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", errors="replace")
    if _is_damaged_utf8(text):
        return _checked(text), (DAMAGED,)
    return _lenient(data, _guess(data))


def _declared(data: bytes) -> str:
    return next((name for mark, name in _BOMS if data.startswith(mark)), "")


def _unmarked_unicode(data: bytes) -> str:
    """UTF-16 and UTF-32 betray themselves by where their zero bytes stand."""
    sample = data[:_SAMPLE]
    if len(sample) < 8:
        return ""
    zeros = [sample[i::4].count(0) / max(1, len(sample[i::4])) for i in range(4)]
    full = [share > 0.9 for share in zeros]
    if full[1:] == [True, True, True] and not full[0]:
        return "utf-32-le"
    if full[:3] == [True, True, True] and not full[3]:
        return "utf-32-be"
    if min(zeros[1], zeros[3]) > 0.4 and max(zeros[0], zeros[2]) < 0.1:
        return "utf-16-le"
    if min(zeros[0], zeros[2]) > 0.4 and max(zeros[1], zeros[3]) < 0.1:
        return "utf-16-be"
    return ""


def _lenient(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = _checked(data.decode(encoding, errors="replace").removeprefix("\ufeff"))
    return text, (DAMAGED,) if "\ufffd" in text else ()


def _is_damaged_utf8(text: str) -> bool:
    """Whether most of what is not ASCII was valid UTF-8; otherwise the text is in another encoding."""
    sample = text[:_SAMPLE]
    bad = sample.count("\ufffd")
    good = sum(1 for c in sample if c > "\x7f") - bad
    return good > bad or bad == 0


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 -- slow to load, and few files need it

    best = from_bytes(data[:_SAMPLE]).best()
    return best.encoding if best else "cp1252"


def _checked(text: str) -> str:
    """Text has few control characters; a program under another name has many."""
    sample = text[:_SAMPLE]
    odd = sum(1 for c in sample if (c < " " and c not in "\t\n\r\f\v\x00") or c == "\ufffd" or "\x7f" <= c <= "\x84")
    if odd > len(sample) * _BINARY_SHARE:
        raise ExtractionError("corrupt_file", "The file does not contain readable text. Save it as UTF-8 text.")
    return text
