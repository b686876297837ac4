"""Asks the bot's provider, then its fallback, then the built-in one where the bot wants that.

In: all that is needed to ask, already read. Out: a reply. Nothing here touches the database. A failure goes to the
trace in the owner's words; the customer never sees it. Once a word was said nobody else is asked. Raises
`ProviderError` when there is nobody left to ask.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from chat.turn.trace import Trace
from chat.turn.types import Candidate, Ready
from integrations.chatmodels import registry
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.enums import Purpose
from integrations.errors import ProviderError, ProviderFailed

log = logging.getLogger(__name__)

# Where a candidate's pieces go.
Voice = Callable[[Candidate], Say]


async def generate(*, ready: Ready, voice: Voice | None, trace: Trace) -> ChatReply:
    failure: ProviderError = ready.refused or ProviderFailed("There is no provider to ask.")
    for candidate in ready.candidates:
        said = _Said(voice(candidate) if voice else None)
        try:
            return await ask(
                request=ready.request, candidate=candidate, purpose=Purpose.ANSWER, say=said.say, trace=trace
            )
        except ProviderError as error:
            failure = error
        if said.anything:
            break
    raise failure


async def ask(
    *, request: ChatRequest, candidate: Candidate, purpose: Purpose, trace: Trace, say: Say | None = None
) -> ChatReply:
    """One provider asked, and the call noted. Raises `ProviderError`."""
    provider = candidate.provider
    asked = replace(request, model=candidate.model)
    with trace.call(provider=provider, model=candidate.model, purpose=purpose) as call:
        try:
            call.reply = await registry.generate(asked, provider, say=say)
        except ProviderError:
            raise
        except Exception as error:  # what a vendor's library throws up is a bug, but not the customer's
            log.exception("A provider broke in an unknown way.")
            raise ProviderFailed from error
        return call.reply


class _Said:
    """Remembers whether anything was said."""

    def __init__(self, say: Say | None) -> None:
        self.anything = False
        self._say = say
        self.say = None if say is None else self._heard

    def _heard(self, piece: str) -> None:
        self.anything = True
        assert self._say is not None
        self._say(piece)
