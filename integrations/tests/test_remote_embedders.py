"""A provider's embedding model, asked over real sockets: what comes back, what goes wrong, and how fast it may go."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest

from integrations import errors
from integrations.chatmodels import prices
from integrations.embedders import budget, registry
from integrations.tests.wire import Wire
from integrations.types import ProviderRef
from tenants.types import TenantRef

KEY = "sk-secret-0123456789"


@pytest.fixture
def provider(wire: Wire, acme: TenantRef) -> ProviderRef:
    return ProviderRef(id=uuid4(), name="openai_compatible", base_url=f"http://{wire.place}/v1", api_key=KEY)


def embedder(provider: ProviderRef, dimensions: int = 8) -> Any:
    return registry.remote(provider, model="small", dimensions=dimensions)


def test_texts_become_vectors_of_length_one_in_one_call(provider: ProviderRef, wire: Wire) -> None:
    vectors = embedder(provider).embed_documents(["apple", "bear", "apple pie"])
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1, 1, 1])
    assert vectors[0] == vectors[2] != vectors[1]
    ((path, headers, body),) = wire.requests
    assert (path, body["model"], body["input"]) == ("/v1/embeddings", "small", ["apple", "bear", "apple pie"])
    assert headers["authorization"] == f"Bearer {KEY}"
    assert embedder(provider).embed_query("apple") == vectors[0]


def test_the_dimensions_are_what_the_model_answers_with(provider: ProviderRef, wire: Wire) -> None:
    assert registry.probe(provider, model="small") == 8
    wire.dimensions = 4_001
    with pytest.raises(errors.ProviderFailed, match=r"."):
        registry.probe(provider, model="large")


@pytest.mark.parametrize("mode", ["other_size", "one_short", "zeros"])
def test_vectors_that_are_not_what_was_asked_for_are_refused(provider: ProviderRef, wire: Wire, mode: str) -> None:
    wire.mode = mode
    with pytest.raises(errors.ProviderFailed):
        embedder(provider).embed_documents(["apple", "bear"])


@pytest.mark.parametrize(
    ("mode", "kind", "retryable"),
    [
        ("bad_key", errors.ProviderBadKey, False),
        ("unknown_model", errors.ProviderUnknownModel, False),
        ("no_quota", errors.ProviderNoQuota, False),
        ("too_long", errors.ProviderTextTooLong, False),
        ("broken", errors.ProviderFailed, True),
        ("overloaded", errors.ProviderFailed, True),
        ("reset", errors.ProviderUnreachable, True),
        ("slow_down", errors.ProviderRateLimited, True),
    ],
)
def test_what_goes_wrong_has_a_name_and_no_key(
    provider: ProviderRef, wire: Wire, mode: str, kind: type[errors.ProviderError], retryable: bool
) -> None:
    wire.mode = mode
    with pytest.raises(kind) as raised:
        embedder(provider).embed_documents(["apple"])
    assert raised.value.retryable is retryable
    assert KEY not in f"{raised.value.owner_detail} {raised.value!r}"


def test_who_is_asked_to_slow_down_waits_as_long_as_it_was_told_and_so_do_all(
    provider: ProviderRef, wire: Wire
) -> None:
    wire.mode = "slow_down"
    for said in ("30", format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)):
        wire.retry_after = said
        with pytest.raises(errors.ProviderRateLimited) as raised:
            embedder(provider).embed_query("apple")
        assert raised.value.retry_after == pytest.approx(30, abs=2)
    wire.mode = "ok"
    calls = len(wire.requests)
    with pytest.raises(errors.ProviderRateLimited) as paused:
        embedder(provider).embed_documents(["apple"])
    assert paused.value.retry_after is not None
    assert 20 <= paused.value.retry_after <= 30
    assert len(wire.requests) == calls, "it was not even asked"
    other = ProviderRef(id=uuid4(), name="openai_compatible", base_url=provider.base_url, api_key="another")
    assert embedder(other).embed_documents(["apple"])


def test_a_budget_is_shared_by_all_who_have_the_key(provider: ProviderRef) -> None:
    limited = ProviderRef(
        id=provider.id, name=provider.name, base_url=provider.base_url, api_key=KEY, settings={"requests_per_minute": 2}
    )
    twin = ProviderRef(
        id=uuid4(), name=provider.name, base_url=provider.base_url, api_key=KEY, settings=limited.settings
    )
    assert [budget.wait_for(limited, tokens=1), budget.wait_for(twin, tokens=1)] == [0.0, 0.0]
    assert budget.wait_for(limited, tokens=1) > 1
    assert budget.wait_for(provider, tokens=1) == 0.0, "without a setting there is no budget"


def test_without_redis_there_is_no_budget_and_the_work_goes_on(provider: ProviderRef, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert embedder(provider).embed_documents(["apple"])


def test_what_waits_can_be_ended(provider: ProviderRef, wire: Wire) -> None:
    wire.mode = "hang"

    def enough() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        embedder(provider).embed_documents(["apple"], on_wait=enough)


def test_embedding_costs_what_the_list_says() -> None:
    assert prices.embedding_cost(provider="builtin", model="x", tokens=10**6) == 0
    price = prices.embedding_cost(provider="openai", model="text-embedding-3-small", tokens=10**6)
    assert price == Decimal("0.02")
    assert prices.embedding_cost(provider="openai", model="unknown", tokens=1) is None
