"""A question that asks several things, taken apart; pure.

In: a question. Out: what it asks, one by one; nothing where that is one thing. A part ends with its question mark, and
before a word that joins where a clause follows that asks (`parts.toml` has the words of twenty languages). What is
merely said belongs to the question beside it, and what asks about nothing by itself ("Why?") is no part.

A part that points back ("who pays for it?") leans on the first: it is searched with the first one's words, too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from integrations.chatmodels import words
from knowledge.tokens import is_unspaced

MOST: Final = 4
LONGEST: Final = 1_000  # characters of a message that is taken apart; a letter is none
_LEAST_WORDS: Final = 2
_LEAST_SIGNS: Final = 4  # in scripts without spaces
_FEW: Final = 1  # words that say something, of a part that leans

_MARK: Final = re.compile(r"(?:[?؟\u037e][\"'”’»)\]]*(?=\s|$)|？[」』）”’]*)\s*")
_EDGES: Final = " \t\r\n,;，；、،"
_MARKS: Final = " ?？؟;."
_BEFORE: Final = r"(?<![^\s,;،¿(«\"“])"
_AFTER: Final = r"(?=[\s,;،.!?؟？।)»\"”]|$)"
# Words that point back; chat/turn/followup.py asks for them, too.
_POINTERS = (
    "it its they them their theirs this that these those one ones he she him her his hers "
    "dafür davon damit dazu darüber daran dort ihn ihm ihnen "
    "ça cela ceci celui celle ceux celles "
    "eso esto ello aquello esos esas ese esa ellos ellas allí "
    "questo quello questi quelli ciò isso isto disso nisso eles elas "
    "dat dit daarvoor ervan это этот эта эти он она оно они их его её там "
    "bu bunu onu bunlar tego tym nó itu هذا هذه ذلك تلك यह वह इसका इसके उसका"
)
POINTERS: Final = frozenset(_POINTERS.split())
UNSPACED_POINTERS: Final = ("它", "这个", "這個", "那个", "那個", "これ", "それ", "あれ", "그것", "이것")


@dataclass(frozen=True, slots=True)
class Part:
    """`text` is what is asked, `wording` as it is searched. `leans`: it says too little to be judged by itself."""

    text: str
    wording: str
    leans: bool = False


@dataclass(frozen=True, slots=True)
class _Join:
    """What stands between two questions. What is before must not end with `open`; both must have one of `asks`."""

    between: re.Pattern[str]
    open: re.Pattern[str] | None = None
    asks: re.Pattern[str] | None = None

    def parts(self, before: str, after: str) -> bool:
        if self.asks:
            return bool(self.asks.search(before) and self.asks.search(after))
        return not (self.open and self.open.search(before))


def of(text: str) -> tuple[Part, ...]:
    if len(text) > LONGEST:
        return ()
    pieces = (piece for asked in _pieces(text, _MARK.finditer(text)) for piece in _clauses(asked))
    first, *others = _substantial(pieces) or [text]
    return (Part(first, first), *(_part(each, first) for each in others)) if others else ()


def _part(said: str, first: str) -> Part:
    text = _GOES_ON.sub("", said)
    leans = _points_back(text) or len(set(words.content(text))) <= _FEW
    return Part(text, f"{text.rstrip(_MARKS)}: {first.rstrip(_MARKS)}?" if leans else text, leans)


def _points_back(text: str) -> bool:
    if is_unspaced(text):
        return any(word in text for word in UNSPACED_POINTERS)
    return not POINTERS.isdisjoint(words.plain(text))


def _substantial(pieces: Iterator[str]) -> list[str]:
    """Those that ask about something; the others go with the one before them, the first with the one after."""
    found: list[str] = []
    for piece in pieces:
        if found and (len(found) == MOST or not (_says(piece) and _says(found[-1]))):
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found


def _says(piece: str) -> bool:
    if is_unspaced(piece):
        return len(piece) >= _LEAST_SIGNS
    return len(words.plain(piece)) >= _LEAST_WORDS and bool(words.content(piece))


def _clauses(asked: str) -> Iterator[str]:
    """One question after the other, of those that a word joins."""
    ends = sorted(
        ((found.start(), found.end(), join) for join in _JOINS for found in join.between.finditer(asked)),
        key=lambda each: each[:2],
    )
    begin = 0
    for start, end, join in ends:
        before, after = asked[begin:start].strip(_EDGES), asked[end:].strip(_EDGES)
        if start >= begin and _says(before) and _says(after) and join.parts(before, after):
            yield before
            begin = end
    yield asked[begin:].strip(_EDGES)


def _pieces(text: str, ends: Iterator[re.Match[str]]) -> Iterator[str]:
    """What ends with a mark; what is said after the last goes with it, unless it goes on ("And tell me …")."""
    marks = [0, *(found.end() for found in ends)]
    if len(marks) > 1 and not _GOES_ON.match(text[marks[-1] :]):
        marks.pop()
    marks.append(len(text))
    yield from (text[begin:end].strip(_EDGES) for begin, end in pairwise(marks))


def _joins() -> Iterator[_Join]:
    for known in _WORDS:
        if "unspaced" in known:
            yield _Join(_compiled(rf"(?:\s*(?:{known['unspaced']}))+\s*"), asks=_compiled(known["asks"]))
        elif "prefix" in known:
            yield _Join(_compiled(rf"[\s,;،]+{known['prefix']}(?=(?:{known['opens']}){_AFTER})"))
        elif "asks" in known:
            comma = r"|\s*[,，]\s*" if known.get("comma") else ""
            asks = f"{_BEFORE}(?:{known['asks']}){_AFTER}"
            yield _Join(_compiled(rf"[\s,;]+(?:{known['and']}),?\s+{comma}"), asks=_compiled(asks))
        else:
            opens = rf"(?:{known['opens']}){_AFTER}"
            yield _Join(
                _compiled(rf"(?:[\s,;]+(?:{known['and']}),?\s+|;\s+)(?=¿?(?:(?:{known['links']})\s+)?{opens})"),
                open=_compiled(rf"{_BEFORE}(?:{known['opens']})$"),
            )


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_WORDS: Final = tuple(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).values())
_JOINS: Final = tuple(_joins())
_ANDS: Final = "|".join(known["and"] for known in _WORDS if "and" in known)
_GOES_ON: Final = _compiled(rf"^¿?(?:{_ANDS})[\s,]+")
