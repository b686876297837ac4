"""What a message says once its disguise is taken off: look-alike letters, digits for letters, codes, reversal. Pure.

In: a message. Out: the readings it may have, the plain one first; the others only where something was disguised. They
are good for patterns that are decisive by themselves, and for nothing else: a wrong reading is noise.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

READ = 20_000
SHORT = 4_000  # as far as a message is read backwards
PIECES = 8

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]")
_TYPED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "`": "'"})
_SPELT = re.compile(r"\b(?:\w[ .\-_*]){4,}\w\b")
_LATIN, _OTHER = re.compile("[a-z]"), re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_TWINS = str.maketrans("аеорсухівнкмтѕјԁɡαοειυνρτκ", "aeopcyxibhkmtsjdgaoeiuvptk")
_DIGITS = str.maketrans("013457@$!|€", "oieastasile")
_SIGNS = re.compile("[013457@$!|€]")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX = re.compile(r"\b(?:[0-9a-fA-F]{2}[ :]?){12,}")


def normalise(text: str) -> str:
    """One case, plain spaces and quotes, no invisible signs; letters s-p-e-l-t apart are joined."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:READ])).translate(_TYPED).casefold()
    plain = _SPELT.sub(lambda found: re.sub(r"[ .\-_*]", "", found.group()), plain)
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def readings(text: str) -> tuple[str, ...]:
    plain = normalise(text)
    return tuple(dict.fromkeys([plain, *_others(text[:READ], plain)]))


def _others(text: str, plain: str) -> Iterator[str]:
    words = plain.split(" ")
    yield " ".join(map(_lettered, words))
    yield " ".join(map(_same_script, words))
    yield normalise(unquote(html.unescape(text)))
    yield from map(normalise, _decoded(text))
    backwards = plain[:SHORT]
    yield backwards[::-1]
    yield codecs.encode(backwards, "rot13")


def _lettered(word: str) -> str:
    """A word with digits for letters, in letters."""
    inside = word.rstrip("!?.,")
    return inside.translate(_DIGITS) if _SIGNS.search(inside) and _LATIN.search(inside) else word


def _same_script(word: str) -> str:
    """A word of two alphabets is a disguise; one of a single alphabet is a word."""
    return word.translate(_TWINS) if _LATIN.search(word) and _OTHER.search(word) else word


def _decoded(text: str) -> Iterator[str]:
    """What stands in codes, where it is text."""
    for found in list(_BASE64.finditer(text))[:PIECES]:
        piece = found.group().rstrip("=").translate(str.maketrans("-_", "+/"))
        yield from _as_text(base64.b64decode, piece + "=" * (-len(piece) % 4))
    for found in list(_HEX.finditer(text))[:PIECES]:
        yield from _as_text(binascii.unhexlify, re.sub("[ :]", "", found.group()))


def _as_text(decode: Callable[[str], bytes], piece: str) -> Iterator[str]:
    try:
        said = decode(piece).decode()
    except (ValueError, binascii.Error):
        return
    if sum(sign.isalnum() or sign.isspace() for sign in said) > 0.8 * len(said):
        yield said
