"""What Word says about a paragraph elsewhere than in it: whether its style makes it a heading, and which
number its list gives it."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from docx.oxml.ns import qn

_VAL: Final = qn("w:val")
_CHAIN: Final = 20  # styles based on styles; a loop ends here
_HEADING_NAME: Final = re.compile(r"heading (\d)$", re.IGNORECASE)
_PLACE: Final = re.compile(r"%(\d)")
_ROMAN: Final = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"))
_ROMAN_LOW: Final = ((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))

Element = Any  # lxml's elements have no types of their own


@dataclass(frozen=True, slots=True)
class Style:
    heading: int = 0
    contents: bool = False  # a line of the table of contents
    numbering: tuple[str, int] | None = None  # the list and the depth in it


class Styles:
    def __init__(self, root: Element) -> None:
        self._by_id = {style.get(qn("w:styleId")): style for style in root.iter(qn("w:style"))}
        self._resolved: dict[str, Style] = {}

    def of(self, paragraph: Element) -> Style:
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return Style()
        style = self._named(_value(properties, "w:pStyle"))
        heading = _outline(properties)
        numbering = _numbering(properties, style.numbering)
        return Style(style.heading if heading is None else heading, style.contents, numbering)

    def _named(self, style_id: str) -> Style:
        if style_id not in self._resolved:
            self._resolved[style_id] = self._resolve(style_id)
        return self._resolved[style_id]

    def _resolve(self, style_id: str) -> Style:
        heading: int | None = None
        numbering: tuple[str, int] | None = None
        contents = False
        for _ in range(_CHAIN):
            style = self._by_id.get(style_id)
            if style is None:
                break
            properties = style.find(qn("w:pPr"))
            name = _value(style, "w:name").lower()
            contents = contents or name.startswith("toc ")
            heading = _heading_by_name(name) if heading is None else heading
            if properties is not None:
                heading = _outline(properties) if heading is None else heading
                numbering = numbering or _numbering(properties, None)
            style_id = _value(style, "w:basedOn")
        return Style(heading or 0, contents, numbering)


class Numbering:
    """Counts like Word does: a level starts again when one above it moves on."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[tuple[str, int], tuple[str, str, int]] = {}
        self._lists: dict[str, str] = {}
        self._counts: dict[str, list[int]] = {}
        if root is not None:
            self._read(root)

    def label(self, list_id: str, level: int) -> str:
        abstract = self._lists.get(list_id, list_id)
        form, pattern, _ = self._levels.get((abstract, level), ("bullet", "", 1))
        counts = self._counts.setdefault(abstract, [0] * 9)
        counts[level + 1 :] = [0] * (8 - level)
        counts[level] = (counts[level] or self._start(abstract, level) - 1) + 1
        if form in ("bullet", "none"):
            return ""
        return _PLACE.sub(lambda place: self._number(abstract, int(place.group(1)) - 1), pattern)

    def _number(self, abstract: str, level: int) -> str:
        form = self._levels.get((abstract, level), ("decimal", "", 1))[0]
        value = self._counts[abstract][level] if 0 <= level < 9 else 0
        return _formatted(value or self._start(abstract, level), form)

    def _start(self, abstract: str, level: int) -> int:
        return self._levels.get((abstract, level), ("", "", 1))[2]

    def _read(self, root: Element) -> None:
        for abstract in root.iter(qn("w:abstractNum")):
            for level in abstract.iter(qn("w:lvl")):
                key = (abstract.get(qn("w:abstractNumId")), _whole(level.get(qn("w:ilvl"))))
                start = _whole(_value(level, "w:start"), default=1)
                self._levels[key] = (_value(level, "w:numFmt") or "decimal", _value(level, "w:lvlText"), start)
        for number in root.iter(qn("w:num")):
            self._lists[number.get(qn("w:numId"))] = _value(number, "w:abstractNumId")


def _value(parent: Element, name: str) -> str:
    child = parent.find(qn(name))
    return "" if child is None else child.get(_VAL, "")


def _whole(text: str | None, *, default: int = 0) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 6 else default


def _outline(properties: Element) -> int | None:
    text = _value(properties, "w:outlineLvl")
    if not text.isdecimal():
        return None
    return int(text) + 1 if int(text) < 9 else 0


def _heading_by_name(name: str) -> int | None:
    found = _HEADING_NAME.match(name)
    if found:
        return int(found.group(1))
    return 1 if name == "title" else None


def _numbering(properties: Element, inherited: tuple[str, int] | None) -> tuple[str, int] | None:
    found = properties.find(qn("w:numPr"))
    if found is None:
        return inherited
    list_id = _value(found, "w:numId") or (inherited[0] if inherited else "")
    level = _whole(_value(found, "w:ilvl"), default=inherited[1] if inherited else 0)
    return (list_id, min(level, 8)) if list_id not in ("", "0") else None  # list 0 takes a paragraph out of its list


@cache
def _formatted(value: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter"):
        letters = chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 5)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman"):
        roman = _roman(min(value, 3999))
        return roman if form == "lowerRoman" else roman.upper()
    return f"{value:02d}" if form == "decimalZero" else str(value)


def _roman(value: int) -> str:
    text = ""
    for worth, sign in (*_ROMAN, *_ROMAN_LOW):
        text += sign * (value // worth)
        value %= worth
    return text
