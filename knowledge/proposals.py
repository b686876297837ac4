"""What documents are about and what one might ask them, read off their own headings and questions; no model is asked.

In: datasets. Out: subjects, those with the most text first, and questions, a few of each document. The same documents
always give the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from knowledge.enums import Status
from knowledge.models import Chunk

CHUNKS = 400  # enough to tell what a collection is about
LONGEST_SUBJECT, MOST_WORDS = 48, 6
LONGEST_ABBREVIATION = 5
SEVERAL = 3  # documents, from which on their own names say what there is
SHORTEST_QUESTION, LONGEST_QUESTION = 12, 140
_QUESTION = re.compile(r"(?:^|\n)[ \t>*#\d.)-]*(?:[QF]:\s*)?([^\n?.!]{5,139}\?)(?=\s|$|\*)")
# A short line by itself, which ends no sentence, or one with Markdown's sign in front.
_OF_TEXT = re.compile(
    r"(?:^|\n\s*\n)(?:#{1,6} )?([^\n#|]{3,60}[^\s\n.,;:!?|])[ \t]*(?=\n\s*\n[^\n])|(?:^|\n)#{1,6} ([^\n]{3,60})(?=\n)"
)
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[ivxIVX]+\.|§\s*\d+|[-–•])\s+")
_GENERAL = frozenset(
    re.findall(
        r"\w+",
        "introduction overview contents summary general miscellaneous appendix index notes about more other others"
        " details information faq faqs questions handbook manual guide document readme page untitled and"
        " einleitung inhalt überblick allgemeines zusammenfassung anhang und introducción resumen"
        " introduzione sommaire",
    )
)
# Headings that begin like this are sentences rather than names.
_SENTENCE = re.compile(
    r"(?:how|what|when|where|who|why|which|your|our|my|if|wie|was|wann|wo|wer|warum|ihre?|unsere?|wenn"
    r"|cómo|qué|cuándo|dónde|comment|quand|où)\b",
    re.IGNORECASE,
)
_HOW_TO = re.compile(r"how to ((?!.*\b(?:us|our|your)\b).+)", re.IGNORECASE)
# How a heading becomes a question, by the language of its document: in front, where it needs no article.
_WAYS = {
    "en": "{}: what should I know?", "de": "{}: Was sollte ich wissen?", "es": "{}: ¿qué debo saber?",
    "fr": "{} : que faut-il savoir ?", "it": "{}: che cosa devo sapere?", "pt": "{}: o que devo saber?",
    "nl": "{}: wat moet ik weten?",
}  # fmt: skip
# Headings that one asks for as what the house has.
_YOURS = {
    "en": (
        (re.compile(r"(?:[\w-]+ )*(?:hours|prices|fees|rates|policies|methods)", re.IGNORECASE), "What are your {}?"),
        (re.compile(r"(?:[\w-]+ )+policy", re.IGNORECASE), "What is your {}?"),
    ),
    "de": ((re.compile(r"\w+zeiten"), "Wie sind Ihre {}?"),),
}


class _Read(NamedTuple):
    """A chunk, as far as it is looked at."""

    document_id: UUID
    title: str
    language: str
    heading: str
    content: str


def subjects(dataset_ids: Sequence[UUID], *, most: int = 12) -> list[str]:
    """Headings that name a subject: the documents' own where there are several, else those below; those with the most
    text first. Each as it is written first, once in singular or plural."""
    rows = _rows(dataset_ids)
    of_documents = len({row.document_id for row in rows}) >= SEVERAL
    weight: Counter[str] = Counter()
    names: dict[str, str] = {}
    for row in rows:
        for heading in _headings(row)[:1] if of_documents else _below(row):
            part = subject(heading)
            if part and not _SENTENCE.match(part):
                names.setdefault(_folded(part), part)
                weight[_folded(part)] += len(row.content)
    return [names[key] for key, _ in sorted(weight.items(), key=lambda pair: (-pair[1], pair[0]))[:most]]


def questions(dataset_ids: Sequence[UUID], *, most: int = 6) -> list[str]:
    """Questions that the documents ask themselves, then such as their headings suggest; a document after the other."""
    by_document: dict[UUID, list[_Read]] = {}
    for row in _rows(dataset_ids):
        by_document.setdefault(row.document_id, []).append(row)
    rounds = (zip_longest(*map(of_one, by_document.values())) for of_one in (_asked, _suggested))
    found = dict.fromkeys(filter(None, chain.from_iterable(chain.from_iterable(rounds))))
    return list(found)[:most]


def subject(heading: str) -> str:
    """The heading as a subject; empty where it names none. Pure."""
    plain = _NUMBERED.sub("", heading.strip().strip("#*_ ")).split(": ")[0].strip(" :.–-")
    words = plain.split()
    names_nothing = not any(letter.isalpha() for letter in plain) or {word.casefold() for word in words} <= _GENERAL
    too_long = len(plain) > LONGEST_SUBJECT or len(words) > MOST_WORDS
    return "" if names_nothing or too_long or "?" in plain else _cased(plain)


def _cased(name: str) -> str:
    """One that shouts or begins small begins with a capital, like the others; names such as iPhone stay."""
    first = name.split()[0]
    if name.isupper() and max(map(len, name.split())) > LONGEST_ABBREVIATION:
        return name.capitalize()
    return name[:1].upper() + name[1:] if first.islower() else name


def _folded(name: str) -> str:
    """What two headings share that differ in case or number alone, roughly: `Repair` and `Repairs`."""
    words = (re.sub(r"ies$", "y", word) for word in name.casefold().split())
    return " ".join(re.sub(r"(?<=\w{3})[sen]+$", "", word) for word in words)


def asked_in(text: str) -> list[str]:
    """The questions that stand at the beginning of a line. Pure."""
    found = (" ".join(match[1].strip("*_# ").split()) for match in _QUESTION.finditer(text))
    return [each for each in found if SHORTEST_QUESTION <= len(each) <= LONGEST_QUESTION]


def _rows(dataset_ids: Sequence[UUID]) -> list[_Read]:
    rows = Chunk.objects.filter(
        document__dataset__in=dataset_ids, document__status=Status.COMPLETED,
        generation=F("document__active_generation"), is_enabled=True,
    ).order_by("document__created_at", "document_id", "position")  # fmt: skip
    fields = ("document_id", "document__title", "document__language", "heading", "content")
    return [_Read(*row) for row in rows.values_list(*fields)[:CHUNKS]]


def _headings(row: _Read) -> list[str]:
    """The first two headings above a chunk, the first of which is mostly the document's name; that name where it has
    none."""
    return [part for part in row.heading.split(" > ") if part][:2] or [_name(row.title)]


def _below(row: _Read) -> list[str]:
    """The nearest heading above a chunk, or those in its text where it holds several sections."""
    found = [match[1] or match[2] for match in _OF_TEXT.finditer(row.content)] if " > " not in row.heading else []
    return found or _headings(row)[-1:]


def _name(title: str) -> str:
    """A file's name as words."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", title)
    return re.sub(r"[_-]+", " ", stem) if " " not in stem else stem


def _asked(rows: Sequence[_Read]) -> Iterator[str]:
    """Of one document: what it asks itself, each once."""
    of_headings = (part for row in rows for part in row.heading.split(" > ") if _is_question(part))
    of_texts = (found for row in rows for found in asked_in(row.content))
    yield from dict.fromkeys(chain(of_headings, of_texts))


def _is_question(heading: str) -> bool:
    return heading.endswith("?") and SHORTEST_QUESTION <= len(heading) <= LONGEST_QUESTION


def _suggested(rows: Sequence[_Read]) -> Iterator[str]:
    """Of the headings of one document, those below its own first."""
    for row in sorted(rows, key=lambda row: len(_headings(row)) < 2):
        for part in filter(None, map(subject, _below(row))):
            if found := _HOW_TO.match(part):
                yield f"How do I {found[1]}?"
            elif not _SENTENCE.match(part):
                yield _asking(part, row.language)


def _asking(heading: str, language: str) -> str:
    for pattern, way in _YOURS.get(language, ()):
        if pattern.fullmatch(heading):
            return way.format(_within(heading) if language == "en" else heading)
    return _WAYS.get(language, "{}?").format(heading)


def _within(heading: str) -> str:
    """An English heading inside a sentence: its first letter small, unless a name or an abbreviation follows."""
    first, rest = heading[:1], heading[1:]
    return first.lower() + rest if rest[:1].islower() and not any(map(str.isupper, rest)) else heading
