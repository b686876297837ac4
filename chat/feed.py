"""Between a turn that speaks and whoever reads along.

Pieces that come close together are joined, so that a reader is woken at most once in `GAP` seconds, however fast the
model speaks; a slow reader finds them joined when it comes. A reader that heard nothing for `HEARTBEAT` seconds gets an
empty piece, to show the network that somebody is there. A reader that leaves ends the turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

GAP = 0.03
HEARTBEAT = 15.0
T = TypeVar("T")
_running: set[asyncio.Task[Any]] = set()  # the event loop alone would let them be collected


class Feed:
    """A `Listener` on one side, an iterator over the pieces on the other.

    A thousand readers wait at once, so waiting costs one future, and a timer only where pieces come too fast.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._waiting: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._due = 0.0  # when the reader may be woken again
        self._timer: asyncio.TimerHandle | None = None

    def say(self, piece: str) -> None:
        self._pieces.append(piece)
        if self._waiting is None or self._timer is not None:
            return  # the reader looks by itself, or is about to be woken
        if self._loop.time() >= self._due:
            self._wake()
        else:
            self._timer = self._loop.call_at(self._due, self._wake)

    async def read(self, work: asyncio.Task[T]) -> AsyncIterator[str]:
        """The pieces until the turn is over; what it came to is in `work`."""
        work.add_done_callback(lambda _: self._wake())
        heart = self._loop.call_later(HEARTBEAT, self._wake)
        try:
            while not work.done():
                await self._woken()
                if text := self._taken():
                    yield text
                    self._due = self._loop.time() + GAP
                elif not work.done() and self._loop.time() >= heart.when():
                    yield ""
                else:
                    continue
                heart.cancel()
                heart = self._loop.call_later(HEARTBEAT, self._wake)
            if text := self._taken():
                yield text
        finally:
            heart.cancel()
            if self._timer is not None:
                self._timer.cancel()

    async def _woken(self) -> None:
        self._waiting = self._loop.create_future()
        if self._pieces and self._timer is None:
            self._timer = self._loop.call_at(self._due, self._wake)
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _wake(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return text


def begin(talk: Callable[[Feed], Awaitable[T]], feed: Feed) -> asyncio.Task[T]:
    """Let a turn speak into the feed."""

    async def spoken() -> T:
        return await talk(feed)

    work = asyncio.create_task(spoken())
    _running.add(work)
    work.add_done_callback(_running.discard)
    return work


async def leave(work: asyncio.Task[Any]) -> None:
    """End a turn that is not over yet: the provider's stream is closed, and what was said is put on record."""
    if not work.done():
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work
    elif not work.cancelled():
        work.exception()  # looked at, so that nobody complains of it
