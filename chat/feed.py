"""Between a turn that speaks and whoever reads along.

Pieces that come close together are joined, so that a reader is woken at most once in `GAP` seconds, however fast the
model speaks; a slow reader finds them joined when it comes. A reader that heard nothing for `HEARTBEAT` seconds gets an
empty piece, to show the network that somebody is there. A reader that leaves ends the turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from chat.turn.types import Answer

GAP = 0.03
HEARTBEAT = 15.0
_running: set[asyncio.Task[Answer]] = set()  # the event loop alone would let them be collected


class Feed:
    """A `Listener` on one side, an iterator over the pieces on the other."""

    def __init__(self, *, hold: bool = False) -> None:
        self.hold = hold
        self._pieces: list[str] = []
        self._wake = asyncio.Event()

    def say(self, piece: str) -> None:
        self._pieces.append(piece)
        self._wake.set()

    async def read(self, work: asyncio.Task[Answer]) -> AsyncIterator[str]:
        """The pieces until the turn is over; what it came to is in `work`."""
        work.add_done_callback(lambda _: self._wake.set())
        while not (work.done() and not self._pieces):
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._wake.wait()
            except TimeoutError:
                yield ""
                continue
            self._wake.clear()
            if self._pieces:
                text = "".join(self._pieces)
                self._pieces.clear()
                yield text
                await asyncio.wait([work], timeout=GAP)


def begin(talk: Callable[[Feed], Awaitable[Answer]], feed: Feed) -> asyncio.Task[Answer]:
    """Let a turn speak into the feed."""

    async def spoken() -> Answer:
        return await talk(feed)

    work = asyncio.create_task(spoken())
    _running.add(work)
    work.add_done_callback(_running.discard)
    return work


async def leave(work: asyncio.Task[Answer]) -> None:
    """End a turn that is not over yet: the provider's stream is closed, and what was said is put on record."""
    if not work.done():
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work
    elif not work.cancelled():
        work.exception()  # looked at, so that nobody complains of it
