"""Marks in an answer made good; pure.

In: a model's text with marks such as `[2]` or `[1, 3]`, and the passages it was shown. Out: the text with marks that
each stand for a quote, numbered from 1 in the order of their appearance. A mark that points nowhere is dropped. An
answer without any mark gets one in each sentence that a passage plainly says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chat.turn.types import Cited, Quote
from integrations.chatmodels.types import Passage
from knowledge.ingest import sentences

PLAINLY = 0.7  # the share of a sentence's words that one sentence of a passage must hold to support it unasked
LEAST_WORDS = 3
LONGEST_QUOTE = 400

# With the blanks before it, which go with a mark that is dropped; a run of them is looked at once.
MARKS = re.compile(r"(?<![ \t])([ \t]*)(?:\[\s*\^?(\d{1,3}(?:\s*[,;]\s*\^?\d{1,3})*)\s*\]|【(\d{1,3})[^】\n]{0,40}】)")
_MARK = re.compile(r"\[(\d{1,3})\]")
_WORD = re.compile(r"[^\W_]+")
_FIGURE = re.compile(r"\d+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def cite(*, text: str, passages: Sequence[Passage]) -> Cited:
    """The answer with its quotes. No quotes: nothing in it is supported."""
    known = {passage.number: at for at, passage in enumerate(passages)}
    marked = _only_known(text, set(known))
    if not _MARK.search(marked):
        marked = _supported(marked, passages)
    order: dict[int, int] = {}
    for found in _MARK.finditer(marked):
        order.setdefault(int(found[1]), len(order) + 1)
    said = _said_by_number(marked)
    quotes = [
        Quote(number=new, passage=known[old], text=quote(passage=passages[known[old]].text, said=said.get(old, "")))
        for old, new in order.items()
    ]
    renumbered = _MARK.sub(lambda found: f"[{order[int(found[1])]}]", marked)
    return Cited(text=renumbered.strip(), quotes=tuple(quotes))


def without_marks(text: str) -> str:
    """The answer without its marks, for bots that show none in the text."""
    return _only_known(text, set()).strip()


def quote(*, passage: str, said: str) -> str:
    """The sentence of the passage that holds most of what was said; its first where none holds any."""
    wanted = _words(said)
    parts = list(_sentences(passage)) or [passage.strip()]
    best = max(parts, key=lambda part: _overlap(wanted, _words(part)))
    return best if len(best) <= LONGEST_QUOTE else best[: LONGEST_QUOTE - 1].rstrip() + "…"


def _only_known(text: str, known: set[int]) -> str:
    """One number a mark, and none that points nowhere. What closes up around a dropped mark may form another."""
    while True:
        kept = MARKS.sub(lambda found: marks(found, [n for n in numbers(found) if n in known]), text)
        if kept == text:
            return text
        text = kept


def numbers(found: re.Match[str]) -> list[int]:
    """What a match of `MARKS` points at."""
    return [int(number) for number in _FIGURE.findall(found[2] or found[3])]


def marks(found: re.Match[str], shown: Sequence[int]) -> str:
    """What stands in its place: a mark for each number, or nothing, not even the blanks before it."""
    return found[1] + "".join(f"[{n}]" for n in shown) if shown else ""


def _supported(text: str, passages: Sequence[Passage]) -> str:
    """Marks for a text that has none, where a passage plainly says what a sentence says."""
    held = [(passage.number, _words(part)) for passage in passages for part in _sentences(passage.text)]
    pieces, begin = [], 0
    for start, end in sentences.spans(text, start=0, end=len(text), longest=len(text) + 1):
        words = _words(text[start:end])
        share, number = max(((len(words & other) / max(1, len(words)), -n) for n, other in held), default=(0.0, 0))
        if len(words) >= LEAST_WORDS and share >= PLAINLY:
            close = start + len(text[start:end].rstrip(".!?…。！？ "))
            pieces.append(f"{text[begin:close]} [{-number}]")
            begin = close
    return "".join([*pieces, text[begin:]])


def _said_by_number(text: str) -> dict[int, str]:
    """For every number, the words of the sentences it stands in, or right after."""
    said: dict[int, str] = {}
    before = ""
    for sentence in _sentences(text):
        for found in _MARK.finditer(sentence):
            leads = not _words(_MARK.sub(" ", sentence[: found.start()]))
            said[int(found[1])] = f"{said.get(int(found[1]), '')} {before if leads and before else sentence}"
        before = _MARK.sub(" ", sentence)
    return said


def _sentences(text: str) -> Iterator[str]:
    for start, end in sentences.spans(text, start=0, end=len(text), longest=LONGEST_QUOTE):
        yield text[start:end]


def _words(text: str) -> frozenset[str]:
    """Words that carry meaning, figures, and pairs of signs in scripts without spaces."""
    words = {word.lower() for word in _WORD.findall(text) if len(word) > 2} | set(_FIGURE.findall(text))
    signs = "".join(_UNSPACED.findall(text))
    return frozenset(words | {signs[at : at + 2] for at in range(len(signs) - 1)})


def _overlap(wanted: frozenset[str], held: frozenset[str]) -> float:
    """How much of what is wanted is held, with a little against long sentences."""
    return len(wanted & held) - 0.01 * len(held)
