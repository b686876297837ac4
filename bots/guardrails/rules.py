"""What can be told of a message by its words alone: attacks, the wish for a person, small talk. Pure.

Precision comes before recall: a customer who is taken for an attacker is lost. The figures are in docs/guardrails.md.
"""

from __future__ import annotations

import re

from bots.guardrails import attacks, phrases
from bots.guardrails.phrases import SmallTalk
from bots.guardrails.unmask import normalise, readings

# Scripts for another persona are long; a customer's question with as many hints is not seen.
LONG, HINTS_LONG, HINTS_SHORT = 250, 7, 9

LEAST_WORDS = 3  # that say what a wish for a person is about

_CLAUSE = re.compile(r"(?<=[.!?;,\n。！？，؟؛،])\s*")
_BROKEN = re.compile(r"(?<=[a-z])-(?=[a-z])")


def violation(text: str) -> str | None:
    """Why a message is an attack (`prompt_injection`, `prompt_extraction`, …), or `None`."""
    plain, *disguised = readings(text)
    reason = _decisive(plain)
    if reason:
        return reason
    if any(map(_decisive, [*disguised, _BROKEN.sub("", plain)])):
        return attacks.INJECTION
    return attacks.INJECTION if _is_script(plain) else None


def hints(text: str) -> int:
    """How much of a script for another persona a message has; each hint is harmless by itself."""
    plain = normalise(text)
    return sum(weight for weight, pattern in attacks.hints if pattern.search(plain))


def _decisive(plain: str) -> str | None:
    return next((str(reason) for reason, pattern in attacks.decisive if pattern.search(plain)), None)


def _is_script(plain: str) -> bool:
    if len(plain) < 60:
        return False
    needed = HINTS_LONG if len(plain) >= LONG else HINTS_SHORT
    return hints(plain) >= needed


def asks_for_person(text: str) -> str | None:
    """The language in which a message asks for a person, or `None` where it does not."""
    plain = normalise(text)
    return next((language for language, pattern in phrases.person if pattern.search(plain)), None)


def besides_the_wish(text: str) -> str:
    """What a message says beside asking for a person, and nothing where that says nothing: "I was charged twice." of
    "I was charged twice. Let me talk to somebody"."""
    rest = " ".join(clause.strip() for clause in _CLAUSE.split(text) if clause and not asks_for_person(clause)).strip()
    return "" if len(phrases.words(normalise(rest))) < LEAST_WORDS or small_talk(rest) else rest.rstrip(",;，،؛")


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk a message is, where it is nothing else."""
    words = phrases.words(normalise(text))
    if not words or len(words) > phrases.LONGEST:
        return None
    return phrases.small_talk(words)
