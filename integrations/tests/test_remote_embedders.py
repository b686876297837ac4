"""A provider's embedding model, asked over real sockets: what comes back, what goes wrong, and how fast it may go."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import pytest

from integrations import errors, failures
from integrations.embedders import budget, openai, registry
from integrations.tests.wire import ODD_VECTORS, Wire
from integrations.types import ProviderRef
from tenants import context
from tenants.keys import redis
from tenants.models import Tenant
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


@pytest.mark.parametrize("mode", ["other_size", "one_short", *ODD_VECTORS])
def test_vectors_that_are_not_what_was_asked_for_are_refused(provider: ProviderRef, wire: Wire, mode: str) -> None:
    wire.mode = mode
    with pytest.raises(errors.ProviderError) as raised:
        embedder(provider).embed_documents(["apple", "bear"])
    assert raised.value.code == "provider_failed"


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
        redis().flushdb()
        wire.retry_after = said
        with pytest.raises(errors.ProviderRateLimited) as raised:
            embedder(provider).embed_query("apple")
        assert raised.value.retry_after == pytest.approx(30, abs=2)
    wire.mode = "ok"
    calls = len(wire.requests)
    asking: list[Callable[[], object]] = [
        lambda: embedder(provider).embed_documents(["apple"]),
        lambda: embedder(provider).embed_query("apple"),
    ]
    for ask in asking:
        with pytest.raises(errors.ProviderRateLimited) as paused:
            ask()
        assert paused.value.retry_after is not None
        assert 20 <= paused.value.retry_after <= 30
    assert len(wire.requests) == calls, "it was not even asked"
    other = ProviderRef(id=uuid4(), name="openai_compatible", base_url=provider.base_url, api_key="another")
    assert embedder(other).embed_documents(["apple"])


def test_a_provider_that_is_busy_and_says_for_how_long_is_left_alone(provider: ProviderRef, wire: Wire) -> None:
    wire.mode, wire.retry_after = "busy", "40"
    with pytest.raises(errors.ProviderFailed) as raised:
        embedder(provider).embed_documents(["apple"])
    assert raised.value.retry_after == 40
    assert budget.wait_for(provider, tokens=1) > 30
    wire.mode = "broken"
    other = replace(provider, api_key="another")
    with pytest.raises(errors.ProviderFailed):
        embedder(other).embed_documents(["apple"])
    assert budget.wait_for(other, tokens=1) == 0.0, "it did not ask to be left alone"


def test_a_short_wait_is_waited_and_can_be_ended(provider: ProviderRef, wire: Wire) -> None:
    budget.pause(provider, 0.2)
    assert embedder(provider).embed_documents(["apple"])
    budget.pause(provider, 1.9)
    calls = len(wire.requests)

    def enough() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        embedder(provider).embed_documents(["apple"], on_wait=enough)
    assert len(wire.requests) == calls


def test_who_waits_for_vectors_may_ask_the_database_meanwhile(provider: ProviderRef) -> None:
    counts: list[int] = []
    embedder(provider).embed_documents(["apple"], on_wait=lambda: counts.append(Tenant.objects.count()))
    assert counts


def test_a_provider_that_never_answers_is_given_up(
    provider: ProviderRef, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "_SECONDS", 0.2)
    wire.mode = "hang"
    with pytest.raises(errors.ProviderTimedOut) as raised:
        embedder(provider).embed_documents(["apple"])
    assert raised.value.retryable
    with pytest.raises(errors.ProviderTimedOut):
        registry.probe(provider, model="small")


def test_nothing_of_this_process_reaches_the_provider(
    provider: ProviderRef, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ORGANIZATION"):
        monkeypatch.setenv(name, "of-the-operator")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Of: of-the-operator")
    embedder(replace(provider, api_key="")).embed_documents(["apple"])
    embedder(provider).embed_documents(["apple"])
    (_, keyless, _), (_, keyed, body) = wire.requests
    assert "of-the-operator" not in f"{keyless} {keyed}"
    assert "authorization" not in keyless
    assert keyed["authorization"] == f"Bearer {KEY}"
    assert "dimensions" not in body


def test_only_providers_that_embed_are_asked_to(provider: ProviderRef) -> None:
    assert provider.name in registry.EMBEDDING_KINDS
    for name in ("anthropic", "builtin"):
        assert name not in registry.EMBEDDING_KINDS
        with pytest.raises(errors.ProviderUnknownModel):
            registry.remote(replace(provider, name=name), model="small", dimensions=8)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0), ("99999999", 3600), ("9" * 5000, 3600), ("", None), ("soon", None), ("-5", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0), ("Mon, 01 Jan 9999 00:00:00 GMT", 3600),
        ("Mon, 31 Feb 2026 00:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date_and_an_hour_at_most(said: str, seconds: float | None) -> None:
    assert failures.retry_after({"retry-after": said}) == seconds


def test_a_budget_of_tokens_holds_the_texts_that_fit(provider: ProviderRef) -> None:
    limited = replace(provider, settings={"tokens_per_minute": 1_000, "requests_per_minute": 3})
    assert budget.wait_for(limited, tokens=900) == 0.0
    assert budget.wait_for(limited, tokens=200) > 1
    assert budget.wait_for(limited, tokens=100) == 0.0, "what waited was not counted"
    alone = replace(limited, api_key="another")
    assert budget.wait_for(alone, tokens=5_000) == 0.0, "a text above the budget goes alone, or never"
    assert budget.wait_for(alone, tokens=1) > 0


def test_tokens_are_not_counted_too_few_in_any_script(provider: ProviderRef) -> None:
    for key, text in (("spaced", "word " * 100), ("unspaced", "字" * 100)):
        limited = replace(provider, api_key=key, settings={"tokens_per_minute": 150})
        assert embedder(limited).embed_documents([text])
        with pytest.raises(errors.ProviderRateLimited):
            embedder(limited).embed_documents([text])


def test_the_same_key_of_another_tenant_has_a_budget_of_its_own(provider: ProviderRef, globex: TenantRef) -> None:
    budget.pause(provider, 30)
    assert budget.wait_for(provider, tokens=1) > 20
    with context.entered(globex):
        assert budget.wait_for(provider, tokens=1) == 0.0


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


def test_a_question_does_not_wait_for_the_budget_that_its_owner_set(provider: ProviderRef) -> None:
    limited = replace(provider, settings={"requests_per_minute": 1})
    assert embedder(limited).embed_documents(["apple"])
    with pytest.raises(errors.ProviderRateLimited):
        embedder(limited).embed_documents(["apple"])
    assert embedder(limited).embed_query("apple")
