"""An answer while it is being said: the model's pieces in, what the customer may read of them out.

A sentence is examined once it is complete, and said when it may be; what words settle is settled at once, what takes an
embedding in a thread, in order. Where the bot need not cite, the plain words of a sentence go out as they come, up to
the first sign that might be a mark, a link or a secret. Marks are numbered from 1 in the order of their appearance.
What was said is the answer: however the pieces are cut, the same words come out.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable

from chat.turn import courtesy, cut, hop, marks, quotes
from chat.turn.examine import LEAK, LINK, Examiner, Seen
from chat.turn.support import Doubtful, Support
from chat.turn.types import Quote, Spoken

# What may be more than plain words; and what may go on at the end of what has come.
_SPECIAL = re.compile(
    r"[\[\]【<>&\\`|(:@]|//|www|!\[|\d{4}|\d[ -]\d|-----|[\w.+/=-]{16}|\w{2}[-_]\w*\d"
    r"|pass|pwd|kennw|contrase|senha|wachtw",
    re.IGNORECASE,
)
_MAY_GO_ON = "".join(map(chr, range(33, 127))) + "。！？；…।؟"
LOOK_BACK = 40  # characters before what is new in which something special may have begun


class Live:
    def __init__(self, say: Callable[[str], None], *, examiner: Examiner) -> None:
        self.examiner = examiner
        self._say = say
        self._cutter = cut.Cutter()
        self._said: list[str] = []
        self._early = ""  # of the sentence that is coming, what is out already
        self._scanned = 0
        self._idle: list[str] = []  # said with the next that is supported
        self._gap = ""
        self._numbers: dict[int, int] = {}
        self._supports: dict[int, list[Support]] = {}
        self._taken: Counter[str] = Counter()
        self._topic: str | None = None
        self._waiting: deque[str] = deque()
        self._work: asyncio.Task[None] | None = None

    def hear(self, piece: str) -> None:
        for sentence in self._cutter.hear(piece):
            self._take(sentence)
        if not self.examiner.whole and not self._waiting:
            self._say_early()

    async def end(self) -> Spoken:
        """No more comes."""
        for sentence in self._cutter.end():
            self._take(sentence)
        if self._work is not None:
            await self._work
        self._close()
        found = [
            Quote(
                number=shown,
                passage=supports[0].passage,
                text=quotes.of(self.examiner.passages[supports[0].passage].text, supports),
            )
            for number, shown in self._numbers.items()
            for supports in (self._supports[number],)
        ]
        return Spoken("".join(self._said), tuple(found), dict(self._taken), self._topic)

    async def leave(self) -> None:
        """Nobody listens any more."""
        if self._work is not None and not self._work.done():
            self._work.cancel()
            await asyncio.wait([self._work])

    def _take(self, sentence: str) -> None:
        if self._waiting:
            self._waiting.append(sentence)
            return
        try:
            self._out(sentence, self.examiner.look(sentence))
        except Doubtful:
            self._waiting.append(sentence)
            if self._work is None or self._work.done():
                self._work = asyncio.get_running_loop().create_task(self._think())

    async def _think(self) -> None:
        while self._waiting:
            sentence = self._waiting[0]
            try:
                seen = self.examiner.look(sentence)
            except Doubtful:
                seen = await hop.outside(self.examiner.slowly, sentence)
            self._out(sentence, seen)
            self._waiting.popleft()
        if not self.examiner.whole:
            self._say_early()

    def _out(self, sentence: str, seen: Seen) -> None:
        early, self._early, self._scanned = self._early, "", 0
        self._taken.update(seen.reasons)
        self._topic = self._topic or seen.topic
        if not seen.text:
            if not self.examiner.whole and LEAK in seen.reasons:  # what went out early, or would have
                self._tell(self._plain(sentence)[len(early) :])
            self._gap = max(
                self._gap, sentence[: len(sentence) - len(sentence.lstrip())], key=lambda gap: gap.count("\n")
            )
            return
        if self.examiner.strict and seen.kind == "idle":
            self._idle.append(seen.text)
            return
        for text in self._idle:
            self._tell(self._shown(text, ()))
        self._idle.clear()
        self._tell(self._shown(seen.text, seen.supports)[len(early) :])

    def _shown(self, text: str, supports: tuple[Support, ...]) -> str:
        """The sentence with its final numbers, and nothing in it that leads elsewhere."""
        for one in supports:
            self._supports.setdefault(one.number, []).append(one)
        known = {one.number for one in supports}
        numbered = marks.put(
            text,
            lambda found: [self._numbers.setdefault(n, len(self._numbers) + 1) for n in found if n in known],
        )
        if self.examiner.bare:
            numbered = marks.dropped(numbered)
        linked = self.examiner.linked(numbered)
        if linked != numbered:
            self._taken[LINK] += 1
        return linked

    def _say_early(self) -> None:
        rest = self._cutter.rest
        if len(rest) > self._scanned:
            self._scanned = len(rest)
            plain = self._plain(rest, since=len(self._early))
            if len(plain) > len(self._early):
                self._tell(plain[len(self._early) :])
                self._early = plain

    def _plain(self, sentence: str, *, since: int = 0) -> str:
        """Its beginning that is said as it is, whatever follows."""
        since = max(0, since - LOOK_BACK)
        special = _SPECIAL.search(sentence, since)
        end = special.start() if special else len(sentence)
        leak = self.examiner.leaks.begin(sentence, since=since, end=end)
        if leak < end:
            return sentence[:leak]
        return sentence[:end].rstrip().rstrip(_MAY_GO_ON).rstrip()

    def _tell(self, text: str) -> None:
        """An answer begins and ends with a word, and no bracket meets what would make it a link."""
        begun = text.lstrip()
        gap = max(self._gap, text[: len(text) - len(begun)], key=lambda blanks: (blanks.count("\n"), len(blanks)))
        said = begun.rstrip()
        self._gap = begun[len(said) :] if said else gap
        if not said:
            return
        if not self._said:
            gap = ""
        elif not gap and said[0] in "(:[" and self._said[-1].endswith("]"):
            gap = " " if said[0] != "[" else ""
        self._said.append(gap + said)
        self._say(gap + said)

    def _close(self) -> None:
        """What claims nothing is said after something, or where it asks back."""
        idle, self._idle = self._idle, []
        while idle and courtesy.leads(idle[-1]):
            idle.pop()
        asks = any(map(courtesy.asks, idle)) and not any(map(courtesy.does_not_know, idle))
        if self._said or asks:
            for text in idle:
                self._tell(self._shown(text, ()))
