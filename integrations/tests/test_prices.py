"""What a call costs, and how prices come to whoever counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from integrations import services
from integrations.chatmodels import prices
from integrations.models import TenantAIProvider
from integrations.selectors import embedding_prices, ref_of
from integrations.types import Price
from tenants import selectors as tenants
from tenants.models import ModelPrice
from tenants.types import Principal

LIST = {
    "gpt-4o": Price(Decimal("2.50"), Decimal(10)),
    "gpt-3.5-turbo": Price(Decimal("0.50"), Decimal("1.50")),
    "mistral-large-2411": Price(Decimal(2), Decimal(6)),
    "free": Price(Decimal(0), Decimal(0)),
}


@pytest.fixture
def fresh() -> Iterator[None]:
    """The process keeps prices for a minute, over the end of a test."""
    tenants._prices.cache_clear()
    yield
    tenants._prices.cache_clear()


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("gpt-4o", "0.0045"), ("gpt-4o-2024-08-06", "0.0045"), ("gpt-3.5-turbo-0125", "0.0008"), ("free", "0"),
        ("mistral-large-2411", "0.0032"), ("mistral-large-2512", None), ("gpt-4o-audio", None),
        ("ft:gpt-4o:acme", None), ("", None),
    ],
)  # fmt: skip
def test_a_snapshot_costs_what_its_model_costs_and_a_strange_model_is_not_guessed(
    model: str, dollars: str | None
) -> None:
    cost = prices.cost(LIST, model=model, prompt_tokens=1000, completion_tokens=200)
    assert cost == (Decimal(dollars) if dollars else None)


def test_embedding_costs_what_is_sent() -> None:
    small = {"text-embedding-3-small": Price(Decimal("0.02"), Decimal(0))}
    assert prices.embedding_cost(small, model="text-embedding-3-small", tokens=10**6) == Decimal("0.02")
    assert prices.embedding_cost(small, model="unknown", tokens=1) is None


def test_a_provider_brings_the_prices_of_its_kind(principal: Principal, fresh: None) -> None:
    ModelPrice.objects.create(provider_name="openai_compatible", model="llama-3", prompt_usd=1, completion_usd=2)
    openai = ref_of(services.create(by=principal, provider_name="openai", api_key="sk-0123456789"))
    ours = ref_of(TenantAIProvider(provider_name="openai_compatible", name="Ours"))
    assert openai.prices["gpt-4o-mini"] == Price(Decimal("0.15"), Decimal("0.60"))
    assert "text-embedding-3-small" not in openai.prices
    assert dict(ours.prices) == {"llama-3": Price(Decimal(1), Decimal(2))}
    assert embedding_prices("openai")["text-embedding-3-small"].prompt == Decimal("0.02")
    assert embedding_prices("openai_compatible") == {}
