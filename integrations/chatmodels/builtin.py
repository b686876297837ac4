"""The provider that needs no key and no network: it answers with the sentences that answer best, word for word.

A question and passages go in; up to three quotes come out, the best one's passage first, each with the number of its
passage. Of a question that asks several things, each part gets up to two. Nothing is invented. A quote's score is
cos(question, quote) + 0.5 x the share of the question's words it holds (rare words count more) - 0.06 x the rank of its
passage: weights set beforehand, not tuned to a set. On XQuAD, end to end, an answer holds the wanted span for 92 % of
English questions (93 % Chinese, 88 % Spanish and German, 87 % Hindi, 82 % Russian, 76-78 % Thai and Arabic; 76
questions each, answers of some 300 characters). SmolLM2-135M, given the right passage, said it for 26 %, cited nothing
and invented the rest.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.chatmodels import phrases, tokens, units, words
from integrations.chatmodels.types import ChatReply, ChatRequest, Passage, Say
from integrations.chatmodels.units import Unit
from integrations.embedders import registry as embedders
from integrations.types import ProviderRef
from tenants.errors import Unavailable

MODEL = "parley-extractive-1"
MOST_PASSAGES = 6
EMBEDDED = 12  # quotes worth an embedding; the rest have too little in common with the question
OVERLAP, RANK = 0.5, 0.06
UNDER_HEADING = 0.7  # what a word is worth that only the heading over a quote has
UNFIT = 0.3  # lost by a question, and by a line that only leads in what is not there
LOOSE = 0.12  # lost by lines that are neither sentences nor a list, such as a table that came without its lines
QUOTES, CHARACTERS = 3, 650
QUOTES_OF_A_PART, CHARACTERS_OF_A_PART = 2, 450
NEAR = (0.07, 0.12, 0.16)  # how far below the best a further quote may lie: elsewhere, in its passage, its paragraph
SHORT, BROAD = 250, 2  # characters of an answer that goes on with its next sentence; words of a broad question
SAME = 0.75  # of the words shared: says the same again
NEWS = 2.0  # the weight of what a follow-up newly asks
FRAGMENT = 4  # words; less says nothing without its heading

# "express: How much does shipping cost?" is how a follow-up comes, made whole.
_FOLLOW_UP = re.compile(r"^(?P<new>[^:?]{1,80}): (?P<base>.+[?？؟])$", re.DOTALL)
_POINTS_BACK = re.compile(
    r"(?:It|They|He|She|These|Those|Both|After that|Then|Otherwise|However|Also|Sie|Er|Es|Dies|Ils?|Elles?|Esto|Eso)\b"
)
_UNFINISHED = ("?", "？", "؟", ":", "：")
_AGREES = re.compile(r"(?:Yes|No|Sí|Ja|Nein|Oui|Non|Sim|Não|Sì|Nee)[,.!]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Scored:
    unit: Unit
    score: float
    words: frozenset[str]


async def generate(request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    """In a thread, since it is work for the processor and not waiting; said in one piece."""
    text = await asyncio.to_thread(answer, request.question, request.passages, request.parts)
    if say is not None:
        say(text)
    read = request.question + "".join(passage.text for passage in request.passages)
    return ChatReply(text, MODEL, provider.name, tokens.rough(read), tokens.rough(text), Decimal(0))


async def models(provider: ProviderRef) -> list[str]:
    return [MODEL]


def answer(question: str, passages: Sequence[Passage], parts: Sequence[str] = ()) -> str:
    """The quotes that answer, each with its `[n]`; an honest sentence where there is nothing to quote. `parts` are what
    the question asks one by one."""
    said = phrases.small_talk(question)
    if said is not None:
        return said
    pool = [unit for rank, passage in enumerate(passages[:MOST_PASSAGES]) for unit in units.of(passage, rank=rank)]
    if not pool:
        return phrases.not_found(question)
    several = len(parts) > 1
    told = [unit for asked in parts or (question,) for unit in _told(asked, pool, several=several)]
    return _written(_made_whole(list(dict.fromkeys(told)), pool), parts or (question,))


def _told(asked: str, pool: Sequence[Unit], *, several: bool) -> list[Unit]:
    """What answers one question, perhaps one of `several`."""
    most, characters = (QUOTES_OF_A_PART, CHARACTERS_OF_A_PART) if several else (QUOTES, CHARACTERS)
    chosen = _chosen(_scored(asked, pool), most=most, characters=characters)
    if len(chosen) > 1:
        return chosen
    broad = not several and len(words.content(asked)) <= BROAD
    return _continued(chosen[0], pool, most=QUOTES if broad else QUOTES - 1)


def _scored(question: str, pool: Sequence[Unit]) -> list[_Scored]:
    """Best first, and the same for the same question and passages."""
    held = [frozenset(words.content(f"{unit.lead} {unit.text}")) for unit in pool]
    wanted = _wanted(question, held)
    by_words = [OVERLAP * _overlap(wanted, own, unit) - _malus(unit) for unit, own in zip(pool, held, strict=True)]
    near = sorted(range(len(pool)), key=lambda at: (-by_words[at], at))[:EMBEDDED]
    closeness = _closeness(question, [pool[at] for at in near])
    scored = [_Scored(pool[at], by_words[at] + cos, held[at]) for at, cos in zip(near, closeness, strict=True)]
    return sorted(scored, key=lambda one: (-one.score, one.unit.rank, one.unit.order))


def _wanted(question: str, held: Sequence[frozenset[str]]) -> dict[str, float]:
    """The question's words with their weights, which add up to one."""
    counts = Counter(word for own in held for word in own)
    weights = {word: math.log(1 + len(held) / max(1, counts[word])) for word in words.content(question)}
    follow_up = _FOLLOW_UP.match(question)
    for word in words.content(follow_up["new"]) if follow_up else ():
        weights[word] *= NEWS
    total = sum(weights.values()) or 1.0
    return {word: weight / total for word, weight in weights.items()}


def _overlap(wanted: Mapping[str, float], own: frozenset[str], unit: Unit) -> float:
    above = frozenset(words.content(unit.heading)) - own
    return sum(weight * (word in own or UNDER_HEADING * (word in above)) for word, weight in wanted.items())


def _malus(unit: Unit) -> float:
    return RANK * unit.rank + LOOSE * (unit.kind == "loose") + UNFIT * unit.text.endswith(_UNFINISHED)


def _closeness(question: str, pool: Sequence[Unit]) -> list[float]:
    """Cosines by the built-in embedder; where its model is not there, words alone decide."""
    try:
        embedder = embedders.builtin()
    except Unavailable:
        return [0.0] * len(pool)
    asked = embedder.embed_query(question)
    found = embedder.embed_documents([f"{unit.heading}: {unit.text}" if unit.heading else unit.text for unit in pool])
    return [sum(a * b for a, b in zip(asked, one, strict=True)) for one in found]


def _chosen(scored: Sequence[_Scored], *, most: int, characters: int) -> list[Unit]:
    """The best, and those near it that say something else."""
    chosen: list[_Scored] = []
    left = characters
    for one in scored:
        best, unit = scored[0].unit, one.unit
        near = one.score >= scored[0].score - NEAR[(unit.rank == best.rank) + (_place(unit) == _place(best))]
        again = any(words.shared(one.words, other.words) >= SAME for other in chosen)
        if chosen and (not near or again or len(one.unit.text) > left):
            continue
        chosen.append(one)
        left -= len(one.unit.text)
        if len(chosen) == most:
            break
    return [one.unit for one in chosen]


def _place(unit: Unit) -> tuple[int, int]:
    return unit.rank, unit.block


def _beside(unit: Unit, pool: Sequence[Unit], step: int) -> Unit | None:
    """The unit before or after, in the same paragraph."""
    wanted = (*_place(unit), unit.order + step)
    return next((other for other in pool if (*_place(other), other.order) == wanted), None)


def _continued(best: Unit, pool: Sequence[Unit], *, most: int) -> list[Unit]:
    """A short answer goes on as its paragraph does."""
    told, length = [best], len(best.text)
    while best.kind == "sentence" and len(told) < most:
        following = _beside(told[-1], pool, 1)
        if following is None or following.text.endswith(_UNFINISHED) or length + len(following.text) > SHORT:
            break
        told.append(following)
        length += len(following.text)
    return told


def _made_whole(chosen: Sequence[Unit], pool: Sequence[Unit]) -> list[Unit]:
    """The best one's passage first; a sentence that points back comes with the one before it."""
    whole = list(chosen)
    for unit in chosen:
        before = _beside(unit, pool, -1) if _POINTS_BACK.match(unit.text) else None
        if before is not None and before not in whole:
            whole.append(before)
    first = [unit.passage for unit in whole]
    return sorted(whole, key=lambda unit: (first.index(unit.passage), unit.order))


def _written(chosen: Sequence[Unit], asked: Sequence[str]) -> str:
    """Sentences run on; lists and rows stand on lines of their own, rows of one table under its heading."""
    text = ""
    before: Unit | None = None
    for unit in chosen:
        runs_on = before is not None and {before.kind, unit.kind} == {"sentence"}
        same_table = before is not None and before.kind == unit.kind == "row" and before.heading == unit.heading
        glue = " " if runs_on else "\n" if same_table else "\n\n"
        quoted = f"- {unit.text}" if same_table else _quoted(unit, asked)
        text += f"{glue if before else ''}{quoted} [{unit.passage}]"
        before = unit
    return text


def _quoted(unit: Unit, asked: Sequence[str]) -> str:
    """A quote as it can be read alone: under its lead or heading where it says too little without."""
    under = unit.heading + ("" if unit.heading.endswith(("?", "？", "؟", ":")) else ":") if unit.heading else ""
    if unit.kind == "list":
        return f"{unit.lead or under}\n{unit.text}".strip()
    if unit.kind == "row":
        return f"{under}\n- {unit.text}".strip() if under else f"- {unit.text}"
    if unit.kind == "item":
        return f"{unit.lead or under} {unit.text}".strip()
    agrees = _AGREES.match(unit.text) and not any(_is_asked(unit.heading, each) for each in asked)
    fragment = agrees or len(words.plain(unit.text)) < FRAGMENT
    return f"{under} {unit.text}".strip() if fragment else unit.text


def _is_asked(heading: str, question: str) -> bool:
    """Whether "Yes" to the heading is "Yes" to the question: nobody needs their own words said again."""
    over, own = frozenset(words.content(heading)), frozenset(words.content(question))
    return bool(over) and len(over & own) >= SAME * len(over | own)
