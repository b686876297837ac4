"""A sentence of a model's, as it may go out.

In: the sentence, as the model wrote it. Out: what of it may be said, the quotes under it, and why anything was taken
out. Cheapest first: the bot's instructions, secrets, then support, and last the bot's forbidden topics, which take an
embedding. Only `slowly` asks for meaning; without it `Doubtful` is raised where words do not settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bots.guardrails import topics
from bots.types import BotProfile, ScopePolicy
from chat.turn import cite, meaning, support
from chat.turn.checks import hosts, leaks, links, secrets
from chat.turn.checks.hosts import Hosts
from chat.turn.cite import Kind
from chat.turn.support import Doubtful, Support
from integrations.chatmodels import words
from integrations.chatmodels.types import ChatRequest, Passage
from tenants.errors import Unavailable

UNSUPPORTED, LEAK, SECRET, LINK, FORBIDDEN = "unsupported", "prompt_leak", "secret", "foreign_link", "forbidden_topic"
LEAST_WORDS = 4  # of a sentence that can be about anything


@dataclass(frozen=True, slots=True)
class Seen:
    """`text` is empty where nothing of the sentence may be said; `reasons` say what was taken out."""

    text: str
    kind: Kind
    supports: tuple[Support, ...] = ()
    reasons: tuple[str, ...] = ()
    topic: str | None = None


@dataclass(slots=True)
class Examiner:
    """One answer's. `strict`: what nothing supports is not said; `whole`: nothing is said before its sentence is."""

    passages: Sequence[Passage]
    question: str = ""
    instructions: str = ""
    allowed_domains: tuple[str, ...] = ()
    policy: ScopePolicy = field(default_factory=ScopePolicy)
    strict: bool = True
    bare: bool = False
    meaning: meaning.Meaning = field(default_factory=meaning.Meaning)
    hosts: Hosts = field(init=False)
    leaks: leaks.Instructions = field(init=False)
    shown: str = field(init=False)
    known: frozenset[str] = field(init=False)
    sources: tuple[support.Source, ...] = field(init=False)

    def __post_init__(self) -> None:
        texts = [passage.text for passage in self.passages]
        self.sources = support.of(self.passages)
        self.shown = "\n".join(texts)
        self.hosts = hosts.of(allowed=self.allowed_domains, texts=texts)
        self.leaks = leaks.of(system=self.instructions, free=[*texts, self.question])
        self.known = frozenset(words.content(self.question)).union(*(source.held for source in self.sources))

    @property
    def whole(self) -> bool:
        return self.strict or bool(self.policy.forbidden_topics)

    def look(self, sentence: str) -> Seen:
        """Raises `Doubtful`."""
        return self._look(sentence, None)

    def slowly(self, sentence: str) -> Seen:
        return self._look(sentence, self.meaning.near)

    def linked(self, text: str) -> str:
        """First, since no address is a claim; and last, since marks that went may have stood between its parts."""
        return links.clean(text, hosts=self.hosts)

    def _look(self, sentence: str, near: support.Likeness | None) -> Seen:
        if self.leaks.are_in(sentence):
            return Seen("", "unsupported", reasons=(LEAK,))
        clean = secrets.clean(sentence, shown=self.shown)
        linked = self.linked(clean)
        reasons = (SECRET,) * (clean != sentence) + (LINK,) * (linked != clean)
        cited = cite.cite(linked, sources=self.sources, known=self.known, near=near, strict=self.strict)
        if self.strict and cited.kind == "unsupported":
            return Seen("", cited.kind, reasons=(*reasons, UNSUPPORTED))
        topic = self._forbidden(cited, near)
        if topic:
            return Seen("", "unsupported", reasons=(FORBIDDEN,), topic=topic)
        return Seen(cited.text, cited.kind, cited.supports, reasons)

    def _forbidden(self, cited: cite.Cited, near: support.Likeness | None) -> str | None:
        """The forbidden topic that the sentence is about."""
        if not self.policy.forbidden_topics or len(words.content(cited.text)) < LEAST_WORDS:
            return None
        if near is None:
            raise Doubtful
        said = cite.without_marks(cited.text)
        try:
            quoted = any(self.passages[one.passage].text[one.start : one.end] == said for one in cited.supports)
            vector = topics.place(self.meaning.vector(said, quoted=quoted))
            match = topics.match(question=said, vector=vector, policy=self.policy)
        except Unavailable:
            return None
        return match.topic if match.kind == "forbidden" else None


def examiner(*, profile: BotProfile, request: ChatRequest, question: str, bare: bool) -> Examiner:
    return Examiner(
        passages=request.passages,
        question=question,
        instructions=request.system,
        allowed_domains=profile.allowed_domains,
        policy=profile.scope,
        strict=profile.scope.citation_required,
        bare=bare,
    )
