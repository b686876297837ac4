"""`Idempotency-Key`: a request that is sent again gets the answer that it had, and nothing is said twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from redis import Redis
from rest_framework.test import APIClient

from bots.models import Bot
from chat import idempotency
from chat.errors import IdempotencyInProgress
from chat.models import Message
from chat.tests.conftest import CITED, change
from chat.tests.heard import COMPLETIONS, EFFICIENT, PUBLIC, SHIPPING, ask, events, read, stream
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset
from tenants import keys, services
from tenants.types import Principal, TenantRef

MakeBot = Callable[..., Bot]
KeyClient = Callable[..., APIClient]
PATHS = [PUBLIC, EFFICIENT, COMPLETIONS]
ONCE = {"Idempotency-Key": "order 4711"}


@pytest.fixture
def bot(make_bot: MakeBot, handbook: Dataset) -> Bot:
    return make_bot(handbook, scope=CITED)


def answers() -> int:
    return Message.objects.filter(role="assistant").count()


def code(response: Any) -> tuple[int, str]:
    found = response.json()
    return response.status_code, found.get("error", found)["code"]


@pytest.mark.parametrize("path", PATHS)
def test_a_request_sent_again_gets_its_answer_again(key_client: KeyClient, bot: Bot, path: str) -> None:
    client = key_client("chat:write")
    first = ask(client, bot.id, path=path, headers=ONCE)
    again = ask(client, bot.id, path=path, headers=ONCE)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert answers() == 1
    assert ask(client, bot.id, path=path, headers={"Idempotency-Key": "order 4712"}).json()["id"] != first.json()["id"]
    assert ask(client, bot.id, path=path).json()["id"] != first.json()["id"]
    assert answers() == 3


@pytest.mark.parametrize("path", [PUBLIC, EFFICIENT])
def test_a_stream_asked_for_again_tells_the_same_answer(key_client: KeyClient, bot: Bot, path: str) -> None:
    client = key_client("chat:write")
    first = stream(client, bot.id, path=path, headers=ONCE)
    again = stream(client, bot.id, path=path, headers=ONCE)
    assert [event.name for event in again] == ["start", "token", "citations", "end"]
    assert [event.id for event in again] == [1, 2, 3, 4]
    assert (again[0], again[-1].data, again[-2].data) == (first[0], first[-1].data, first[-2].data)
    assert again[1].data["text"] == first[-1].data["message"]["content"]
    assert answers() == 1


def test_a_completion_streamed_again_tells_the_same_answer(key_client: KeyClient, bot: Bot) -> None:
    client = key_client("chat:write")
    more: dict[str, Any] = {
        "path": COMPLETIONS, "stream": True, "stream_options": {"include_usage": True}, "headers": ONCE,
    }  # fmt: skip
    first, again = (events(read(ask(client, bot.id, **more))) for _ in range(2))

    def told(chunks: list[Any]) -> tuple[Any, ...]:
        assert chunks[-1].data == "[DONE]"
        text = "".join(choice["delta"].get("content", "") for chunk in chunks[:-1] for choice in chunk.data["choices"])
        return chunks[0].data["id"], text, chunks[-2].data["usage"], chunks[-3].data["citations"]

    assert told(again) == told(first)
    assert answers() == 1


def test_the_same_key_with_another_body_is_refused(anonymous: APIClient, bot: Bot) -> None:
    assert ask(anonymous, bot.id, headers=ONCE).status_code == 200
    assert code(ask(anonymous, bot.id, "Hello!", headers=ONCE)) == (422, "idempotency_key_reused")
    assert code(ask(anonymous, bot.id, metadata={"a": 1}, headers=ONCE)) == (422, "idempotency_key_reused")
    assert answers() == 1
    assert ask(anonymous, bot.id, headers=ONCE).status_code == 200


def claim(tenant: TenantRef, bot: Bot, **changes: Any) -> idempotency.Claim:
    given: dict[str, Any] = {"tenant": tenant, "bot_id": bot.id, "caller": "x", "key": "k", "body": {"a": 1}}
    return idempotency.claim(**given | changes)


def test_while_the_first_is_being_answered_the_second_is_told_to_wait(
    acme: TenantRef, wire: Wire, bot: Bot, model: TenantAIProvider
) -> None:
    change(bot, tenant_ai_provider_id=model.id)
    wire.mode = "silent_middle"
    body = {"bot_id": str(bot.id), "messages": [{"role": "user", "content": SHIPPING}]}

    async def post() -> Any:
        return await AsyncClient().post(PUBLIC, body, content_type="application/json", headers=ONCE)

    async def at_once() -> Any:
        first = asyncio.ensure_future(post())
        async with asyncio.timeout(20):
            while not wire.open:
                await asyncio.sleep(0.01)
        second = await post()
        assert not first.done()
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first
        return second

    waiting = async_to_sync(at_once)()
    assert code(waiting) == (409, "idempotency_in_progress")
    assert int(waiting["Retry-After"]) > 0
    assert len(wire.requests) == 1


def test_a_key_that_is_claimed_is_in_progress(acme: TenantRef, anonymous: APIClient, bot: Bot) -> None:
    first = claim(acme, bot)
    with pytest.raises(IdempotencyInProgress) as refused:
        claim(acme, bot)
    assert int(refused.value.headers["Retry-After"]) > 0
    first.release()
    claim(acme, bot).keep({"said": 1})
    assert claim(acme, bot).answer == {"said": 1}


def test_a_key_is_its_callers_and_its_bots(
    anonymous: APIClient, key_client: KeyClient, make_bot: MakeBot, bot: Bot
) -> None:
    first, second = key_client("chat:write"), key_client("chat:write")
    other = make_bot(scope=CITED)
    found = {
        ask(first, bot.id, "Hello!", headers=ONCE).json()["id"],
        ask(second, bot.id, "Hello!", headers=ONCE).json()["id"],
        ask(first, other.id, "Hello!", headers=ONCE).json()["id"],
        ask(first, bot.id, "Hello!", path=EFFICIENT, headers=ONCE).json()["id"],
        ask(anonymous, bot.id, "Hello!", headers=ONCE).json()["id"],
    }
    assert len(found) == 5
    assert ask(first, bot.id, "Hello!", headers=ONCE).json()["id"] in found


def test_strangers_are_told_apart_by_their_addresses(anonymous: APIClient, bot: Bot) -> None:
    mine = ask(anonymous, bot.id, headers=ONCE).json()["id"]
    anonymous.defaults["REMOTE_ADDR"] = "10.1.2.3"
    theirs = ask(anonymous, bot.id, headers=ONCE).json()["id"]
    assert theirs != mine
    assert ask(anonymous, bot.id, headers=ONCE).json()["id"] == theirs
    anonymous.defaults["REMOTE_ADDR"] = "127.0.0.1"
    assert ask(anonymous, bot.id, headers=ONCE).json()["id"] == mine


@pytest.mark.parametrize("streamed", [False, True])
def test_after_a_failure_the_key_is_free_again(
    anonymous: APIClient, wire: Wire, bot: Bot, model: TenantAIProvider, streamed: bool
) -> None:
    change(bot, tenant_ai_provider_id=model.id, settings={"provider_failure": "apologize"})
    wire.mode = "bad_key"
    failed = ask(anonymous, bot.id, headers=ONCE, stream=streamed)
    assert events(read(failed))[-1].name == "error" if streamed else failed.status_code == 503
    wire.mode = "ok"
    again = ask(anonymous, bot.id, headers=ONCE, stream=streamed)
    assert events(read(again))[-1].name == "end" if streamed else again.status_code == 200


def test_after_a_refusal_the_key_is_free_again(anonymous: APIClient, bot: Bot, settings: Any) -> None:
    """Of a session that is not there, and of one stream too many: each is told again."""
    for _ in range(2):
        lost = ask(anonymous, bot.id, session_id="nonsense", headers=ONCE)
        assert code(lost) == (404, "session_not_found")
    settings.CHAT_STREAMS = 0
    for _ in range(2):
        assert code(ask(anonymous, bot.id, stream=True, headers=ONCE)) == (503, "too_many_streams")
    settings.CHAT_STREAMS = 1
    assert stream(anonymous, bot.id, headers=ONCE)[-1].name == "end"


def test_a_refusal_of_the_bots_is_an_answer_like_any_other(anonymous: APIClient, bot: Bot) -> None:
    first, again = (ask(anonymous, bot.id, "Can you give me medical advice?", headers=ONCE).json() for _ in range(2))
    assert first == again
    assert first["guardrail"]["action"] == "refuse"


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis away, for the keys alone: limits have a test of their own."""
    away = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    monkeypatch.setattr(idempotency, "redis", lambda: away)


def test_without_redis_a_key_is_refused_and_a_request_without_one_is_answered(
    anonymous: APIClient, bot: Bot, no_redis: None
) -> None:
    refused = ask(anonymous, bot.id, headers=ONCE)
    assert code(refused) == (503, "unavailable")
    assert int(refused["Retry-After"]) > 0
    assert answers() == 0
    assert ask(anonymous, bot.id).status_code == 200


def test_where_redis_goes_away_meanwhile_the_answer_is_given_all_the_same(
    acme: TenantRef, bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    claimed = claim(acme, bot)
    away = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    monkeypatch.setattr(idempotency, "redis", lambda: away)
    claimed.keep({"said": 1})
    claimed.release()
    assert caplog.text.count("Redis is away") == 2


@pytest.mark.parametrize("path", PATHS)
def test_where_conversations_are_not_kept_neither_is_the_answer(key_client: KeyClient, bot: Bot, path: str) -> None:
    client = key_client("chat:write")
    services.set_setting(by=Principal(), key="audit_logging", value={"log_conversations": False})
    first = ask(client, bot.id, path=path, headers=ONCE)
    assert first.status_code == 200
    assert code(ask(client, bot.id, path=path, headers=ONCE)) == (409, "idempotency_answer_gone")
    assert answers() == 1
    store = keys.redis()
    kept = b"".join(store.dump(name) or b"" for name in store.scan_iter())
    for said in (SHIPPING, "$50", "shipping", first.json()["id"]):
        assert said.encode() not in kept


def test_where_they_are_kept_so_is_the_answer(anonymous: APIClient, bot: Bot) -> None:
    """The twin: what is looked for above would be found."""
    ask(anonymous, bot.id, headers=ONCE)
    store = keys.redis()
    (name,) = store.scan_iter("*idempotency*")
    assert b"$50" in store.get(name)  # type: ignore[operator]  # redis' stubs know no sync
    assert 0 < int(store.ttl(name)) <= idempotency.SECONDS


@pytest.mark.parametrize(
    ("key", "fine"),
    [
        ("", False),
        ("x" * 255, True),
        ("x" * 256, False),
        ("é", False),
        ("a\tb", False),
        ("5d6f0ae4-9f4c-4d4f-8f0a-1a1b4f2f6c11", True),
    ],
)
def test_a_key_is_of_printable_characters(anonymous: APIClient, bot: Bot, key: str, fine: bool) -> None:
    response = ask(anonymous, bot.id, "Hello!", headers={"Idempotency-Key": key})
    if fine:
        assert UUID(response.json()["id"])
    else:
        assert code(response) == (400, "idempotency_key_invalid")
