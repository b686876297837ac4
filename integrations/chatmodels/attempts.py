"""One call to a provider, within its deadlines, tried again where that may help.

Once a word was said, nothing is tried again: the customer has heard it. Before that, a busy or broken provider is asked
up to `ATTEMPTS` times, after a pause at random (full jitter) or the one it asked for, where that is short. A provider
that stayed silent for its whole deadline is not asked twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from django.conf import settings

from integrations.chatmodels import breaker
from integrations.chatmodels.kinds import ChatModel
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.errors import ProviderError, ProviderMisbehaved, ProviderTimedOut
from integrations.types import ProviderRef

ATTEMPTS = 3
BASE_SECONDS, MOST_SECONDS = 0.25, 2.0


class _Silent(ProviderTimedOut):
    """Our own patience is at its end; asking again would take as long again."""

    retryable = True


async def make(model: ChatModel, request: ChatRequest, provider: ProviderRef, say: Say | None) -> ChatReply:
    """Raises `ProviderError`."""
    total = float(provider.settings.get("timeout") or settings.PROVIDER_TOTAL_SECONDS)
    end = asyncio.get_running_loop().time() + total
    for attempt in range(1, ATTEMPTS + 1):
        call = _Call(model, request, provider, say, end=end)
        try:
            with breaker.guarded(provider) as asking:
                call.on_first_word = asking.works
                return await call.answer()
        except ProviderError as error:
            pause = _pause(error, attempt)
            if call.said or attempt == ATTEMPTS or pause is None or asyncio.get_running_loop().time() + pause >= end:
                raise
        await asyncio.sleep(pause)
    raise AssertionError("The last attempt returns or raises.")


async def once(model: ChatModel, request: ChatRequest, provider: ProviderRef) -> ChatReply:
    """Ask a single time, also a provider that is left alone at the moment. Raises `ProviderError`."""
    total = float(provider.settings.get("timeout") or settings.PROVIDER_TOTAL_SECONDS)
    return await _Call(model, request, provider, None, end=asyncio.get_running_loop().time() + total).answer()


def _pause(error: ProviderError, attempt: int) -> float | None:
    """The seconds before the next attempt; `None`: there should be none."""
    if not error.retryable or isinstance(error, _Silent):
        return None
    jitter = random.uniform(0, min(MOST_SECONDS, BASE_SECONDS * 2**attempt))  # noqa: S311 -- nothing to guess
    if error.retry_after is None:
        return jitter
    return error.retry_after + jitter if error.retry_after <= MOST_SECONDS else None


class _Call:
    """One attempt. The clock is set for the first word, then for the next, and never beyond the end of all."""

    def __init__(
        self, model: ChatModel, request: ChatRequest, provider: ProviderRef, say: Say | None, *, end: float
    ) -> None:
        self._model, self._request, self._provider = model, request, provider
        self._say = say
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._clock = asyncio.timeout(None)
        self.said = False
        self.on_first_word: Callable[[], None] | None = None

    async def answer(self) -> ChatReply:
        patience = settings.PROVIDER_FIRST_TOKEN_SECONDS
        if self._say is None:  # nothing comes before all of it is there
            patience += settings.PROVIDER_IDLE_SECONDS
        try:
            async with self._clock:
                self._clock.reschedule(min(self._loop.time() + patience, self._end))
                say = None if self._say is None else self._heard
                reply = await self._model.generate(self._request, self._provider, say)
        except TimeoutError:
            raise _Silent(self._reason()) from None
        if not reply.text:
            raise ProviderMisbehaved("The provider answered without a word.")
        return reply

    def _heard(self, piece: str) -> None:
        if not self.said and self.on_first_word:
            self.on_first_word()
        self.said = True
        self._clock.reschedule(min(self._loop.time() + settings.PROVIDER_IDLE_SECONDS, self._end))
        assert self._say is not None
        self._say(piece)

    def _reason(self) -> str:
        if self._loop.time() >= self._end:
            return "The provider did not come to an end in time."
        return "The provider fell silent in the middle of the answer." if self.said else ""
