"""Each kind of provider at its address: what is sent there, what it has on offer, and what stays from call to call."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import pytest

from integrations import errors, vendors
from integrations.chatmodels import registry
from integrations.outbound import connections
from integrations.tests.asking import KEY, ask, ref, request, tried
from integrations.tests.wire import ANSWER, MODELS, Wire
from integrations.types import ProviderRef

PATHS = {
    "openai": "/v1", "openai_compatible": "/v1", "anthropic": "/v1", "google": "/v1", "mistral": "/v1", "ollama": "/v1",
    "azure": "/openai/v1",
}  # fmt: skip
KINDS = sorted(PATHS)
BOTH = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
OWN = "operators-own"
ENVIRONMENT = (
    "OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_VERSION", "OPENAI_ADMIN_KEY",
    "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN",
    "GOOGLE_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "OLLAMA_API_KEY",
)  # fmt: skip
ADDRESSES = (
    "OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_PROXY", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL", "ANTHROPIC_PROXY",
    "AZURE_OPENAI_ENDPOINT", "OLLAMA_HOST", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
)  # fmt: skip


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_answers_in_one_shape_at_its_address(wire: Wire, kind: str, streamed: bool) -> None:
    reply = ask(wire, kind, streamed=streamed)
    assert (reply.text, reply.provider) == (ANSWER, kind)
    ((path, headers, body),) = wire.requests
    assert path == PATHS[kind] + ("/messages" if kind == "anthropic" else "/chat/completions")
    assert body["model"] == request(kind).model
    assert bool(body.get("stream")) is streamed
    keys = {headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")}
    assert KEY in keys <= {KEY, "", None}
    assert headers.get("api-key") == (KEY if kind == "azure" else None)
    counted = (reply.prompt_tokens, reply.completion_tokens) == (1000, 200)
    assert counted is (kind != "mistral" or not streamed)  # the real one counts unasked


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_environment_goes_out(
    wire: Wire, kind: str, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, OWN)
    for name in ADDRESSES:
        monkeypatch.setenv(name, f"http://{OWN}.invalid:9")
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, f"X-Own: {OWN}")
    assert ask(wire, kind, streamed=streamed).text == ANSWER
    assert asyncio.run(registry.models(ref(wire, kind)))
    assert len(wire.requests) == 2
    assert OWN not in json.dumps(wire.requests)


@BOTH
@pytest.mark.parametrize("base", ["", "/", "/openai", "/openai/v1/"])
def test_azures_older_addresses_name_the_deployment(wire: Wire, base: str, streamed: bool) -> None:
    given: dict[str, Any] = {"base_url": f"http://{wire.place}{base}", "settings": {"api_version": "2024-10-21"}}
    assert ask(wire, "azure", given, streamed=streamed).text == ANSWER
    path, headers, _ = wire.requests[0]
    assert path == "/openai/deployments/our%20gpt%2F4/chat/completions?api-version=2024-10-21"
    assert headers["api-key"] == KEY


def test_azures_older_addresses_list_models_outside_of_any_deployment(wire: Wire) -> None:
    assert asyncio.run(registry.models(ref(wire, "azure", settings={"api_version": "2024-10-21"}))) == sorted(MODELS)
    path, headers, _ = wire.requests[0]
    assert path == "/openai/models?api-version=2024-10-21"
    assert headers["api-key"] == KEY


@pytest.mark.parametrize("base", ["", "/", "/v1", "/v1/"])
def test_ollama_is_found_with_and_without_its_path(wire: Wire, base: str) -> None:
    ask(wire, "ollama", {"base_url": f"http://{wire.place}{base}", "api_key": ""}, streamed=True)
    path, headers, _ = wire.requests[0]
    assert (path, "authorization" in headers) == ("/v1/chat/completions", False)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("openai", "https://api.openai.com/v1"),
        ("google", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("mistral", "https://api.mistral.ai/v1"),
    ],
)
def test_without_an_address_it_is_the_vendors(kind: str, address: str) -> None:
    assert vendors.openai_address(ProviderRef(id=uuid4(), name=kind), model="m") == (address, {})


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "anthropic"])
def test_a_stream_is_asked_for_its_count_where_that_is_known(wire: Wire, kind: str) -> None:
    ask(wire, kind, streamed=True)
    ask(wire, kind)
    streamed, whole = (body.get("stream_options") for _, _, body in wire.requests)
    assert streamed == (None if kind == "mistral" else {"include_usage": True})
    assert whole is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_models_on_offer_are_listed_in_order(wire: Wire, kind: str) -> None:
    assert asyncio.run(registry.models(ref(wire, kind))) == sorted(MODELS)
    ((path, headers, _),) = wire.requests
    assert path.partition("?")[0] == f"{PATHS[kind]}/models"
    assert KEY in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer "))


def test_googles_models_are_named_as_they_are_asked_for(wire: Wire) -> None:
    wire.models = ("models/gemini-2.5-pro", "models/gemini-2.5-flash")
    assert asyncio.run(registry.models(ref(wire, "google"))) == ["gemini-2.5-flash", "gemini-2.5-pro"]


@pytest.mark.parametrize("kind", KINDS)
def test_models_without_a_name_are_left_out(wire: Wire, kind: str) -> None:
    wire.models = ("b", 5, None, {"a": 1}, "a", "b")
    assert asyncio.run(registry.models(ref(wire, kind))) == ["a", "b"]


def test_the_built_in_model_is_on_offer_too() -> None:
    assert asyncio.run(registry.models(ProviderRef(id=uuid4(), name="builtin"))) == ["parley-extractive-1"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("bad_key", "provider_bad_key"), ("broken", "provider_failed"), ("html", "provider_failed"),
        ("garbage", "provider_failed"), ("reset", "provider_unreachable"), ("redirect_metadata", "provider_failed"),
        ("long_line", "provider_failed"), ("bomb", "provider_failed"), ("hang", "provider_timed_out"),
    ],
)  # fmt: skip
def test_a_list_that_does_not_come_is_a_failure_like_any(
    wire: Wire, kind: str, mode: str, code: str, settings: Any
) -> None:
    settings.PROVIDER_FIRST_TOKEN_SECONDS = 0.5 if mode == "hang" else 20
    wire.mode = mode
    with pytest.raises(errors.ProviderError) as caught:
        asyncio.run(registry.models(ref(wire, kind)))
    assert caught.value.code == code
    assert len(wire.requests) <= (2 if mode == "reset" else 1)  # the HTTP client may send a GET twice
    assert KEY not in f"{caught.value!r} {caught.value.owner_detail}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_at_a_private_address_is_refused(wire: Wire, kind: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_PRIVATE = []
    with pytest.raises(errors.ProviderAddressRefused):
        asyncio.run(registry.models(ref(wire, kind)))
    assert wire.requests == []


@pytest.mark.parametrize("kind", ["openai_compatible", "anthropic"])
def test_what_is_set_for_one_model_goes_before_what_is_set_for_all(wire: Wire, kind: str) -> None:
    of_one = {"temperature": 0.1, "max_tokens": 50, "top_p": 0.5}
    given = {"settings": {"temperature": 0.9, "max_tokens": 300, "models": {"small": of_one}}}
    ask(wire, kind, given, model="small", streamed=True)
    ask(wire, kind, given, model="large", streamed=True, temperature=None)
    small, large = (body for _, _, body in wire.requests)
    assert [small[name] for name in of_one] == list(of_one.values())
    assert (large["temperature"], large["max_tokens"], "top_p" in large) == (0.9, 300, False)


def test_a_models_own_limit_does_not_lift_the_bots(wire: Wire) -> None:
    ask(wire, "mistral", {"settings": {"models": {"small": {"max_tokens": 5000}}}}, model="small", max_tokens=40)
    assert wire.requests[0][2]["max_tokens"] == 40


def test_thoughts_that_come_as_parts_are_not_the_answer(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Free."}]
    wire.answer = parts  # type: ignore[assignment]  # as Mistral's models that think say it
    wire.mode = "ok"
    assert ask(wire, "mistral").text == "Free."
    wire.mode = "unstreamed"
    monkeypatch.setattr(wire, "answer", parts)
    assert ask(wire, "mistral", streamed=True).text == "Free."


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_calls_share_a_connection_and_no_cookies(wire: Wire, kind: str, streamed: bool) -> None:
    wire.cookie = "session=theirs; Path=/"
    provider = ref(wire, kind)

    async def talking() -> None:
        for mode in ("ok", "bad_request", "ok"):
            wire.mode = mode
            outcome = await tried(wire, provider, streamed=streamed)
            assert (outcome.error is None) is (mode == "ok")

    asyncio.run(talking())
    assert len(wire.requests) == 3
    assert wire.connections == 1
    assert "cookie" not in {name for _, headers, _ in wire.requests for name in headers}


def test_a_call_that_was_cut_short_does_not_leave_its_rest_to_the_next(wire: Wire) -> None:
    provider = ref(wire, "openai")

    async def talking() -> list[str]:
        texts = []
        for mode in ("error_middle", "ok"):
            wire.mode = mode
            outcome = await tried(wire, provider, streamed=True)
            texts.append(outcome.reply.text if outcome.reply else "")
        return texts

    assert asyncio.run(talking()) == ["", ANSWER]


def test_connections_end_with_their_loop(wire: Wire) -> None:
    """Whoever embeds or asks from a worker runs a loop for each call."""
    for _ in range(5):
        ask(wire, "openai")
        ask(wire, "anthropic", streamed=True)
    end = time.monotonic() + 2
    while wire.connected and time.monotonic() < end:
        time.sleep(0.01)
    assert (wire.connections, wire.connected) == (10, 0)
    assert not connections._sessions
