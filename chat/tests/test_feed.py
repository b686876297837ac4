"""Between a turn that speaks and its reader: pieces are joined, silence is filled, and who leaves ends the turn."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from chat import feed
from chat.turn.types import Answer

ANSWER = cast("Answer", object())  # a feed hands it on unseen
PATIENCE = 20.0


async def _all(listener: feed.Feed, work: asyncio.Task[Answer]) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        return [piece async for piece in listener.read(work)]


def _heard(*pieces: str, pause: float = 0.0, first: float = 0.0) -> list[str]:
    """What a reader gets of a turn that says these, with pauses."""

    async def talk(listener: feed.Feed) -> Answer:
        await asyncio.sleep(first)
        for piece in pieces:
            listener.say(piece)
            if pause:
                await asyncio.sleep(pause)
        return ANSWER

    async def reading() -> list[str]:
        listener = feed.Feed()
        work = feed.begin(talk, listener)
        found = await _all(listener, work)
        assert work.result() is ANSWER
        return found

    return asyncio.run(reading())


def test_pieces_that_come_together_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "GAP", 0.5)
    assert _heard("a", "b", "c", "d") == ["abcd"]
    first, *rest = _heard(*"abcdefgh", pause=0.001)
    assert (first, "".join(rest)) == ("a", "bcdefgh")
    assert len(rest) == 1


def test_pieces_far_apart_come_each_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "GAP", 0.0)
    assert _heard("a", "b", "c", pause=0.05) == ["a", "b", "c"]


def test_the_first_piece_waits_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "GAP", PATIENCE)

    async def first() -> str:
        listener = feed.Feed()
        work = asyncio.get_running_loop().create_future()
        listener.say("a")
        async with asyncio.timeout(PATIENCE / 2):
            async for piece in listener.read(cast("asyncio.Task[Answer]", work)):
                return piece
        return ""

    assert asyncio.run(first()) == "a"


def test_silence_is_filled_and_speech_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "HEARTBEAT", 0.05)
    silent = _heard("a", first=0.4)
    assert set(silent[:-1]) == {""}
    assert silent[-1] == "a"
    monkeypatch.setattr(feed, "HEARTBEAT", PATIENCE)
    assert _heard("a", first=0.4) == ["a"]


def test_a_turn_that_says_nothing_ends_the_reading() -> None:
    assert _heard() == []


def test_a_turn_that_fails_ends_the_reading_after_its_words() -> None:
    async def talk(listener: feed.Feed) -> Answer:
        listener.say("a")
        await asyncio.sleep(0)
        raise LookupError

    async def reading() -> list[str]:
        listener = feed.Feed()
        work = feed.begin(talk, listener)
        found = await _all(listener, work)
        with pytest.raises(LookupError):
            work.result()
        return found

    assert asyncio.run(reading()) == ["a"]


@pytest.mark.parametrize("over", [False, True])
def test_who_leaves_ends_the_turn_unless_it_is_over(over: bool) -> None:
    tidied: list[str] = []

    async def talk(listener: feed.Feed) -> Answer:
        try:
            await asyncio.sleep(0 if over else PATIENCE)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)  # it has something to put down
            tidied.append("cancelled")
            raise
        return ANSWER

    async def leaving() -> Any:
        work = feed.begin(talk, feed.Feed())
        await asyncio.sleep(0.02)
        await feed.leave(work)
        return work

    work = asyncio.run(leaving())
    assert work.cancelled() is not over
    assert tidied == ([] if over else ["cancelled"])  # and it was waited for


def test_leaving_a_turn_that_failed_raises_nothing() -> None:
    async def talk(listener: feed.Feed) -> Answer:
        raise LookupError

    async def leaving() -> None:
        work = feed.begin(talk, feed.Feed())
        await asyncio.sleep(0.01)
        await feed.leave(work)

    asyncio.run(leaving())
