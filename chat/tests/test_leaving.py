"""A customer who leaves: the provider is hung up on, and what was said until then is on record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from rest_framework.test import APIClient

from bots.models import Bot
from chat import sse
from chat.models import Message
from chat.tests.conftest import FREE
from chat.tests.heard import COMPLETIONS, EFFICIENT, PUBLIC, SHIPPING, ask, events, heard
from chat.turn import hop
from integrations.models import ModelCall, TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset

MakeBot = Callable[..., Bot]
KeyClient = Callable[..., APIClient]
SECONDS = 2.0  # in which the provider's stream is closed
PATIENCE = 20.0


@pytest.fixture
def bot(make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider) -> Bot:
    return make_bot(handbook, scope=FREE, tenant_ai_provider_id=model.id)


def hung_up(wire: Wire) -> bool:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and (wire.open or not wire.cut):
        time.sleep(0.01)
    return (wire.open, wire.cut) == (0, 1)


async def until_asked(wire: Wire) -> None:
    async with asyncio.timeout(PATIENCE):
        while not wire.open:
            await asyncio.sleep(0.01)


def read_a_little(response: Any, enough: bytes) -> bytes:
    """The beginning of a stream, which is then closed as a server closes it."""

    async def reading() -> bytes:
        parts, found = aiter(response), b""
        async with asyncio.timeout(PATIENCE):
            while enough not in found:
                found += await anext(parts)
        await parts.aclose()
        return found

    return async_to_sync(reading)()


def cancelled(wire: Wire, path: str, bot: Bot, **headers: str) -> None:
    """A request for a whole answer, given up while its provider is awaited."""
    said: dict[str, Any] = {"bot_id": str(bot.id), "message": SHIPPING}
    if path == PUBLIC:
        said = {"bot_id": str(bot.id), "messages": [{"role": "user", "content": SHIPPING}]}

    async def leaving() -> None:
        post = AsyncClient().post(path, said, content_type="application/json", headers=headers)
        request = asyncio.ensure_future(post)
        await until_asked(wire)
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        assert request.cancelled()

    async_to_sync(leaving)()


@pytest.mark.parametrize("path", [PUBLIC, EFFICIENT, COMPLETIONS])
def test_who_leaves_in_the_middle_of_a_stream_is_on_record(
    key_client: KeyClient, wire: Wire, bot: Bot, path: str
) -> None:
    wire.mode = "endless_words"
    sent = read_a_little(ask(key_client("chat:write"), bot.id, path=path, stream=True), b"$50 $50")
    assert hung_up(wire)
    row = Message.objects.get(role="assistant")
    told = events(sent)
    texts = [event.data["choices"][0]["delta"]["content"] for event in told] if path == COMPLETIONS else [
        event.data["text"] for event in told if event.name == "token"
    ]  # fmt: skip
    assert row.status == "aborted"
    assert row.content.startswith("".join(texts).strip())
    assert row.content.startswith("Orders over $50 $50")
    assert row.trace["errors"][-1]["code"] == "CancelledError"
    assert ModelCall.objects.get().outcome == "aborted"
    assert sse._open == 0


def test_who_leaves_before_the_first_word_is_on_record(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    wire.mode = "silent_start"

    async def reading(response: Any) -> None:
        parts = aiter(response)
        assert b"event: start" in await anext(parts)
        waiting = asyncio.ensure_future(anext(parts))
        await until_asked(wire)
        waiting.cancel()  # as a server does it to who waits for the next words
        with suppress(asyncio.CancelledError):
            await waiting
        await parts.aclose()

    async_to_sync(reading)(ask(anonymous, bot.id, stream=True))
    assert hung_up(wire)
    row = Message.objects.get(role="assistant")
    assert (row.status, row.content) == ("aborted", "")


@pytest.mark.parametrize("path", [PUBLIC, EFFICIENT])
def test_who_leaves_while_waiting_for_a_whole_answer_is_on_record(
    key_client: KeyClient, wire: Wire, bot: Bot, path: str
) -> None:
    wire.mode = "hang"
    secret = str(key_client("chat:write")._credentials["HTTP_AUTHORIZATION"])  # type: ignore[attr-defined]  # DRF's client keeps them there
    cancelled(wire, path, bot, Authorization=secret)
    assert hung_up(wire)
    asked, said = Message.objects.order_by("position")
    assert (asked.content, said.status, said.content) == (SHIPPING, "aborted", "")


def test_who_stays_to_the_end_is_on_record_as_answered(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    assert heard(ask(anonymous, bot.id, stream=True))[-1].name == "end"
    assert (wire.open, wire.cut) == (0, 0)
    assert Message.objects.get(role="assistant").status == "complete"


def test_what_was_left_is_not_told_as_what_the_bot_said(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    wire.mode = "endless_words"
    sent = read_a_little(ask(anonymous, bot.id, stream=True), b"$50 $50")
    wire.mode = "ok"
    session = events(sent)[0].data["session_id"]
    ask(anonymous, bot.id, "What does express shipping cost?", session_id=session)
    roles = [message["role"] for message in wire.requests[-1][2]["messages"]]
    assert roles == ["system", "user", "user"]


def test_an_idempotency_key_is_free_again_when_its_customer_left(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    headers = {"Idempotency-Key": "once"}
    wire.mode = "hang"
    cancelled(wire, PUBLIC, bot, **headers)
    wire.mode = "endless_words"
    read_a_little(ask(anonymous, bot.id, stream=True, headers=headers), b"$50 $50")
    wire.mode = "ok"
    assert ask(anonymous, bot.id, headers=headers).status_code == 200


def test_who_is_cancelled_in_a_hop_goes_when_its_work_is_done() -> None:
    """A turn on its way into the record is not lost, and a key that is claimed meanwhile is known to be."""
    done: list[str] = []

    def work() -> None:
        done.append("begun")
        time.sleep(0.1)
        done.append("ended")

    async def leaving() -> None:
        hopping = asyncio.ensure_future(hop.outside(work))
        while not done:
            await asyncio.sleep(0.01)
        hopping.cancel()
        with suppress(asyncio.CancelledError):
            await hopping
        assert hopping.cancelled()
        assert done == ["begun", "ended"]

    asyncio.run(leaving())


def test_work_that_fails_after_its_caller_left_breaks_nothing() -> None:
    async def leaving() -> None:
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> None:
            loop.call_soon_threadsafe(began.set)
            time.sleep(0.05)
            raise LookupError

        hopping = asyncio.ensure_future(hop.outside(work))
        await began.wait()
        hopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hopping

    asyncio.run(leaving())
