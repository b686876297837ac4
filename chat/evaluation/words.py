"""Whether a text holds an answer; pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

HALVED: Final = 60  # characters, from which on an answer may be cut by the end of a chunk

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_BLANKS = re.compile(r"\s+")


def plain(text: str) -> str:
    """As it is compared: without differences of case, blanks and forms of the same sign."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()


def hold(text: str, answers: Iterable[str]) -> bool:
    """Whether one of the answers stands in the text word for word; of a long one, half."""
    held = plain(text)
    return any(_holds(held, plain(answer)) for answer in answers)


def share(text: str, answers: Iterable[str]) -> float:
    """The greatest share of an answer's words that are in the text."""
    held = parts(text)
    return max((len(wanted & held) / len(wanted) for answer in answers if (wanted := parts(answer))), default=0.0)


def parts(text: str) -> frozenset[str]:
    """Words, and pairs of signs in scripts that write none."""
    runs = _WORD.findall(plain(text))
    pairs = [run[at : at + 2] for run in runs if _UNSPACED.search(run) for at in range(max(1, len(run) - 1))]
    return frozenset([run for run in runs if not _UNSPACED.search(run)] + pairs)


def _holds(held: str, answer: str) -> bool:
    if len(answer) <= HALVED:
        return answer in held
    half = len(answer) // 2
    return answer[:half] in held or answer[half:] in held
