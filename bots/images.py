"""What a logo may be, told by its bytes and not by its name: PNG, JPEG or WebP, of a bounded size. Pure.

SVG is none of them: it can hold scripts.
"""

from __future__ import annotations

import struct

from django.utils.translation import gettext as _

MOST_BYTES = 200 * 1024
MOST_PIXELS = 2_000  # a side; a small file can unfold to a huge picture
KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WebP"}
_NO_FRAME = {0xC4, 0xC8, 0xCC}  # tables, between the codes that begin a frame


def kind_of(data: bytes) -> str:
    """The media type of a picture. Raises `ValueError` with a sentence where it may be no logo."""
    if len(data) > MOST_BYTES:
        raise ValueError(_("A logo has at most %(most)s KB.") % {"most": MOST_BYTES // 1024})
    for kind, measure in _MEASURES.items():
        size = measure(data)
        if size is None:
            continue
        if not all(0 < side <= MOST_PIXELS for side in size):
            raise ValueError(_("A logo has at most %(most)s pixels a side.") % {"most": MOST_PIXELS})
        return kind
    raise ValueError(_("A logo is a picture in the format %(kinds)s.") % {"kinds": ", ".join(KINDS.values())})


def _png(data: bytes) -> tuple[int, int] | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """From segment to segment, to the one that begins the frame."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        code, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= code <= 0xCF and code not in _NO_FRAME:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    chunk, body = data[12:16], data[20:]
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


_MEASURES = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}
