"""What the bot says in the end.

In: what a step came to. Out: the words, the quotes under them, and whether a person is called. With nothing that
supports an answer, the bot's fallback behaviour speaks: it says that it does not know, or hands over to a person.
"""

from __future__ import annotations

from dataclasses import replace

from bots.enums import CitationStyle, FallbackBehavior
from bots.guardrails import refusals
from bots.types import BotProfile, Kind, Verdict
from chat.turn.examine import FORBIDDEN, LEAK, LINK, SECRET
from chat.turn.types import Found, Opened, Ready, Said, Spoken
from integrations.chatmodels.types import ChatReply

NOTHING_FOUND = "nothing_found"
WITH_PERSON = "with_person"


# What was taken out of an answer, gravest first.
_GRAVE = (FORBIDDEN, LEAK, SECRET, LINK)


def answered(*, turn: Opened, ready: Ready, reply: ChatReply, spoken: Spoken) -> Said:
    """What a model said, as far as it may be said."""
    grave = next((reason for reason in _GRAVE if reason in spoken.taken), None)
    if not spoken.text:
        if grave in {FORBIDDEN, LEAK}:
            return declined(
                turn=turn, verdict=_refused(ready.verdict, grave, spoken.topic), found=ready.found, reply=reply
            )
        return nothing_to_say(turn=turn, verdict=ready.verdict, found=ready.found, reply=reply)
    verdict = (
        replace(ready.verdict, reason=grave, topic=spoken.topic or ready.verdict.topic) if grave else ready.verdict
    )
    return Said(text=spoken.text, verdict=verdict, quotes=spoken.quotes, found=ready.found, reply=reply)


def _refused(verdict: Verdict, reason: str, topic: str | None) -> Verdict:
    kind: Kind = "forbidden" if reason == FORBIDDEN else "injection"
    return replace(verdict, action="refuse", kind=kind, reason=reason, topic=topic)


def declined(*, turn: Opened, verdict: Verdict, found: Found, reply: ChatReply | None = None) -> Said:
    """A refusal, small talk, or a person being called."""
    profile = turn.profile
    words = refusals.reply(verdict=verdict, policy=profile.scope, question=turn.question, bot_name=profile.name)
    called = verdict.reason or verdict.kind if verdict.action == "escalate" else None
    return Said(text=words, verdict=verdict, found=found, reply=reply, escalation=called)


def nothing_to_say(*, turn: Opened, verdict: Verdict, found: Found, reply: ChatReply | None = None) -> Said:
    """The bot's fallback behaviour."""
    calls = turn.profile.settings.get("fallback_behavior") == FallbackBehavior.ESCALATE_TO_HUMAN
    words = refusals.handover(question=turn.question) if calls else refusals.unknown(question=turn.question)
    settled = Verdict(
        action="escalate" if calls else verdict.action, kind=verdict.kind, reason=NOTHING_FOUND,
        topic=verdict.topic, scores=verdict.scores,
    )  # fmt: skip
    return Said(text=words, verdict=settled, found=found, reply=reply, escalation=NOTHING_FOUND if calls else None)


def with_person(*, turn: Opened) -> Said:
    """What the customer reads while a person has the talk: that one will answer."""
    words = refusals.text("with_person", refusals.language_of(turn.question))
    verdict = Verdict(action="escalate", kind="escalation", reason=WITH_PERSON)
    return Said(text=words, verdict=verdict, escalation=WITH_PERSON, silent=True)


def broken(text: str = "", *, aborted: bool = False) -> Said:
    """Of a turn that did not come to its end, what the customer had heard by then; why is in the trace."""
    return Said(
        text=storable(text).strip(),
        verdict=Verdict(action="allow", kind="allowed"),
        outcome="aborted" if aborted else "failed",
    )


def is_bare(profile: BotProfile) -> bool:
    """Whether the text shows no marks; the citations come beside it all the same."""
    return profile.settings.get("citation_style") == CitationStyle.NONE


def storable(text: str) -> str:
    """A model's words without what a database cannot hold: null characters and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
