"""What embedding costs: every batch that a provider was asked for stands in the ledger, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from integrations import services as providers
from integrations.chatmodels import tokens
from integrations.models import ModelCall, TenantAIProvider
from integrations.tests.wire import Wire
from knowledge import services, tasks
from knowledge.ingest.embed import in_context
from knowledge.models import Dataset, Document
from tenants import selectors as tenants
from tenants.models import ModelPrice
from tenants.types import Principal

Add = Callable[..., Document]
Process = Callable[[Document], Document]


@pytest.fixture
def priced(acme: object) -> Iterator[None]:
    """Acme's model has a price; the process keeps prices for a minute, over the end of a test."""
    tenants._prices.cache_clear()
    ModelPrice.objects.create(provider_name="openai_compatible", model="small", kind="embedding", prompt_usd=2)
    yield
    tenants._prices.cache_clear()


@pytest.fixture
def away(dataset: Dataset, provider: TenantAIProvider, principal: Principal) -> Dataset:
    """An empty dataset that the provider embeds."""
    services.start_move(by=principal, dataset=dataset, provider=provider, model="small")
    work()
    dataset.refresh_from_db()
    assert dataset.active_space.ai_provider == provider
    return dataset


def work() -> None:
    while tasks.serve():
        pass


def booked() -> list[tuple[str, str, int]]:
    rows = ModelCall.objects.order_by("at")
    return [(row.purpose, row.outcome, row.prompt_tokens) for row in rows]


def test_a_batch_is_booked_with_its_provider_its_tokens_and_its_price(
    priced: None, away: Dataset, provider: TenantAIProvider, add: Add, process: Process
) -> None:
    process(add("Apples cost one euro."))
    row = ModelCall.objects.get()
    sent = tokens.rough(in_context("Apples cost one euro.", title="Shipping", heading=""))
    assert booked() == [("embed_documents", "ok", sent)]
    assert (row.provider_id, row.provider_name, row.model) == (provider.id, "openai_compatible", "small")
    assert (row.cost_usd, row.completion_tokens) == (sent * Decimal("0.000002"), 0)


def test_a_model_without_a_price_is_booked_without_a_cost(away: Dataset, add: Add, process: Process) -> None:
    process(add("Apples cost one euro."))
    assert ModelCall.objects.get().cost_usd is None


def test_the_built_in_model_is_not_booked(dataset: Dataset, add: Add, process: Process) -> None:
    assert process(add("Apples cost one euro.")).chunk_count == 1
    assert booked() == []


def test_a_batch_that_failed_is_booked_as_such_and_its_repetition_too(
    away: Dataset, add: Add, process: Process, wire: Wire, principal: Principal
) -> None:
    wire.mode = "bad_key"
    document = process(add("Apples cost one euro."))
    assert document.error_code == "provider_bad_key"
    wire.mode = "ok"
    services.retry_document(by=principal, document=document)
    process(document)
    assert [(outcome, tokens > 0) for _, outcome, tokens in booked()] == [("provider_bad_key", False), ("ok", True)]


def test_waiting_for_the_budget_is_no_call(
    away: Dataset, provider: TenantAIProvider, add: Add, wire: Wire, principal: Principal
) -> None:
    providers.update(by=principal, provider=provider, custom_settings={"requests_per_minute": 1})
    add("Apples cost one euro.")
    work()
    before = len(wire.requests)
    second = add("Bears live in woods.", title="Bears")
    work()
    second.refresh_from_db()
    assert (second.status, len(wire.requests)) == ("pending", before)
    assert [outcome for _, outcome, _ in booked()] == ["ok"]


def test_a_move_is_estimated_by_the_price_and_the_built_in_model_costs_nothing(
    priced: None, dataset: Dataset, provider: TenantAIProvider, add: Add, process: Process
) -> None:
    process(add("Apples cost one euro."))
    there = services.cost_of_move(dataset=dataset, provider=provider, model="small")
    assert there.price_usd == there.tokens * Decimal("0.000002") > 0
    assert services.cost_of_move(dataset=dataset, provider=provider, model="other").price_usd is None
    assert services.cost_of_move(dataset=dataset, provider=None, model="").price_usd == 0
