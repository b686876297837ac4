"""What costs money or the machine is counted for each person, over pages and API together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from bots import services as bots
from integrations import services as integrations
from knowledge import services as knowledge
from knowledge.models import Dataset
from tenants import limits
from tenants.enums import Role
from tenants.models import User
from tenants.types import Principal, TenantRef

_DATASET = "/v1/tenant/datasets/{dataset_id}"
_BOT = "/v1/tenant/bots/{bot_id}"
_TESTS = f"{_BOT}/test-sets/{{set_id}}"
# What asks a model, embeds, fetches from elsewhere, processes documents anew, or reads much at once.
COSTLY = {
    "POST /v1/chat/efficient",
    "POST /v1/chat/completions",
    "POST /v1/tenant/ai-providers/{provider_id}/test",
    "GET /v1/tenant/ai-providers/{provider_id}/models",
    "GET /v1/tenant/usage",
    "GET /v1/tenant/analytics/summary",
    "GET /v1/tenant/analytics/timeseries",
    "GET /v1/tenant/conversations/export",
    f"POST {_BOT}/guardrails/bench",
    f"POST {_TESTS}/runs",
    f"POST {_DATASET}/search",
    f"POST {_DATASET}/preview",
    f"PUT {_DATASET}/embedding",
    f"POST {_DATASET}/embedding/estimate",
    f"POST {_DATASET}/embedding/retry",
    f"POST {_DATASET}/imports",
    f"POST {_DATASET}/documents",
    f"POST {_DATASET}/documents/reprocess",
    f"POST {_DATASET}/documents/retry",
    f"PUT {_DATASET}/documents/{{document_id}}",
    f"POST {_DATASET}/documents/{{document_id}}/replace",
    f"POST {_DATASET}/documents/{{document_id}}/reprocess",
    f"POST {_DATASET}/documents/{{document_id}}/retry",
    f"PUT {_DATASET}/documents/{{document_id}}/chunks/{{chunk_id}}",
}
# What changes something and is none of that: it writes rows that the plan bounds, waits for its turn at the workers, or
# has a limit of its own. What is added is to be said in one list or the other.
CHEAP = {
    "POST /v1/auth/invitations/accept",
    "POST /v1/auth/login",
    "POST /v1/auth/logout",
    "POST /v1/chat/public",
    "POST /v1/chat/sessions/{session_id}/contact",
    "POST /v1/chat/sessions/{session_id}/end",
    "POST /v1/chat/sessions/{session_id}/feedback",
    "POST /v1/tenant/ai-providers",
    "PUT /v1/tenant/ai-providers/{provider_id}",
    "POST /v1/tenant/api-keys",
    "PUT /v1/tenant/api-keys/{key_id}",
    "POST /v1/tenant/api-keys/{key_id}/rotate",
    "POST /v1/tenant/bots",
    "PUT /v1/tenant/bots/{bot_id}",
    "POST /v1/tenant/bots/{bot_id}/datasets",
    "PUT /v1/tenant/bots/{bot_id}/datasets/{dataset_id}",
    "POST /v1/tenant/bots/{bot_id}/draft/discard",
    "POST /v1/tenant/bots/{bot_id}/keys",
    "PUT /v1/tenant/bots/{bot_id}/look",
    "PUT /v1/tenant/bots/{bot_id}/look/logo",
    "POST /v1/tenant/bots/{bot_id}/publish",
    "POST /v1/tenant/bots/{bot_id}/rollback",
    "POST /v1/tenant/bots/{bot_id}/scopes",
    "PUT /v1/tenant/bots/{bot_id}/scopes/{scope_id}",
    "POST /v1/tenant/bots/{bot_id}/test-sets",
    "PUT /v1/tenant/bots/{bot_id}/test-sets/{set_id}",
    "POST /v1/tenant/bots/{bot_id}/test-sets/{set_id}/cases",
    "POST /v1/tenant/bots/{bot_id}/test-sets/{set_id}/cases/import",
    "PUT /v1/tenant/bots/{bot_id}/test-sets/{set_id}/cases/{case_id}",
    "POST /v1/tenant/bots/{bot_id}/test-sets/{set_id}/runs/{run_id}/cancel",
    "POST /v1/tenant/conversations/{conversation_id}/close",
    "POST /v1/tenant/conversations/{conversation_id}/hand-back",
    "POST /v1/tenant/conversations/{conversation_id}/messages/{message_id}/test-case",
    "POST /v1/tenant/conversations/{conversation_id}/reply",
    "POST /v1/tenant/conversations/{conversation_id}/take",
    "POST /v1/tenant/datasets",
    "PUT /v1/tenant/datasets/{dataset_id}",
    "POST /v1/tenant/datasets/{dataset_id}/documents/cancel",
    "POST /v1/tenant/datasets/{dataset_id}/documents/upload",
    "POST /v1/tenant/datasets/{dataset_id}/documents/{document_id}/cancel",
    "POST /v1/tenant/gaps/{gap_id}/answer",
    "POST /v1/tenant/gaps/{gap_id}/dismiss",
    "POST /v1/tenant/gaps/{gap_id}/reopen",
    "POST /v1/tenant/gaps/{gap_id}/solve",
    "POST /v1/tenant/invitations",
    "POST /v1/tenant/invitations/{invitation_id}/resend",
    "PUT /v1/tenant/members/{member_id}",
}


def _operations() -> dict[str, bool]:
    """Each operation, and whether the description promises a 429."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # spectacular's own
    return {
        f"{verb.upper()} {path}": "429" in operation["responses"]
        for path, item in schema["paths"].items()
        for verb, operation in item.items()
        if verb in {"get", "post", "put", "patch", "delete"}
    }


def test_what_is_known_to_be_costly_is_declared_and_described() -> None:
    found = _operations()
    assert {name for name, told in found.items() if told} == COSTLY


def test_whatever_changes_something_is_said_to_be_costly_or_not() -> None:
    """The operator's own automation under `/admin/` is trusted with the machine that it runs."""
    changing = {name for name in _operations() if name.startswith(("POST /v1/", "PUT /v1/", "PATCH /v1/"))}
    assert changing - COSTLY == CHEAP


@pytest.fixture
def dataset(principal: Principal) -> Dataset:
    return knowledge.create_dataset(by=principal, name="Knowledge")


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many a minute: one."""
    monkeypatch.setattr(limits, "COSTLY_A_MINUTE", 1)


def test_the_limit_holds_and_says_when_to_come_back(api: APIClient, dataset: Dataset, once: None) -> None:
    search = f"/v1/tenant/datasets/{dataset.id}/search"
    allowed = api.post(search, {"query": "words"})
    assert allowed.status_code == 200
    assert (allowed["RateLimit-Limit"], allowed["RateLimit-Remaining"]) == ("1", "0")
    refused = api.post(search, {"query": "words"})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert api.get("/v1/tenant/datasets").status_code == 200, "what is cheap goes on"


@pytest.mark.parametrize("first", ["page", "api"])
def test_pages_and_api_share_one_count(api: APIClient, dataset: Dataset, once: None, owner: User, first: str) -> None:
    browser = Client()
    browser.force_login(owner)

    def ask(door: str) -> int:
        if door == "page":
            return browser.get(f"/dashboard/acme/knowledge/{dataset.id}/search/?query=a&k=3").status_code
        return int(api.post(f"/v1/tenant/datasets/{dataset.id}/search", {"query": "words"}).status_code)

    assert ask(first) == 200
    assert (ask("page"), ask("api")) == (422, 429)


def test_ones_limit_touches_nobody_elses(
    api_as: Callable[..., APIClient], key_client: Callable[..., APIClient], dataset: Dataset, globex: TenantRef,
    once: None,
) -> None:  # fmt: skip
    search = f"/v1/tenant/datasets/{dataset.id}/search"
    viewer = api_as(Role.VIEWER)
    assert [viewer.post(search, {"query": "words"}).status_code for _ in range(2)] == [200, 429]
    assert api_as(Role.EDITOR).post(search, {"query": "words"}).status_code == 200
    assert api_as(Role.VIEWER).post(search, {"query": "words"}).status_code == 429, "another token is the same person"
    by_key = key_client("datasets:read")
    assert [by_key.post(search, {"query": "words"}).status_code for _ in range(3)] == [200, 200, 200]
    assert api_as(Role.VIEWER, tenant=globex).get("/v1/tenant/analytics/summary").status_code == 200


def test_who_may_not_is_refused_and_not_counted(api_as: Callable[..., APIClient], dataset: Dataset, once: None) -> None:
    viewer = api_as(Role.VIEWER)
    for _ in range(2):
        assert viewer.get("/v1/tenant/usage").json()["code"] == "role_missing"
    assert viewer.post(f"/v1/tenant/datasets/{dataset.id}/search", {"query": "words"}).status_code == 200


def test_only_what_costs_of_a_method_counts(api: APIClient, dataset: Dataset, once: None) -> None:
    documents = f"/v1/tenant/datasets/{dataset.id}/documents"
    texts = [api.post(documents, {"source_type": "text", "title": f"T{n}", "content": f"Words {n}."}) for n in (1, 2)]
    assert [answer.status_code for answer in texts] == [201, 201]
    pages = [api.post(documents, {"source_type": "web", "url": f"https://acme.example/{n}"}) for n in (1, 2)]
    assert [answer.status_code for answer in pages] == [201, 429]
    one = f"{documents}/{texts[0].json()['id']}"
    assert api.put(one, {"tags": ["a"]}).status_code == 200
    assert api.put(one, {"title": "Other"}).status_code == 429
    assert api.post(documents, ["no object"]).status_code == 400


def test_a_person_who_talks_over_the_api_is_counted_in_both_formats(
    api: APIClient, principal: Principal, once: None
) -> None:
    provider = integrations.create(by=principal, provider_name="builtin")
    bot = bots.create_bot(by=principal, name="Bot", tenant_ai_provider_id=provider.id)
    asked = {"message": "Hello", "bot_id": str(bot.id)}
    assert [api.post("/v1/chat/efficient", asked).status_code for _ in range(2)] == [200, 429]
    spoken = api.post("/v1/chat/completions", {"model": str(bot.id), "messages": [{"role": "user", "content": "Hi"}]})
    assert (spoken.status_code, spoken.json()["error"]["code"]) == (429, "rate_limited")


def test_costly_pages_count_and_lose_nothing_of_a_form(
    page_as: Callable[..., Client], dataset: Dataset, once: None
) -> None:
    browser, base = page_as(Role.OWNER), f"/dashboard/acme/knowledge/{dataset.id}"
    add = f"{base}/documents/new/?from=page"
    assert browser.post(add, {"url": "https://acme.example/1"}).status_code == 302
    refused = browser.post(add, {"url": "https://acme.example/2"})
    assert refused.status_code == 422
    assert "https://acme.example/2" in refused.content.decode()
    assert browser.post(f"{base}/reprocess/", {"which": "all"}).status_code == 422
    assert browser.post(f"{base}/embedding/", {"do": "estimate"}).status_code == 422
    assert browser.get("/dashboard/acme/analytics/sheet/").status_code == 429
    assert browser.get("/dashboard/acme/conversations/export/").status_code == 429
