"""Card numbers, bank accounts and secrets reach neither a model nor the record, unless the bot says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots.guardrails import refusals
from bots.models import Bot
from chat.models import Message
from chat.tests.conftest import CITED
from chat.tests.heard import PUBLIC, ask
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset

MakeBot = Callable[..., Bot]
CARD = "4111 1111 1111 1111"
ASKED = f"What is your shipping policy? My card is {CARD}."
MASKED = "What is your shipping policy? My card is [card number]."


@pytest.fixture
def make(make_bot: MakeBot, handbook: Dataset, model: TenantAIProvider) -> Callable[..., Bot]:
    def of(**settings: Any) -> Bot:
        scope = {**CITED, "context_settings": settings}
        return make_bot(handbook, scope=scope, tenant_ai_provider_id=model.id)

    return of


def kept() -> list[str]:
    return list(Message.objects.order_by("position").values_list("content", flat=True))


def test_it_is_masked_before_a_model_is_asked_and_anything_is_kept(
    anonymous: APIClient, wire: Wire, make: Callable[..., Bot]
) -> None:
    answer = ask(anonymous, make().id, ASKED).json()
    assert answer["guardrail"]["action"] == "allow"
    assert MASKED in str(wire.requests[-1][2])
    assert CARD not in str(wire.requests)
    assert kept()[0] == MASKED
    row = Message.objects.get(role="assistant")
    assert CARD not in str(row.trace)
    assert (row.trace or {})["masked"] == ["card_number"]


def test_a_bot_may_refuse_it_and_keeps_it_masked_all_the_same(
    anonymous: APIClient, wire: Wire, make: Callable[..., Bot]
) -> None:
    bot = make(pii="refuse")
    answer = ask(anonymous, bot.id, ASKED).json()
    assert (answer["guardrail"]["action"], answer["guardrail"]["reason"]) == ("refuse", "private_data")
    assert answer["message"]["content"] == refusals.text("private", "en")
    assert wire.requests == []
    assert kept()[0] == MASKED
    assert ask(anonymous, bot.id, "What is your shipping policy?").json()["guardrail"]["action"] == "allow"


def test_a_bot_may_leave_it_as_it_is(anonymous: APIClient, wire: Wire, make: Callable[..., Bot]) -> None:
    ask(anonymous, make(pii="allow").id, ASKED)
    assert CARD in str(wire.requests[-1][2])
    assert kept()[0] == ASKED


def test_what_a_caller_says_was_said_before_is_masked_too(
    anonymous: APIClient, wire: Wire, make: Callable[..., Bot]
) -> None:
    messages = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": "It is free over $50."},
        {"role": "user", "content": "What does express shipping cost?"},
    ]
    assert anonymous.post(PUBLIC, {"bot_id": str(make().id), "messages": messages}).status_code == 200
    assert CARD not in str(wire.requests)
    assert MASKED in str(wire.requests[-1][2])
