"""Answers as server-sent events, beside the same answers as JSON. Each refusal has its allowed twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bots.models import Bot
from chat.models import Conversation, Message
from chat.tests.conftest import CITED, FREE, KEY
from chat.tests.heard import EFFICIENT, PUBLIC, SHIPPING, Event, ask, heard, stream, tokens
from integrations.chatmodels import breaker
from integrations.models import TenantAIProvider
from integrations.tests import wire_modes
from integrations.tests.wire import Wire
from integrations.tests.wire_modes import Exchange
from knowledge.models import Dataset

MakeBot = Callable[..., Bot]
KeyClient = Callable[..., APIClient]
SHOP = "https://www.shop.example"
APOLOGIZES = {"provider_failure": "apologize"}


def names(told: list[Event]) -> list[str]:
    """The events' names, of several tokens only one."""
    found = [event.name for event in told]
    return [name for at, name in enumerate(found) if name != "token" or found[at - 1] != "token"]


def shape(value: Any) -> Any:
    """The names and types of JSON, and not what it says."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


@pytest.fixture
def bot(make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider) -> Bot:
    """It must cite, and its model cites."""
    return make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id)


@pytest.mark.parametrize("path", [PUBLIC, EFFICIENT])
def test_a_stream_tells_a_turn_from_its_start_to_its_end(key_client: KeyClient, bot: Bot, path: str) -> None:
    told = stream(key_client("chat:write"), bot.id, path=path)
    assert names(told) == ["start", "token", "citations", "end"]
    assert [event.id for event in told] == list(range(1, len(told) + 1))
    start, citations, end = told[0].data, told[-2].data, told[-1].data
    assert start == {"id": end["id"], "session_id": end["session_id"], "bot_id": str(bot.id)}
    assert citations == {"citations": end["citations"]}
    assert [citation["number"] for citation in end["citations"]] == [1]
    row = Message.objects.get(role="assistant")
    assert (str(row.id), row.status, row.content) == (end["id"], "complete", end["message"]["content"])


def test_the_tokens_are_the_answer_of_a_model_that_cites(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    wire.answer = " Delivery takes days [9]  [1]. Orders over $50 ship free [1, 7] ! Which \x00order is [it?"
    wire.pace = 0.02
    told = stream(anonymous, bot.id)
    assert len([event for event in told if event.name == "token"]) > 2
    assert tokens(told) == told[-1].data["message"]["content"]
    assert tokens(told) == "Delivery takes days [1]. Orders over $50 ship free [1] ! Which order is [it?"
    assert wire.requests[-1][2]["stream"] is True


def test_the_end_of_a_stream_is_the_answer_as_json(anonymous: APIClient, bot: Bot) -> None:
    end = stream(anonymous, bot.id)[-1].data
    whole = ask(anonymous, bot.id).json()
    assert shape(end) == shape(whole)
    assert (end["message"], end["usage"], end["model"]) == (whole["message"], whole["usage"], whole["model"])


def test_half_characters_of_a_model_break_no_stream(
    anonymous: APIClient, wire: Wire, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(x: Exchange) -> None:
        x.head()
        for word in (rb"Orders \ud83d", b" over $50 ship free [1]."):
            x.send(b'data: {"model": "half", "choices": [{"index": 0, "delta": {"content": "%b"}}]}\n\n' % word)
        x.send(b"data: [DONE]\n\n")
        x.end()

    monkeypatch.setitem(wire_modes.MODES, "half", half)
    wire.mode = "half"
    told = stream(anonymous, bot.id)
    assert names(told)[-1] == "end"
    assert tokens(told) == "Orders ? over $50 ship free [1]."


def test_proxies_and_stores_keep_their_hands_off_a_stream(anonymous: APIClient, bot: Bot) -> None:
    response = ask(anonymous, bot.id, stream=True)
    assert response["Content-Type"] == "text/event-stream; charset=utf-8"
    assert (response["X-Accel-Buffering"], response["Cache-Control"]) == ("no", "no-store")
    assert int(response["RateLimit-Remaining"]) == int(response["RateLimit-Limit"]) - 1
    heard(response)
    plain = ask(anonymous, bot.id)
    assert (plain["Content-Type"], "X-Accel-Buffering" in plain) == ("application/json", False)


@pytest.mark.parametrize("question", ["Can you give me medical advice?", "Hello!", "I want to talk to a human please"])
def test_what_needs_no_model_is_streamed_too(anonymous: APIClient, wire: Wire, bot: Bot, question: str) -> None:
    told = stream(anonymous, bot.id, question)
    assert [event.name for event in told] == ["start", "token", "citations", "end"]
    end = told[-1].data
    assert tokens(told) == end["message"]["content"] != ""
    assert (end["citations"], end["model"], wire.requests) == ([], None, [])


def test_the_built_in_provider_is_streamed_too(anonymous: APIClient, make_bot: MakeBot, handbook: Dataset) -> None:
    told = stream(anonymous, make_bot(handbook, scope=CITED).id, "What does express shipping cost?")
    assert names(told) == ["start", "token", "citations", "end"]
    assert "$14.95" in tokens(told)
    assert tokens(told) == told[-1].data["message"]["content"]
    assert told[-1].data["model"] == "parley-extractive-1"


def test_a_bot_that_must_cite_never_says_what_nothing_supports(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    wire.answer = "Whales are mammals of the deep sea."
    told = stream(anonymous, bot.id)
    end = told[-1].data
    assert tokens(told) == end["message"]["content"] != ""
    assert "Whales" not in str(told)
    assert end["guardrail"]["reason"] == "nothing_found"
    assert Message.objects.get(role="assistant").content == end["message"]["content"]


def test_a_bot_that_need_not_cite_takes_nothing_back(
    anonymous: APIClient, wire: Wire, make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider
) -> None:
    wire.answer = "Whales are mammals of the deep sea."
    told = stream(anonymous, make_bot(handbook, scope=FREE, tenant_ai_provider_id=model.id).id)
    assert tokens(told) == told[-1].data["message"]["content"] == "Whales are mammals of the deep sea."


def test_a_provider_that_fails_before_its_first_word_is_not_noticed(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    wire.mode = "bad_key"
    told = stream(anonymous, bot.id)
    assert names(told) == ["start", "token", "citations", "end"]
    assert told[-1].data["model"] == "parley-extractive-1"
    assert "$50" in tokens(told)
    assert KEY not in str(told)


@pytest.mark.parametrize("mode", ["error_middle", "reset_middle", "unfinished", "broken_json"])
def test_a_provider_that_fails_in_the_middle_ends_the_stream(
    anonymous: APIClient, wire: Wire, make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider, mode: str
) -> None:
    wire.mode = mode
    told = stream(anonymous, make_bot(handbook, scope=FREE, tenant_ai_provider_id=model.id).id)
    assert names(told) == ["start", "token", "error"]
    assert [event.id for event in told] == list(range(1, len(told) + 1))
    assert (told[-1].data["code"], told[-1].data["status"]) == ("assistant_unavailable", 503)
    assert len(wire.requests) == 1  # nobody is asked again for words that were heard
    row = Message.objects.get(role="assistant")
    assert (str(row.id), row.status, row.content) == (told[0].data["id"], "failed", "Orders")
    assert tokens(told) == row.content
    assert KEY not in str(told)


def test_a_sentence_that_was_broken_off_is_not_said_where_a_source_is_needed(
    anonymous: APIClient, wire: Wire, bot: Bot
) -> None:
    wire.mode = "error_middle"
    assert names(stream(anonymous, bot.id)) == ["start", "error"]
    assert Message.objects.get(role="assistant").content == ""


def _broken(make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider) -> Bot:
    """It would rather apologize than quote."""
    return make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id, settings=APOLOGIZES)


@pytest.mark.parametrize(
    ("mode", "code", "status"),
    [
        ("bad_key", "provider_bad_key", 502),
        ("slow_down", "provider_rate_limited", 503),
        ("hang", "provider_timed_out", 504),
    ],
)
def test_where_nobody_can_be_asked_strangers_are_told_so_and_the_tenant_why(
    anonymous: APIClient, key_client: KeyClient, wire: Wire, make_bot: MakeBot, handbook: Dataset,
    model: TenantAIProvider, settings: Any, mode: str, code: str, status: int,
) -> None:  # fmt: skip
    settings.PROVIDER_FIRST_TOKEN_SECONDS = settings.PROVIDER_IDLE_SECONDS = 0.2
    bot = _broken(make_bot, handbook, model)
    wire.mode = mode
    own = key_client("chat:write")

    def asked(client: APIClient, **more: Any) -> Any:
        breaker.forget()  # which would leave the provider alone after the first
        return ask(client, bot.id, **more)

    told = heard(asked(anonymous, stream=True))
    assert names(told) == ["start", "error"]
    assert (told[-1].data["code"], told[-1].data["status"]) == ("assistant_unavailable", 503)
    assert heard(asked(own, path=EFFICIENT, stream=True))[-1].data["code"] == code
    plain = asked(anonymous)
    assert (plain.status_code, plain.json()) == (503, told[-1].data)
    assert int(plain["Retry-After"]) > 0
    theirs = asked(own, path=EFFICIENT)
    assert (theirs.status_code, theirs.json()["code"]) == (status, code)
    assert theirs["Content-Type"] == "application/problem+json"
    assert {row.status for row in Message.objects.filter(role="assistant")} == {"failed"}
    assert KEY not in str(told) + plain.content.decode() + theirs.content.decode()


def test_the_same_bot_answers_where_its_provider_does(
    anonymous: APIClient, make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider
) -> None:
    assert ask(anonymous, _broken(make_bot, handbook, model).id).status_code == 200


def test_what_is_refused_before_the_stream_is_a_plain_problem(
    anonymous: APIClient, make_bot: MakeBot, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    bot, private, shop = make_bot(), make_bot(is_public=False), make_bot(allowed_domains=[SHOP])
    ended = stream(anonymous, bot.id, "Hello!")[0].data["session_id"]
    assert anonymous.post(f"/v1/chat/sessions/{ended}/end").status_code == 200
    refused: list[tuple[Any, int, str]] = [
        (ask(anonymous, uuid4(), stream=True), 404, "bot_not_found"),
        (ask(anonymous, private.id, stream=True), 404, "bot_not_found"),
        (ask(anonymous, bot.id, "", stream=True), 400, "invalid"),
        (ask(anonymous, bot.id, stream="perhaps"), 400, "invalid"),
        (ask(anonymous, bot.id, session_id="nonsense", stream=True), 404, "session_not_found"),
        (ask(anonymous, bot.id, session_id=ended, stream=True), 409, "session_ended"),
        (ask(anonymous, shop.id, stream=True, headers={"Origin": "https://evil.example"}), 403, "origin_not_allowed"),
        (ask(anonymous, bot.id, path=EFFICIENT, stream=True), 401, "not_authenticated"),
    ]
    for response, status, code in refused:
        assert not response.streaming
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert response["Content-Type"] == "application/problem+json"
    assert stream(anonymous, bot.id, "Hello!")[-1].name == "end"


def test_past_the_most_streams_there_is_a_problem_and_whole_answers_go_on(
    anonymous: APIClient, bot: Bot, settings: Any
) -> None:
    settings.CHAT_STREAMS = 0
    full = ask(anonymous, bot.id, stream=True)
    assert (full.status_code, full.json()["code"]) == (503, "too_many_streams")
    assert int(full["Retry-After"]) > 0
    assert Conversation.objects.count() == 0
    assert ask(anonymous, bot.id).status_code == 200
    settings.CHAT_STREAMS = 1
    for _ in range(2):  # one after the other
        assert stream(anonymous, bot.id)[-1].name == "end"


def test_a_website_of_the_bots_may_read_its_stream_and_no_other(
    anonymous: APIClient, make_bot: MakeBot, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    bot = make_bot(allowed_domains=[SHOP])
    allowed = ask(anonymous, bot.id, "Hello!", stream=True, headers={"Origin": SHOP})
    assert allowed["Access-Control-Allow-Origin"] == SHOP
    assert heard(allowed)[-1].name == "end"
    foreign = ask(anonymous, bot.id, "Hello!", stream=True, headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, "Access-Control-Allow-Origin" in foreign) == (403, False)


def test_a_streamed_talk_goes_on_in_its_session(anonymous: APIClient, bot: Bot) -> None:
    session = stream(anonymous, bot.id)[0].data["session_id"]
    assert stream(anonymous, bot.id, "Can you ship on Sundays?", session_id=session)[0].data["session_id"] == session
    assert Conversation.objects.count() == 1
    assert [row.content for row in Message.objects.filter(role="user").order_by("position")] == [
        SHIPPING,
        "Can you ship on Sundays?",
    ]
