"""What can be told of a message by its words alone: attacks, the wish for a person, small talk. Pure.

Precision comes before recall: a customer who is taken for an attacker is lost. The figures are in `guard`.
"""

from __future__ import annotations

import re
import unicodedata

from bots.guardrails import attacks, phrases
from bots.guardrails.phrases import SmallTalk

# Scripts for another persona are long; a customer's question with as many hints is not seen.
LONG, HINTS_LONG, HINTS_SHORT = 250, 7, 9
READ = 20_000

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_TYPED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "`": "'"})
_SPELT = re.compile(r"\b(?:\w[ .\-_*]){4,}\w\b")
_BROKEN = re.compile(r"(?<=[a-z])-(?=[a-z])")


def normalise(text: str) -> str:
    """One case, plain spaces and quotes, no invisible signs; letters s-p-e-l-t apart are joined."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text[:READ])).translate(_TYPED).casefold()
    plain = _SPELT.sub(lambda found: re.sub(r"[ .\-_*]", "", found.group()), plain)
    return re.sub(r"[^\S\n]+", " ", plain).strip()


def violation(text: str) -> str | None:
    """Why a message is an attack (`prompt_injection`, `prompt_extraction`, …), or `None`."""
    plain = normalise(text)
    for reason, pattern in attacks.decisive:
        if pattern.search(plain):
            return str(reason)
    joined = _BROKEN.sub("", plain)
    if joined != plain and attacks.decisive[0][1].search(joined):
        return attacks.INJECTION
    return attacks.INJECTION if _is_script(plain) else None


def _is_script(plain: str) -> bool:
    if len(plain) < 60:
        return False
    needed = HINTS_LONG if len(plain) >= LONG else HINTS_SHORT
    return sum(weight for weight, pattern in attacks.hints if pattern.search(plain)) >= needed


def asks_for_person(text: str) -> str | None:
    """The language in which a message asks for a person, or `None` where it does not."""
    plain = normalise(text)
    return next((language for language, pattern in phrases.person if pattern.search(plain)), None)


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk a message is, where it is nothing else."""
    words = phrases.words(normalise(text))
    if not words or len(words) > phrases.LONGEST:
        return None
    return phrases.small_talk(words)
