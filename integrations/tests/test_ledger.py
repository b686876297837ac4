"""The ledger of calls to models: what is written, what it adds up to, who may see it, and when it goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from integrations import services, tasks
from integrations.enums import Purpose
from integrations.models import ModelCall, TenantAIProvider
from integrations.tests.test_providers import KEY, compatible, item
from integrations.tests.wire import Wire
from integrations.types import Call
from tenants import context
from tenants import services as tenants
from tenants.enums import Role
from tenants.types import Principal, TenantRef

URL = "/v1/tenant/usage"
OURS = uuid4()


def call(**fields: Any) -> Call:
    given: dict[str, Any] = {
        "provider_id": OURS, "provider_name": "openai", "model": "gpt-4o", "purpose": Purpose.ANSWER,
        "prompt_tokens": 1000, "completion_tokens": 200, "cost_usd": Decimal("0.0045"), "latency_ms": 700,
    }  # fmt: skip
    return Call(**given | fields)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def march(acme: TenantRef) -> None:
    """Two days of calls, and one of each kind that costs nothing that is known."""
    services.book(
        [
            call(at=at(1)),
            call(at=at(2, 0), purpose=Purpose.REWRITE, cost_usd=Decimal("0.0005")),
            call(at=at(2, 23), provider_name="mistral", provider_id=None, model="new", cost_usd=None),
            call(at=at(2), prompt_tokens=0, completion_tokens=0, cost_usd=None, outcome="provider_timed_out"),
        ]
    )


def rows(client: APIClient, **asked: str) -> list[dict[str, Any]]:
    answer = client.get(URL, {"since": "2026-03-01", "until": "2026-04-01", **asked})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_calls_are_booked_as_they_were_at_once(acme: TenantRef, statements: Any) -> None:
    with statements(1):
        services.book([call(), call(purpose=Purpose.EMBED_QUESTION, outcome="provider_failed", cost_usd=None)])
    services.book([])
    first, second = ModelCall.objects.order_by("latency_ms", "purpose")
    assert (first.provider_id, first.provider_name, first.model) == (OURS, "openai", "gpt-4o")
    assert (first.prompt_tokens, first.completion_tokens, first.cost_usd) == (1000, 200, Decimal("0.0045"))
    assert (first.purpose, first.outcome, first.latency_ms) == ("answer", "ok", 700)
    assert (second.purpose, second.outcome, second.cost_usd) == ("embed_question", "provider_failed", None)
    assert timezone.now() - first.at < timedelta(minutes=1)


def test_whatever_a_provider_tells_can_be_booked(acme: TenantRef) -> None:
    services.book(
        [
            call(model="m\x00" * 300, prompt_tokens=10**12, completion_tokens=-1, cost_usd=Decimal(10**9)),
            call(model="half \ud83d", cost_usd=Decimal(-1)),
        ]
    )
    dear, odd = ModelCall.objects.order_by("-prompt_tokens")
    assert (dear.model, dear.prompt_tokens, dear.completion_tokens) == ("m" * 200, 2**31 - 1, 0)
    assert (dear.cost_usd, odd.model, odd.cost_usd) == (Decimal(999_999), "half ?", Decimal(0))


@pytest.mark.parametrize(("mode", "outcome"), [("ok", "ok"), ("bad_key", "provider_bad_key")])
def test_trying_a_provider_out_is_booked_however_it_ends(
    api: APIClient, wire: Wire, acme: TenantRef, mode: str, outcome: str
) -> None:
    made = api.post("/v1/tenant/ai-providers/", compatible(wire, api_key=KEY))
    wire.mode = mode
    assert api.post(f"{item(made)}/test").status_code == 200
    row = ModelCall.objects.get()
    assert (row.purpose, row.outcome, row.model) == ("test", outcome, "llama-3")
    assert (row.provider_id, row.provider_name) == (UUID(made.json()["id"]), "openai_compatible")


def test_a_provider_that_could_not_be_asked_is_not_booked(api: APIClient, acme: TenantRef) -> None:
    made = api.post("/v1/tenant/ai-providers/", {"provider_name": "openai", "api_key": KEY})
    TenantAIProvider.objects.update(api_key="damaged")
    assert api.post(f"{item(made)}/test").json()["code"] == "provider_key_unreadable"
    assert not ModelCall.objects.exists()


def test_usage_is_summed_up_by_day(api: APIClient, march: None) -> None:
    assert rows(api) == [
        {
            "key": "2026-03-01", "name": "2026-03-01", "calls": 1, "failed": 0, "unpriced_calls": 0,
            "prompt_tokens": 1000, "completion_tokens": 200, "cost_usd": 0.0045,
        },
        {
            "key": "2026-03-02", "name": "2026-03-02", "calls": 3, "failed": 1, "unpriced_calls": 1,
            "prompt_tokens": 2000, "completion_tokens": 400, "cost_usd": 0.0005,
        },
    ]  # fmt: skip


def test_totals_are_of_all_pages(api: APIClient, march: None) -> None:
    body = api.get(URL, {"since": "2026-03-01", "until": "2026-04-01", "page_size": "1"}).json()
    assert (body["count"], len(body["results"]), body["previous"]) == (2, 1, None)
    assert body["next"]
    assert body["totals"] == {
        "calls": 4, "failed": 1, "unpriced_calls": 1, "prompt_tokens": 3000, "completion_tokens": 600,
        "cost_usd": 0.005,
    }  # fmt: skip
    assert (body["by"], body["since"], body["until"]) == ("day", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")


def test_usage_is_summed_up_by_model_provider_and_purpose(
    api: APIClient, march: None, wire: Wire, principal: Principal
) -> None:
    def counts(by: str) -> dict[str, tuple[str, int]]:
        return {row["key"]: (row["name"], row["calls"]) for row in rows(api, by=by)}

    assert counts("model") == {"gpt-4o": ("gpt-4o", 3), "new": ("new", 1)}
    assert counts("purpose") == {"answer": ("answer", 3), "rewrite": ("rewrite", 1)}
    assert counts("provider") == {str(OURS): ("openai", 3), "mistral": ("mistral", 1)}
    TenantAIProvider.objects.create(id=OURS, provider_name="builtin", name="Our account")
    assert counts("provider") == {str(OURS): ("Our account", 3), "mistral": ("mistral", 1)}


def test_the_time_asked_for_begins_at_since_and_ends_before_until(api: APIClient, march: None) -> None:
    def count(**asked: str) -> int:
        return sum(row["calls"] for row in rows(api, **asked))

    assert count(since="2026-03-02") == 3
    assert count(since="2026-03-02T00:00:01Z") == 2
    assert count(until="2026-03-02") == 1
    assert count(until="2026-03-02T23:00:00Z") == 3
    assert count(since="2026-03-03") == 0


def test_unasked_it_is_the_current_month(api: APIClient, acme: TenantRef) -> None:
    now = timezone.now()
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    services.book([call(at=now), call(at=first), call(at=first - timedelta(seconds=1))])
    body = api.get(URL).json()
    assert body["totals"]["calls"] == 2
    assert (body["since"], body["until"]) == (first.isoformat().replace("+00:00", "Z"), None)


def test_without_calls_there_is_nothing_and_it_costs_nothing(api: APIClient) -> None:
    body = api.get(URL).json()
    assert (body["count"], body["results"]) == (0, [])
    assert set(body["totals"].values()) == {0}


@pytest.mark.parametrize("asked", [{"by": "customer"}, {"since": "yesterday"}, {"until": "2026-13-01"}])
def test_a_question_that_is_none_is_refused_by_field(api: APIClient, asked: dict[str, str]) -> None:
    answer = api.get(URL, asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(asked))


def test_admins_and_keys_for_analytics_see_it_and_no_others(
    api_as: Callable[..., APIClient], key_client: Callable[..., APIClient], anonymous: APIClient
) -> None:
    assert anonymous.get(URL).status_code == 401
    assert api_as(Role.EDITOR).get(URL).json()["code"] == "role_missing"
    assert api_as(Role.ADMIN).get(URL).status_code == 200
    assert key_client("chat:read").get(URL).json()["code"] == "scope_missing"
    assert key_client("analytics:read").get(URL).status_code == 200


def test_nobody_sees_what_another_tenant_used(api: APIClient, march: None, globex: TenantRef) -> None:
    with context.entered(globex):
        services.book([call(at=at(1), model="secret")])
    assert {row["key"] for row in rows(api, by="model")} == {"gpt-4o", "new"}


def test_what_is_too_old_is_deleted_in_every_tenant(acme: TenantRef, globex: TenantRef) -> None:
    tenants.set_setting(by=Principal(), key="audit_logging", value={"retention_days": 30})
    now = timezone.now()
    old, young = call(at=now - timedelta(days=31)), call(at=now - timedelta(days=29), model="young")
    services.book([old, young])
    with context.entered(globex):
        services.book([old])
    assert tasks.purge_calls() == 2
    assert ModelCall.objects.get().model == "young"
    with context.entered(globex):
        assert not ModelCall.objects.exists()
