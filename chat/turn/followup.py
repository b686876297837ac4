"""A question that leans on the turn before it, made to stand alone; pure, and the same for every model.

In: the question and the talk so far. Out: the question itself, or `what is new: the question before it`. What is new
goes first, because retrieval then finds its passage rather than the earlier one again (measured on the handbook of
the demo). A question is only taken to lean where it opens like a follow-up, points back, or is a mere fragment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from integrations.chatmodels.types import Turn
from knowledge.search.parts import POINTERS, UNSPACED_POINTERS

MOST_WORDS = 12  # a longer question says itself what it is about
FRAGMENT_WORDS = 4
LOOK_BACK = 6
FRAGMENT_SIGNS = 8  # in scripts without spaces

_OPENERS = (
    # what a follow-up opens with; what is left after it is new
    "and what about", "and how about", "what about", "how about", "and if", "what if", "same for", "and", "but",
    "or", "also", "then", "so", "und was ist mit", "und wie ist es mit", "was ist mit", "wie sieht es mit", "und",
    "oder", "aber", "auch", "et qu'en est-il de", "qu'en est-il de", "et pour", "et", "mais", "ou", "aussi",
    "y qué hay de", "qué hay de", "y qué tal", "qué tal", "y", "pero", "también", "o", "e per quanto riguarda",
    "e invece", "e per", "e", "ma", "oppure", "e quanto a", "e sobre", "mas", "en hoe zit het met", "hoe zit het met",
    "maar", "а что насчёт", "а как насчёт", "а", "и", "но", "или", "peki ya", "peki", "ve", "a co z", "ale", "lub",
    "còn", "và", "thế còn", "dan bagaimana dengan", "bagaimana dengan", "dan", "و ماذا عن", "وماذا عن", "ماذا عن",
    "और", "लेकिन",
)  # fmt: skip
_UNSPACED = ("那么", "那麼", "那", "还有", "還有", "那如果", "では", "じゃあ", "それと", "그럼", "그러면", "그리고")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that ask without saying about what.
_BARE = _set(
    "why how when where who which what much many long far soon often exactly else more is there are can do does i "
    "warum wie wann wo wer welche was viel lange genau noch pourquoi comment quand où combien "
    "por qué cómo cuándo dónde cuánto cuánta perché come quando dove quanto waarom hoe wanneer waar почему как когда "
    "где сколько neden nasıl ne zaman"
)
# Small words that a fragment begins with.
_LINKS = _set(
    "for to in from with without by on at für nach mit ohne aus bei pour vers en avec sans para con sin desde per "
    "da senza com sem voor naar met zonder для в с без из на"
)
# "Is it possible …" and its like point at nothing.
_HOLLOW = re.compile(r"\b(?:is|was|would|will) it (?:possible|true|okay|ok|allowed|safe)\b", re.IGNORECASE)
_OPENER = re.compile(
    r"^[\s¿¡]*(?:(?:" + "|".join(sorted(map(re.escape, _OPENERS), key=len, reverse=True)) + r")(?=[\s,])"
    r"|" + "|".join(sorted(map(re.escape, _UNSPACED), key=len, reverse=True)) + r")[\s,，、]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
_EDGES = " \t\n?？!.。…呢は"


def standalone(*, question: str, history: Sequence[Turn]) -> str:
    """The question as it is to be searched and answered."""
    asked = [turn.content for turn in history if turn.role == "user"][-LOOK_BACK:]
    if not asked or not leans(question):
        return question
    base = next((earlier for earlier in reversed(asked) if not leans(earlier)), asked[0])
    return f"{_news(question)}: {base.strip()}"


def leans(question: str) -> bool:
    """Whether a question needs the turn before it to be understood."""
    rest = _OPENER.sub("", question, count=1)
    opened = rest != question
    if _NO_SPACES.search(question):
        pointing = any(word in question for word in UNSPACED_POINTERS)
        return (opened or pointing or question.strip("?？ ").endswith("呢")) and len(question) <= 3 * FRAGMENT_SIGNS
    words = [word.lower() for word in _WORD.findall(rest)]
    if not words:
        return opened
    if len(words) > MOST_WORDS:
        return False
    if not POINTERS.isdisjoint(words) and not _HOLLOW.search(question):
        return True
    return len(words) <= FRAGMENT_WORDS if opened else _is_fragment(words)


def _is_fragment(words: Sequence[str]) -> bool:
    if len(words) == 1 or _BARE.issuperset(words):
        return True
    return len(words) <= FRAGMENT_WORDS and words[0] in _LINKS


def _news(question: str) -> str:
    """What a follow-up adds, without its opening and its question mark."""
    return _OPENER.sub("", question, count=1).strip(_EDGES) or question.strip(_EDGES) or question
