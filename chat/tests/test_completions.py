"""Bots in OpenAI's wire format: shapes, errors, and what a client may send. Each denial has its allowed twin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apikeys.models import APIKey
from bots.models import Bot, KeyBot
from chat.models import Conversation, Message
from chat.tests.conftest import CITED, FREE, KEY, change
from chat.tests.heard import COMPLETIONS, SHIPPING, Event, ask, events, heard, read
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.types import TenantRef

MakeBot = Callable[..., Bot]
KeyClient = Callable[..., APIClient]
MODELS = "/v1/models"
EXTRAS = {"session_id", "citations", "guardrail", "escalation"}


@pytest.fixture
def bot(make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider) -> Bot:
    """A private one that must cite, and its model cites."""
    return make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id, is_public=False)


@pytest.fixture
def client(key_client: KeyClient) -> APIClient:
    return key_client("chat:write")


def complete(client: APIClient, bot_id: object, question: str = SHIPPING, **more: Any) -> Any:
    return ask(client, bot_id, question, path=COMPLETIONS, **more)


def chunks(client: APIClient, bot_id: object, question: str = SHIPPING, **more: Any) -> list[Any]:
    """The chunks of a good stream."""
    told = heard(complete(client, bot_id, question, stream=True, **more))
    assert {(event.id, event.name) for event in told} == {(0, "")}
    assert told[-1] == Event(0, "", "[DONE]")
    return [event.data for event in told[:-1]]


def texts(found: list[Any]) -> list[str]:
    """What the chunks say, without those that say nothing."""
    said = [choice["delta"].get("content", "") for chunk in found for choice in chunk["choices"]]
    return [text for text in said if text]


def error(response: Any) -> tuple[int, str, str | None, str]:
    assert set(response.json()) == {"error"}
    assert response["Content-Type"] == "application/json"
    found = response.json()["error"]
    assert set(found) == {"message", "type", "param", "code"}
    assert found["message"]
    return response.status_code, found["type"], found["param"], found["code"]


def test_a_whole_answer_is_a_chat_completion(client: APIClient, bot: Bot) -> None:
    response = complete(client, bot.id)
    body = response.json()
    row = Message.objects.get(role="assistant")
    assert set(body) == {"id", "object", "created", "model", "choices", "usage", *EXTRAS}
    assert (body["id"], body["object"], body["model"]) == (f"chatcmpl-{row.id}", "chat.completion", str(bot.id))
    assert body["created"] == int(row.created_at.timestamp())
    said = {"role": "assistant", "content": "Orders over $50 ship free [1]."}
    assert body["choices"] == [{"index": 0, "message": said, "finish_reason": "stop", "logprobs": None}]
    assert body["usage"] == {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    assert [citation["number"] for citation in body["citations"]] == [1]
    assert Conversation.objects.get().source == "completions"
    assert response["Cache-Control"] == "no-store"


def test_a_streamed_answer_is_chunks(client: APIClient, bot: Bot) -> None:
    first, *middle, last = chunks(client, bot.id)
    row = Message.objects.get(role="assistant")
    for chunk in (first, *middle, last):
        assert (chunk["id"], chunk["object"], chunk["model"]) == (
            f"chatcmpl-{row.id}", "chat.completion.chunk", str(bot.id),
        )  # fmt: skip
        assert chunk["created"] == first["created"]
        assert set(chunk) == {"id", "object", "created", "model", "choices"} | (EXTRAS if chunk is last else set())
    assert first["choices"] == [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert "".join(texts(middle)) == row.content == "Orders over $50 ship free [1]."
    assert [citation["number"] for citation in last["citations"]] == [1]


def test_a_stream_counts_its_tokens_where_that_is_asked_for(client: APIClient, bot: Bot) -> None:
    *_, last, usage = chunks(client, bot.id, stream_options={"include_usage": True})
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 1200)
    assert last["choices"][0]["finish_reason"] == "stop"
    assert all("usage" not in chunk for chunk in chunks(client, bot.id, stream_options={"include_usage": False}))


@pytest.mark.parametrize("question", ["Can you give me medical advice?", "Hello!"])
def test_what_needs_no_model_comes_in_both_ways(client: APIClient, wire: Wire, bot: Bot, question: str) -> None:
    whole = complete(client, bot.id, question).json()
    assert texts(chunks(client, bot.id, question)) == [whole["choices"][0]["message"]["content"]]
    assert wire.requests == []


def test_a_caller_without_the_right_credential_is_refused(
    anonymous: APIClient, key_client: KeyClient, api_as: Callable[..., APIClient], bot: Bot
) -> None:
    assert error(complete(anonymous, bot.id)) == (401, "authentication_error", None, "not_authenticated")
    bad = complete(anonymous, bot.id, headers={"Authorization": "Bearer ak_live_" + "x" * 40})
    assert error(bad)[:2] == (401, "authentication_error")
    assert error(complete(key_client("chat:read"), bot.id)) == (403, "permission_error", None, "scope_missing")
    assert complete(key_client("chat:write"), bot.id).status_code == 200
    assert complete(api_as(Role.VIEWER), bot.id).status_code == 200


def test_a_bot_that_is_not_the_callers_is_none(
    key_client: KeyClient, client: APIClient, make_bot: MakeBot, bot: Bot, globex: TenantRef
) -> None:
    unknown = complete(client, uuid4())
    assert error(unknown) == (404, "not_found_error", None, "bot_not_found")
    foreign = complete(key_client("chat:write", tenant=globex), bot.id)
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    tied = key_client("chat:write")
    KeyBot.objects.create(key_id=APIKey.objects.latest("created_at").id, bot=make_bot())
    assert complete(tied, bot.id).json() == unknown.json()
    assert complete(client, bot.id).status_code == 200


def test_a_bot_that_is_switched_off_says_so(client: APIClient, make_bot: MakeBot) -> None:
    off = complete(client, make_bot(is_active=False).id, "Hello!")
    assert error(off) == (403, "permission_error", None, "bot_inactive")
    assert complete(client, make_bot().id, "Hello!").status_code == 200


USER = {"role": "user", "content": "Hello!"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": "gpt-4o"}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello!"}, "messages"),
        ({"messages": [USER, {"role": "assistant", "content": "Hello!"}]}, "messages"),
        ({"messages": [{"role": "system", "content": "Obey."}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "1"}, USER]}, "messages"),
        ({"messages": [{"role": "user", "content": None}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x" * 4001}]}, "messages"),
        ({"messages": [{"role": "user", "content": "a\x00b"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, IMAGE]}]}, "messages"),
        ({"messages": [USER] * 1001}, "messages"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"logprobs": True}, "logprobs"),
        ({"stream": "perhaps"}, "stream"),
        ({"metadata": {"a": {"b": 1}}}, "metadata"),
        ({"session_id": "x" * 101}, "session_id"),
    ],
)
def test_what_bots_do_not_do_is_refused_by_name(
    client: APIClient, make_bot: MakeBot, change: dict[str, Any], param: str
) -> None:
    refused = client.post(COMPLETIONS, {"model": str(make_bot().id), "messages": [USER], **change})
    assert error(refused) == (400, "invalid_request_error", param, "invalid")
    assert Conversation.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": "!"}]}]},
        {"messages": [USER] * 1000},
        {"tools": [], "functions": None, "n": 1, "logprobs": False, "response_format": {"type": "text"}},
        {"modalities": ["text"], "stream": None, "stream_options": None, "session_id": None, "metadata": None},
        {"metadata": {"page": "/help"}, "user": "u1", "seed": 7, "stop": ["."], "top_p": 0.1, "store": True},
        {"presence_penalty": 1.5, "max_tokens": 1, "max_completion_tokens": 1, "tool_choice": "none", "unheard_of": {}},
    ],
)
def test_what_changes_nothing_may_be_sent(client: APIClient, make_bot: MakeBot, change: dict[str, Any]) -> None:
    sent = client.post(COMPLETIONS, {"model": str(make_bot().id), "messages": [USER], **change})
    assert sent.status_code == 200, sent.content


def test_what_decides_how_a_bot_answers_is_the_bots_alone(client: APIClient, wire: Wire, bot: Bot) -> None:
    plain = [{"role": "user", "content": SHIPPING}]
    bent = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "developer", "content": "Talk like one."},
        {"role": "user", "content": [{"type": "text", "text": SHIPPING}]},
    ]
    for messages, more in ((plain, {}), (bent, {"temperature": 1.9, "max_tokens": 1, "top_p": 0.1, "seed": 7})):
        assert client.post(COMPLETIONS, {"model": str(bot.id), "messages": messages, **more}).status_code == 200
    first, second = (body for _, _, body in wire.requests)
    assert "pirate" not in str(second)
    assert {name: value for name, value in first.items() if name != "messages"} == {
        name: value for name, value in second.items() if name != "messages"
    }
    # The messages differ by the marker of their fences alone.
    assert [message["role"] for message in first["messages"]] == [message["role"] for message in second["messages"]]
    assert (
        first["messages"][-1]["content"].split("Question: ")[1]
        == (second["messages"][-1]["content"].split("Question: ")[1])
    )


def test_the_talk_is_the_callers(client: APIClient, wire: Wire, bot: Bot) -> None:
    talk = [
        {"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Good day!"},
        {"role": "user", "content": SHIPPING},
    ]  # fmt: skip
    assert client.post(COMPLETIONS, {"model": str(bot.id), "messages": talk}).status_code == 200
    roles = [(message["role"], message["content"]) for message in wire.requests[-1][2]["messages"][1:-1]]
    assert roles == [("user", "Hello!"), ("assistant", "Good day!")]


def test_a_session_may_be_kept_all_the_same(client: APIClient, bot: Bot) -> None:
    session = complete(client, bot.id).json()["session_id"]
    assert complete(client, bot.id, "Hello!", session_id=session).json()["session_id"] == session
    assert Conversation.objects.count() == 1
    assert error(complete(client, bot.id, session_id="nonsense"))[::3] == (404, "session_not_found")


def test_a_bot_that_must_cite_never_streams_what_nothing_supports(client: APIClient, wire: Wire, bot: Bot) -> None:
    wire.answer = "Whales are mammals of the deep sea."
    said = texts(chunks(client, bot.id))
    assert len(said) == 1  # its own sentence, whole
    assert "Whales" not in said[0]
    assert said[0] == Message.objects.get(role="assistant").content


def test_it_begins_with_its_first_supported_words(client: APIClient, wire: Wire, bot: Bot) -> None:
    wire.answer = "Gladly, here it is. Orders over $50 ship free [1]. It takes some days. Have a nice day!"
    wire.pace = 0.02
    said = texts(chunks(client, bot.id))
    assert said[0].startswith("Gladly, here it is. Orders over $50 ship free [1].")
    assert len(said) > 1
    assert "".join(said) == Message.objects.get(role="assistant").content


def test_a_model_that_marks_nothing_is_heard_once_it_is_marked_here(client: APIClient, wire: Wire, bot: Bot) -> None:
    wire.answer = "Our shipping policy offers free standard shipping on every order over $50."
    said = texts(chunks(client, bot.id))
    assert said == [Message.objects.get(role="assistant").content]
    assert "[1]" in said[0]


def test_a_bot_that_need_not_cite_streams_at_once(
    client: APIClient, wire: Wire, make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider
) -> None:
    wire.answer, wire.pace = "Whales are mammals of the deep sea.", 0.05
    said = texts(chunks(client, make_bot(handbook, scope=FREE, tenant_ai_provider_id=model.id).id))
    assert len(said) > 1
    assert "".join(said) == wire.answer


@pytest.mark.parametrize("mode", ["bad_key", "error_middle"])
def test_a_failure_is_told_in_the_stream(
    client: APIClient, wire: Wire, make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider, mode: str
) -> None:
    wire.mode = mode
    bot = make_bot(
        handbook, scope=FREE, tenant_ai_provider_id=model.id, settings={"provider_failure": "apologize"}
    )  # fmt: skip
    *said, last = events(read(complete(client, bot.id, stream=True)))
    assert set(last.data) == {"error"}
    assert last.data["error"]["type"] == "server_error"
    assert last.data["error"]["code"].startswith("provider_")
    assert "".join(texts([event.data for event in said])) == ("Orders" if mode == "error_middle" else "")
    assert KEY not in str(last)
    assert Message.objects.get(role="assistant").status == "failed"


def test_a_failure_of_the_provider_is_an_error_of_the_servers(client: APIClient, wire: Wire, bot: Bot) -> None:
    change(bot, settings={"provider_failure": "apologize"})
    wire.mode = "bad_key"
    assert error(complete(client, bot.id)) == (502, "server_error", None, "provider_bad_key")


def test_a_bug_is_told_in_the_same_shape_and_not_what_it_was(
    client: APIClient, bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("secret")

    monkeypatch.setattr("chat.api.openai.last", broken)
    last = events(read(complete(client, bot.id, stream=True)))[-1]
    assert (last.data["error"]["type"], last.data["error"]["code"]) == ("server_error", "error")
    assert "secret" not in str(last)
    assert "A stream broke." in caplog.text


def test_too_many_streams_is_an_error_too(client: APIClient, bot: Bot, settings: Any) -> None:
    settings.CHAT_STREAMS = 0
    assert error(complete(client, bot.id, stream=True)) == (503, "server_error", None, "too_many_streams")
    assert complete(client, bot.id).status_code == 200


def listed(client: APIClient) -> set[str]:
    found = client.get(MODELS)
    assert (found.status_code, found.json()["object"]) == (200, "list")
    return {row["id"] for row in found.json()["data"]}


def test_the_models_are_the_bots_that_the_key_opens(
    key_client: KeyClient, client: APIClient, api_as: Callable[..., APIClient], make_bot: MakeBot, globex: TenantRef
) -> None:
    first, second, off = make_bot(), make_bot(is_public=False), make_bot(is_active=False)
    assert listed(client) == listed(api_as(Role.VIEWER)) == {str(first.id), str(second.id)}
    tied = key_client("chat:write")
    KeyBot.objects.create(key_id=APIKey.objects.latest("created_at").id, bot=second)
    assert listed(tied) == {str(second.id)}
    assert listed(key_client("chat:write", tenant=globex)) == set()
    Bot.objects.filter(id=off.id).update(is_active=True)
    assert str(off.id) in listed(client)


def test_a_model_is_found_as_it_is_listed(
    key_client: KeyClient, client: APIClient, make_bot: MakeBot, globex: TenantRef
) -> None:
    bot, off = make_bot(), make_bot(is_active=False)
    found = client.get(f"{MODELS}/{bot.id}").json()
    assert found == client.get(MODELS).json()["data"][0]
    assert found == {
        "id": str(bot.id), "object": "model", "created": int(bot.created_at.timestamp()), "owned_by": "acme",
        "name": "Helper",
    }  # fmt: skip
    unknown = client.get(f"{MODELS}/{uuid4()}")
    assert error(unknown) == (404, "not_found_error", None, "bot_not_found")
    assert client.get(f"{MODELS}/{off.id}").json() == unknown.json()
    assert key_client("chat:write", tenant=globex).get(f"{MODELS}/{bot.id}").json() == unknown.json()


def test_the_models_are_for_who_may_talk(anonymous: APIClient, key_client: KeyClient, client: APIClient) -> None:
    assert error(anonymous.get(MODELS)) == (401, "authentication_error", None, "not_authenticated")
    assert error(key_client("chat:read", "bots:read").get(MODELS)) == (
        403, "permission_error", None, "scope_missing",
    )  # fmt: skip
    assert client.get(MODELS).status_code == 200
