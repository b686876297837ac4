"""Small talk and the wish for a person in twenty languages, as `phrases.toml` lists them.

A message is small talk only where phrases and fillers cover all of it: "hi, where is my order" is not. Its kind is that
of its weightiest phrase: "hello, who are you" asks who the bot is.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from bots.guardrails.attacks import as_said

LONGEST = 24
# The weightiest first.
KINDS = ("identity", "how_are_you", "thanks", "goodbye", "greeting", "acknowledgement")

_SPLIT = re.compile(r"[^\w']+")
_read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_FILLERS = frozenset(_read["fillers"].split())


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """`kind` is one of KINDS."""

    kind: str
    language: str


def words(plain: str) -> list[str]:
    """The words of a normalised message, signs and emoji left out."""
    return [word for word in _SPLIT.split(plain.replace("_", " ")) if word.strip("'")]


def small_talk(said: list[str]) -> SmallTalk | None:
    """What kind of small talk this is: by phrases and fillers that cover all of it, or by a pattern."""
    return _pattern(" ".join(said)) or _covered(said)


def known() -> frozenset[SmallTalk]:
    """The kinds and languages that there are phrases for."""
    return frozenset(_PHRASES.values())


def _pattern(plain: str) -> SmallTalk | None:
    kind = next((kind for kind, pattern in _PATTERNS if pattern.fullmatch(plain)), None)
    return SmallTalk(kind=kind, language="en") if kind else None


def _covered(said: list[str]) -> SmallTalk | None:
    found: list[SmallTalk] = []
    at = 0
    while at < len(said):
        length = _phrase_at(said, at)
        if length:
            found.append(_PHRASES[tuple(said[at : at + length])])
        elif said[at] not in _FILLERS:
            return None
        at += length or 1
    return min(found, key=lambda talk: KINDS.index(talk.kind), default=None)


def _phrase_at(said: list[str], at: int) -> int:
    lengths = range(min(_LONGEST_PHRASE, len(said) - at), 0, -1)
    return next((length for length in lengths if tuple(said[at : at + length]) in _PHRASES), 0)


def _listed() -> dict[tuple[str, ...], SmallTalk]:
    found: dict[tuple[str, ...], SmallTalk] = {}
    for kind in KINDS:
        for language, phrases in _read[kind].items():
            for phrase in unicodedata.normalize("NFKC", phrases).casefold().split("|"):
                found.setdefault(tuple(words(phrase)), SmallTalk(kind=kind, language=language))
    return found


_PHRASES = _listed()
_LONGEST_PHRASE = max(map(len, _PHRASES))

_PATTERNS = tuple((kind, re.compile(pattern)) for kind, patterns in _read["patterns"].items() for pattern in patterns)

person = tuple(
    (spoken, re.compile(as_said(pattern))) for spoken, patterns in _read["person"].items() for pattern in patterns
)
