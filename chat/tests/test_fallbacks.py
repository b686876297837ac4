"""Who is asked for an answer, in which order, what each call costs, and that nobody is shown a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots import selectors as profiles
from bots.models import Bot
from chat.models import Message
from chat.tests.conftest import CITED, FREE, KEY, change
from chat.tests.heard import ask
from chat.turn import candidates
from chat.turn.trace import Trace
from integrations import services as providers
from integrations.chatmodels import breaker
from integrations.models import ModelCall, TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset
from tenants.types import Principal

MakeBot = Callable[..., Bot]
SPARE = "sk-of-the-spare"
QUOTES = "parley-extractive-1"


@pytest.fixture
def other(wire: Wire, settings: Any) -> Iterator[Wire]:
    """The far side of the fallback."""
    server = Wire()
    server.answer = "It ships free over $50 [1]."
    settings.OUTBOUND_ALLOWED_PRIVATE = [wire.place, server.place]
    yield server
    server.stop()


@pytest.fixture
def spare(other: Wire, principal: Principal) -> TenantAIProvider:
    """A fallback whose model has a price."""
    return providers.create(
        by=principal, provider_name="openai", name="Spare", api_key=SPARE, base_url=f"http://{other.place}/v1",
        custom_settings={"default_model": "gpt-4o"},
    )  # fmt: skip


@pytest.fixture
def bot(make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider, spare: TenantAIProvider) -> Bot:
    return make_bot(
        handbook, scope=CITED, tenant_ai_provider_id=model.id, fallback_ai_provider_id=spare.id,
        fallback_model="gpt-4o-mini",
    )  # fmt: skip


def asked_in_order(bot: Bot, *, passages: bool = True) -> list[tuple[str, str]]:
    found, _ = candidates.of(profiles.profile(bot.id), passages=passages, trace=Trace())
    return [(candidate.provider.label, candidate.model) for candidate in found]


def calls() -> list[tuple[str, str, str, str]]:
    rows = ModelCall.objects.order_by("at")
    return [(row.provider_name, row.model, row.purpose, row.outcome) for row in rows]


def errors() -> list[str]:
    return [error["code"] for error in Message.objects.get(role="assistant").trace["errors"]]


def test_the_bots_provider_then_its_fallback_then_quotes(make_bot: MakeBot, bot: Bot, provider: Any) -> None:
    assert asked_in_order(bot) == [("Local", ""), ("Spare", "gpt-4o-mini"), ("Built-in", "")]
    assert asked_in_order(bot, passages=False) == [("Local", ""), ("Spare", "gpt-4o-mini")]  # there is nothing to quote
    change(bot, settings={"provider_failure": "apologize"}, model="local-2")
    assert asked_in_order(bot) == [("Local", "local-2"), ("Spare", "gpt-4o-mini")]
    assert asked_in_order(make_bot(tenant_ai_provider_id=provider.id)) == [("Built-in", "")]


def test_while_the_provider_answers_nobody_else_is_asked(anonymous: APIClient, other: Wire, bot: Bot) -> None:
    assert ask(anonymous, bot.id).json()["model"] == "local-1"
    assert other.requests == []
    assert calls() == [("openai_compatible", "local-1", "answer", "ok")]


def test_when_it_fails_the_fallback_answers_with_its_own_model(
    anonymous: APIClient, wire: Wire, other: Wire, bot: Bot
) -> None:
    wire.mode = "bad_key"
    answer = ask(anonymous, bot.id).json()
    assert (answer["model"], answer["message"]["content"]) == ("gpt-4o-mini", "It ships free over $50 [1].")
    assert (len(wire.requests), other.requests[0][2]["model"]) == (1, "gpt-4o-mini")
    assert calls() == [
        ("openai_compatible", "", "answer", "provider_bad_key"),  # the provider's default: the bot names no model
        ("openai", "gpt-4o-mini", "answer", "ok"),
    ]
    assert errors() == ["provider_bad_key"]


def test_when_both_fail_the_documents_are_quoted(anonymous: APIClient, wire: Wire, other: Wire, bot: Bot) -> None:
    wire.mode, other.mode = "bad_key", "no_quota"
    answer = ask(anonymous, bot.id).json()
    assert answer["model"] == QUOTES
    assert "$50" in answer["message"]["content"]
    assert [(row[0], row[3]) for row in calls()] == [
        ("openai_compatible", "provider_bad_key"), ("openai", "provider_no_quota"), ("builtin", "ok"),
    ]  # fmt: skip
    assert errors() == ["provider_bad_key", "provider_no_quota"]


def test_a_bot_that_would_rather_apologize_quotes_nothing(
    anonymous: APIClient, wire: Wire, other: Wire, bot: Bot
) -> None:
    change(bot, settings={"provider_failure": "apologize"})
    wire.mode = other.mode = "bad_key"
    answer = ask(anonymous, bot.id)
    assert (answer.status_code, answer.json()["code"]) == (503, "assistant_unavailable")
    assert [row[3] for row in calls()] == ["provider_bad_key", "provider_bad_key"]
    assert Message.objects.get(role="assistant").status == "failed"


def test_a_provider_that_is_switched_off_is_left_out(
    anonymous: APIClient, wire: Wire, model: TenantAIProvider, bot: Bot
) -> None:
    TenantAIProvider.objects.filter(id=model.id).update(is_active=False)
    assert asked_in_order(bot) == [("Spare", "gpt-4o-mini"), ("Built-in", "")]
    assert ask(anonymous, bot.id).json()["model"] == "gpt-4o-mini"
    assert wire.requests == []
    assert errors() == ["provider_inactive"]


def test_where_all_are_switched_off_the_tenant_is_told_so(
    anonymous: APIClient, key_client: Callable[..., APIClient], bot: Bot
) -> None:
    change(bot, settings={"provider_failure": "apologize"})
    TenantAIProvider.objects.update(is_active=False)
    assert ask(anonymous, bot.id).json()["code"] == "assistant_unavailable"
    told = ask(key_client("chat:write"), bot.id)
    assert (told.status_code, told.json()["code"]) == (502, "provider_inactive")
    assert calls() == []


def test_a_key_that_cannot_be_opened_does_not_stop_the_answer(
    anonymous: APIClient, model: TenantAIProvider, bot: Bot
) -> None:
    TenantAIProvider.objects.filter(id=model.id).update(api_key="damaged")
    assert ask(anonymous, bot.id).json()["model"] == "gpt-4o-mini"
    assert errors() == ["provider_key_unreadable"]


def test_a_provider_that_keeps_failing_is_left_alone_for_its_fallback(
    anonymous: APIClient, wire: Wire, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "FAILURES", 1)
    wire.mode = "broken"
    assert ask(anonymous, bot.id).json()["model"] == "gpt-4o-mini"
    wire.mode = "ok"
    sent = len(wire.requests)
    assert ask(anonymous, bot.id).json()["model"] == "gpt-4o-mini"
    assert len(wire.requests) == sent  # it was not even asked
    assert [row[3] for row in calls()][-2:] == ["provider_paused", "ok"]
    breaker.forget()
    assert ask(anonymous, bot.id).json()["model"] == "local-1"


def test_an_answer_is_on_record_with_its_tokens_and_its_price(anonymous: APIClient, wire: Wire, bot: Bot) -> None:
    wire.mode = "bad_key"
    usage = ask(anonymous, bot.id).json()["usage"]
    assert usage == {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200, "cost_usd": 0.00027}
    said = Message.objects.get(role="assistant")
    assert (said.model, said.prompt_tokens, said.completion_tokens) == ("gpt-4o-mini", 1000, 200)
    assert said.cost_usd == Decimal("0.00027")
    failed, answered = ModelCall.objects.order_by("at")
    assert (failed.prompt_tokens, failed.cost_usd) == (0, None)
    assert (answered.prompt_tokens, answered.completion_tokens, answered.cost_usd) == (1000, 200, Decimal("0.00027"))


def test_a_price_that_nobody_knows_is_none_and_not_nothing(anonymous: APIClient, bot: Bot) -> None:
    assert ask(anonymous, bot.id).json()["usage"]["cost_usd"] is None
    assert Message.objects.get(role="assistant").cost_usd is None


@pytest.mark.parametrize("mode", ["ok", "bad_key", "bad_request", "not_allowed"])
@pytest.mark.parametrize("settings_of_bot", [{}, {"provider_failure": "apologize"}])
def test_nothing_shows_a_key(
    anonymous: APIClient, api: APIClient, key_client: Callable[..., APIClient], wire: Wire, other: Wire, bot: Bot,
    caplog: pytest.LogCaptureFixture, mode: str, settings_of_bot: dict[str, str],
) -> None:  # fmt: skip
    """The far side quotes the key in what it refuses, as some real ones do."""
    change(bot, settings=settings_of_bot)
    wire.mode = other.mode = mode
    shown = [ask(client, bot.id).content.decode() for client in (anonymous, key_client("chat:write"))]
    talks = api.get("/v1/tenant/conversations").json()["results"]
    shown += [api.get(f"/v1/tenant/conversations/{talk['id']}").content.decode() for talk in talks]
    shown += [str(list(Message.objects.values())), str(list(ModelCall.objects.values())), caplog.text]
    assert len(talks) == 2
    assert not [text for text in shown if KEY in text or SPARE in text]
    assert KEY in str(wire.requests)  # and it was there to be shown


def test_whatever_a_provider_tells_is_made_to_fit(
    anonymous: APIClient, wire: Wire, make_bot: MakeBot, model: TenantAIProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.tests import wire_modes  # noqa: PLC0415 -- this test alone needs it

    def odd(x: wire_modes.Exchange) -> None:
        name, many = "m" * 300 + "\\u0000", 10**12
        x.raw(
            200, b'{"model": "%b", "choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}],'
            b' "usage": {"prompt_tokens": %d, "completion_tokens": -5}}' % (name.encode(), many),
            {"Content-Type": "application/json"},
        )  # fmt: skip

    monkeypatch.setitem(wire_modes.MODES, "odd", odd)
    wire.mode = "odd"
    bot = make_bot(scope=FREE, tenant_ai_provider_id=model.id)
    answer = ask(anonymous, bot.id, "Who wrote the Odyssey?")
    assert (answer.status_code, answer.json()["message"]["content"]) == (200, "Yes.")
    said = Message.objects.get(role="assistant")
    assert (said.model, said.prompt_tokens, said.completion_tokens) == ("m" * 200, 2**31 - 1, 0)
