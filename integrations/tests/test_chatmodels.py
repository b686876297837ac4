"""The vendors' libraries talk to a far side over real sockets; what it does becomes a reply or one of our errors."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from integrations import errors
from integrations.chatmodels import tokens
from integrations.chatmodels.types import Turn
from integrations.tests.asking import KEY, MODELS, ask
from integrations.tests.wire import ANSWER, Wire

PATHS = {"openai": "/v1/chat/completions", "openai_compatible": "/v1/chat/completions", "anthropic": "/v1/messages"}
KINDS = sorted(PATHS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reply_comes_back_in_one_shape(wire: Wire, kind: str) -> None:
    reply = ask(wire, kind)
    assert reply.text == ANSWER
    assert (reply.provider, reply.model) == (kind, MODELS[kind])
    assert (reply.prompt_tokens, reply.completion_tokens) == (1000, 200)
    path, headers, body = wire.requests[0]
    assert path == PATHS[kind]
    assert KEY in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer "))
    assert body["model"] == MODELS[kind]
    assert body["temperature"] == 0.3
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("kind", "cost"), [("openai", "0.00027"), ("anthropic", "0.0005"), ("openai_compatible", None)]
)
def test_a_call_has_its_price_where_it_is_known(wire: Wire, kind: str, cost: str | None) -> None:
    assert ask(wire, kind).cost_usd == (Decimal(cost) if cost else None)


def test_the_talk_goes_out_in_order_and_begins_with_the_person(wire: Wire) -> None:
    history = (Turn("assistant", "Welcome!"), Turn("user", "Hi"), Turn("assistant", "Hello"))
    ask(wire, "anthropic", history=history)
    ask(wire, "openai", history=history)
    anthropic, openai = (body for _, _, body in wire.requests)
    assert anthropic["system"] == "Be brief."
    assert [message["role"] for message in anthropic["messages"]] == ["user", "assistant", "user"]
    assert [message["role"] for message in openai["messages"]] == ["system", "user", "assistant", "user"]
    assert openai["messages"][-1]["content"].endswith("Is shipping free?")


def test_custom_settings_fill_what_the_bot_leaves_open(wire: Wire) -> None:
    settings = {"organization": "org-acme", "max_tokens": 300, "default_model": "gpt-4o", "temperature": 0.9}
    ask(wire, "openai", {"settings": settings}, model="", temperature=None, max_tokens=None)
    _, headers, body = wire.requests[0]
    assert headers["openai-organization"] == "org-acme"
    assert body["model"] == "gpt-4o"
    assert body["temperature"] == 0.9
    assert body["max_completion_tokens"] == 300


def test_the_bot_goes_before_custom_settings_below_their_ceiling(wire: Wire) -> None:
    settings = {"max_tokens": 300, "default_model": "llama-2", "temperature": 0.9}
    ask(wire, "openai_compatible", {"settings": settings})
    _, headers, body = wire.requests[0]
    assert "openai-organization" not in headers
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("llama-3", 0.3, 300)


def test_nothing_of_the_servers_own_environment_goes_to_a_tenants_provider(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "operators-own")
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "Authorization: operators-own")
    for kind in KINDS:
        ask(wire, kind)
    assert "operators-own" not in json.dumps([headers for _, headers, _ in wire.requests])


def test_a_compatible_server_without_a_key_gets_none(wire: Wire) -> None:
    ask(wire, "openai_compatible", {"api_key": ""})
    assert "authorization" not in wire.requests[0][1]


def test_a_model_that_thinks_is_not_told_a_temperature(wire: Wire) -> None:
    ask(wire, "openai", model="o3")
    assert "temperature" not in wire.requests[0][2]


def test_anthropic_is_kept_within_its_warmth(wire: Wire) -> None:
    ask(wire, "anthropic", temperature=1.7)
    assert wire.requests[0][2]["temperature"] == 1.0


def test_tokens_are_guessed_where_nobody_counts(wire: Wire) -> None:
    wire.mode = "no_usage"
    reply = ask(wire, "openai")
    assert reply.completion_tokens == tokens.rough(ANSWER)
    assert reply.prompt_tokens > 0
    assert reply.cost_usd is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_hangs_is_given_up(wire: Wire, kind: str) -> None:
    wire.mode = "hang"
    with pytest.raises(errors.ProviderTimedOut):
        ask(wire, kind, {"settings": {"timeout": 0.2}})


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_address_is_refused_when_it_is_used(wire: Wire, kind: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_PRIVATE = []
    with pytest.raises(errors.ProviderAddressRefused):
        ask(wire, kind)
    assert wire.requests == []


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_listens_is_unreachable(wire: Wire, kind: str) -> None:
    place = wire.place
    wire.stop()
    with pytest.raises(errors.ProviderUnreachable):
        ask(wire, kind, {"base_url": f"http://{place}/v1"})


def test_without_any_model_the_owner_is_told_which_to_set(wire: Wire) -> None:
    with pytest.raises(errors.ProviderUnknownModel) as caught:
        ask(wire, "openai_compatible", model="")
    assert "default_model" in caught.value.owner_detail
    assert wire.requests == []


def test_rough_tokens_follow_the_script() -> None:
    assert tokens.rough("") == 0
    assert tokens.rough("four") == 1
    assert tokens.rough("free shipping") == 4
    assert tokens.rough("送料無料") == 4
