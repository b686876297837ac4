"""The bot's instructions in an answer; pure.

In: a sentence, the instructions and what may be said anyway (the passages, the question). Out: whether it repeats the
instructions. What is looked for is a run of words that both have. A prompt also holds what a customer may know (opening
hours, a telephone number), so a run counts from SHORT words on where the instructions there speak to the model or of a
secret, and only from LONG words on elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from knowledge.ingest import sentences

SHORT, LONG, FIRST = 6, 25, 4
KEPT = 32  # instructions that are remembered as they are compared: of 0.2 MB, the longest of 1.7
# A script without spaces has a sign for a word, and needs more of them.
_WORD = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\\W_]+")
_ORDERS = frozenset(
    [
        "you",
        "your",
        "yourself",
        "never",
        "always",
        "must",
        "reveal",
        "secret",
        "confidential",
        "internal",
        "instruction",
        "instructions",
        "rule",
        "rules",
        "answer",
        "respond",
        "reply",
        "assistant",
        "bot",
        "pretend",
        "tú",
        "usted",
        "eres",
        "debes",
        "nunca",
        "siempre",
        "responde",
        "secreto",
        "instrucciones",
        "asistente",
        "du",
        "dein",
        "sie",
        "ihr",
        "bist",
        "antworte",
        "niemals",
        "immer",
        "geheim",
        "vertraulich",
        "anweisungen",
        "assistent",
        "tu",
        "vous",
        "es",
        "êtes",
        "votre",
        "jamais",
        "toujours",
        "réponds",
        "répondez",
        "secret",
        "consignes",
        "você",
        "deve",
        "sempre",
        "segredo",
        "responda",
        "sei",
        "devi",
        "mai",
        "sempre",
        "rispondi",
        "segreto",
        "je",
        "jij",
        "bent",
        "moet",
        "nooit",
        "altijd",
        "ты",
        "вы",
        "всегда",
        "никогда",
        "отвечай",
        "секрет",
        "أنت",
        "لا",
        "يجب",
        "دائما",
        "سري",
        "आप",
        "हमेशा",
        "कभी",
        "गुप्त",
        "你",
        "您",
        "请",
        "必",
        "须",
        "あ",
        "な",
        "た",
        "당신",
    ]
)
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of SHORT words that speak to the model, runs of LONG words that do not, and what any of them begins with."""

    orders: frozenset[Words] = frozenset()
    rest: frozenset[Words] = frozenset()
    first: frozenset[Words] = frozenset()


@dataclass(frozen=True, slots=True)
class Instructions:
    """The runs of the instructions, and the texts whose runs are free."""

    runs: _Runs = field(default_factory=_Runs)
    free: tuple[str, ...] = ()

    def are_in(self, text: str) -> bool:
        said = _words(text)
        if not self.runs.rest.isdisjoint(_runs(said, LONG)):
            return True
        ordered = self.runs.orders & _runs(said, SHORT)
        return bool(ordered) and not ordered <= {run for text in self.free for run in _runs(_words(text), SHORT)}

    def begin(self, text: str, *, since: int, end: int) -> int:
        """How far a sentence can be said before it is known whether it goes on like the instructions."""
        found = list(_WORD.finditer(text, since, end))
        said = [one[0].casefold() for one in found]
        for at in range(len(said) - FIRST + 1):
            if tuple(said[at : at + FIRST]) in self.runs.first:
                return found[at + FIRST - 2].end()
        return end


def of(*, system: str, free: Iterable[str]) -> Instructions:
    return Instructions(_of(system), tuple(free))


@lru_cache(maxsize=KEPT)
def _of(system: str) -> _Runs:
    orders: set[Words] = set()
    for start, end in sentences.spans(system, start=0, end=len(system), longest=1000):
        said = _words(system[start:end])
        if not _ORDERS.isdisjoint(said):
            orders |= _runs(said, SHORT)
    if not orders and len(system) < LONG:
        return _Runs()
    rest = _runs(_words(system), LONG)
    return _Runs(
        orders=frozenset(orders),
        rest=frozenset(rest),
        first=frozenset(run for said in (orders | rest) for run in _runs(list(said), FIRST)),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(said: list[str], length: int) -> set[Words]:
    return {tuple(said[at : at + length]) for at in range(len(said) - length + 1)}
