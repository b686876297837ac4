"""Whether a text holds an answer; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

HALVED: Final = 60  # characters, from which on an answer may be cut by the end of a chunk

_BLANKS = re.compile(r"\s+")


def plain(text: str) -> str:
    """As it is compared: without differences of case, blanks and forms of the same sign."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def hold(text: str, answers: Iterable[str]) -> bool:
    """Whether one of the answers stands in the text word for word; of a long one, half."""
    held = plain(text)
    return any(_holds(held, plain(answer)) for answer in answers)


def _holds(held: str, answer: str) -> bool:
    if len(answer) <= HALVED:
        return answer in held
    half = len(answer) // 2
    return answer[:half] in held or answer[half:] in held
