"""Marks such as `[2]`, `[1, 3]` or `【2†source】` in a model's words; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONGEST = 64
_MARK = r"(?:\[\s{0,20}\^?(\d{1,3}(?:\s{0,5}[,;]\s{0,5}\^?\d{1,3}){0,12})\s{0,20}\]|【(\d{1,3})[^】\n]{0,40}】)"
ONE = re.compile(_MARK)
# With the blanks before it, which go with a mark that is dropped; a run of them is looked at once.
_WITH_BLANKS = re.compile(rf"(?<![ \t])([ \t]*){_MARK}")
# At the end of what has come: it may yet be one.
BEGUN = re.compile(rf"(?:\[[\s\d,;^]{{0,{LONGEST}}}|【(?:\d{{1,3}}[^】\n]{{0,40}})?)\Z")
_FIGURE = re.compile(r"\d+")


def put(text: str, chosen: Callable[[list[int]], Sequence[int]]) -> str:
    """The text with each mark's numbers as `chosen` has them, one number a mark; nothing in the place of none."""
    return _WITH_BLANKS.sub(lambda found: _written(found, chosen(_numbers(found[2] or found[3]))), text)


def dropped(text: str) -> str:
    """The text without marks; what closes up around one may form another."""
    while (kept := put(text, lambda _: ())) != text:
        text = kept
    return text


@dataclass(frozen=True, slots=True)
class Segment:
    """What is said, the numbers that stand for it, and how many marks they are written in."""

    said: str
    numbers: tuple[int, ...]
    marks: int


def segments(text: str) -> list[Segment]:
    """ "A [1][2] and B [3]." has two; what is said after the last mark belongs to it."""
    found: list[Segment] = []
    begin = 0
    for mark in ONE.finditer(text):
        said, numbers = text[begin : mark.start()], _numbers(mark[1] or mark[2])
        if found and not any(sign.isalnum() for sign in said):
            before = found.pop()
            said, numbers = before.said + said, [*before.numbers, *numbers]
            found.append(Segment(said, tuple(dict.fromkeys(numbers)), before.marks + 1))
        else:
            found.append(Segment(said, tuple(dict.fromkeys(numbers)), 1))
        begin = mark.end()
    if not found:
        return [Segment(text, (), 0)]
    last = found.pop()
    return [*found, Segment(f"{last.said} {text[begin:]}".rstrip(), last.numbers, last.marks)]


def placed(text: str, chosen: Sequence[tuple[int, Sequence[int]]]) -> str:
    """The text with other numbers: of each segment how many marks it has, and what stands in place of the first."""
    left = [numbers if at == 0 else () for count, numbers in chosen for at in range(count)]
    following = iter(left)
    return put(text, lambda _: next(following, ()))


def _numbers(written: str) -> list[int]:
    return [int(number) for number in _FIGURE.findall(written)]


def _written(found: re.Match[str], shown: Sequence[int]) -> str:
    return found[1] + "".join(f"[{number}]" for number in shown) if shown else ""
