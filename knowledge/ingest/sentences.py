"""Cuts a text into spans that belong together, none longer than asked; pure and linear.

Sentences first; where a script has none or a sentence is too long, at a space; where there is no space,
anywhere but inside a character.
"""

import re
import unicodedata
from collections.abc import Iterator

Span = tuple[int, int]

_CLOSING = "\"'”’»)\\]」』）】"
# A full stop ends a sentence only before a space; the marks of scripts without spaces end it anywhere.
_MARKS = ".!?…;؟۔।॥"
# Possessive, and only from the first mark of a run: a megabyte of dots is read once.
_END = re.compile(f"(?:(?<![{_MARKS}])[{_MARKS}]++[{_CLOSING}]*+(?=\\s)|[。！？；]++[{_CLOSING}]*+|\n)\\s*")
_ABBREVIATED = re.compile(
    r"(?:\d[AaPp]\.[Mm]|(?:^|[\s(])(?:(?:[A-Za-z]\.)*[A-Za-z]|[Nn]o|[Dd]r|[Mm]rs?|[Ss]ra?|[Pp]rof|[Ss]t|[Cc]f|[Ff]ig|[Nn]r|vs|bzw|ca))\.$"
)


def spans(text: str, *, start: int, end: int, longest: int) -> Iterator[Span]:
    """Spans in order that hold every character of text[start:end] but the white space between them."""
    for a, b in _sentences(text, start, end):
        if b - a <= longest:
            yield a, b
        else:
            yield from _forced(text, a, b, longest)


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for found in _END.finditer(text, start, end):
        stop = found.start() + len(found.group().rstrip())
        if found.group()[0] == "." and _ABBREVIATED.search(text, max(begin, stop - 8), stop):
            continue
        if stop > begin:
            yield from _stripped(text, begin, stop)
        begin = found.end()
    yield from _stripped(text, begin, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _forced(text: str, start: int, end: int, longest: int) -> Iterator[Span]:
    while end - start > longest:
        cut = _cut(text, start, start + longest)
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _cut(text: str, start: int, limit: int) -> int:
    """The last space in the second half of the span, else the limit, moved off combining characters."""
    for at in range(limit, start + (limit - start) // 2, -1):
        if text[at].isspace():
            return at
    at = limit
    while at > limit - 8 and at > start + 1 and _joins_left(text[at]):
        at -= 1
    return at


def _joins_left(char: str) -> bool:
    return char == "\u200d" or unicodedata.category(char).startswith("M")
