from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots import selectors, services
from bots.models import Bot, Scope
from bots.tests.conftest import MakeBot
from integrations.models import TenantAIProvider
from knowledge.models import Dataset
from tenants.models import AuditEvent, Plan, Tenant, TenantRoute
from tenants.types import Principal, TenantRef

BOTS = "/v1/tenant/bots"

GUIDE_BOT: dict[str, Any] = {
    "name": "Customer Support Assistant",
    "description": "Answers from the handbook",
    "system_prompt": "You are a helpful customer support assistant.",
    "model": "gpt-3.5-turbo",
    "temperature": 0.7,
    "max_tokens": 1000,
    "is_active": True,
    "is_public": True,
    "settings": {
        "response_format": "helpful_and_detailed",
        "citation_style": "numbered",
        "fallback_behavior": "escalate_to_human",
    },
}
GUIDE_SCOPE: dict[str, Any] = {
    "strictness_level": "moderate",
    "allowed_topics": ["customer support", "shipping", "billing"],
    "forbidden_topics": ["medical advice", "legal advice"],
    "refusal_message": None,
    "context_settings": {
        "max_conversation_history": 10,
        "citation_required": True,
        "escalation_triggers": ["complex_technical_issue", "billing_dispute"],
    },
}
# What the answer adds where nothing was said of it.
UNSET: dict[str, Any] = {
    "thresholds": dict.fromkeys(("forbidden", "allowed", "escalation", "injection")),
    "pii": "mask",
    "judge": "off",
}


def test_a_bot_lives(api: APIClient, acme: TenantRef, provider: TenantAIProvider) -> None:
    made = api.post(f"{BOTS}/", {**GUIDE_BOT, "tenant_ai_provider_id": str(provider.id)}, format="json")
    assert made.status_code == 201
    body = made.json()
    kept = {**GUIDE_BOT, "settings": GUIDE_BOT["settings"] | {"provider_failure": "quote", "follow_ups": "leaning"}}
    assert {name: body[name] for name in GUIDE_BOT} == kept
    assert body["tenant_id"] == str(acme.id)
    assert TenantRoute.objects.get(id=body["id"]).tenant_id == acme.id

    url = f"{BOTS}/{body['id']}"
    changed = api.put(url, {"allowed_domains": ["https://WWW.acme.com/"], "is_public": True}, format="json")
    assert changed.status_code == 200
    assert changed.json()["allowed_domains"] == ["https://www.acme.com"]
    assert changed.json()["name"] == GUIDE_BOT["name"]
    assert TenantRoute.objects.get(id=body["id"]).origins == ["https://www.acme.com"]

    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert not TenantRoute.objects.filter(id=body["id"]).exists()
    kinds = AuditEvent.objects.filter(target=body["id"]).order_by("at").values_list("action", flat=True)
    assert list(kinds) == ["bot.create", "bot.publish", "bot.update", "bot.delete"]


def test_what_a_short_body_leaves_out_has_its_default(api: APIClient, provider: TenantAIProvider) -> None:
    body = api.post(BOTS, {"name": "Short", "tenant_ai_provider_id": str(provider.id)}, format="json").json()
    assert body["settings"] == {
        "response_format": "helpful_and_detailed",
        "citation_style": "numbered",
        "fallback_behavior": "say_unknown",
        "provider_failure": "quote",
        "follow_ups": "leaning",
    }
    assert (body["is_active"], body["is_public"], body["allowed_domains"]) == (True, False, [])


def test_settings_left_out_of_a_change_stay(api: APIClient, make_bot: MakeBot) -> None:
    bot = make_bot(settings={"fallback_behavior": "escalate_to_human"})
    body = api.put(f"{BOTS}/{bot.id}", {"settings": {"citation_style": "none"}}, format="json").json()
    assert body["settings"]["fallback_behavior"] == "escalate_to_human"
    assert body["settings"]["citation_style"] == "none"


def test_routes_serve_origins_while_the_bot_is_active(principal: Principal, make_bot: MakeBot) -> None:
    bot = make_bot(allowed_domains=["https://www.acme.com"])
    assert TenantRoute.objects.get(id=bot.id).origins == ["https://www.acme.com"]
    services.update_bot(by=principal, bot_id=bot.id, is_active=False)
    assert TenantRoute.objects.get(id=bot.id).origins == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tenant_ai_provider_id": None}, "tenant_ai_provider_id"),
        ({"tenant_ai_provider_id": "not-an-id"}, "tenant_ai_provider_id"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"system_prompt": "nul\x00"}, "system_prompt"),
        ({"name": ["list"]}, "name"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"is_active": "perhaps"}, "is_active"),
        ({"allowed_domains": ["www.acme.com"]}, "allowed_domains"),
        ({"allowed_domains": ["https://acme.com/path"]}, "allowed_domains"),
        ({"allowed_domains": "https://acme.com"}, "allowed_domains"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"settings": {"citation_style": "roman"}}, "settings.citation_style"),
        ({"settings": []}, "settings"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_bodies_are_refused_by_field(
    api: APIClient, provider: TenantAIProvider, change: dict[str, Any], field: str
) -> None:
    answer = api.post(BOTS, {"name": "Bot", "tenant_ai_provider_id": str(provider.id), **change}, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert field in answer.json()["errors"]
    assert not Bot.objects.exists()


def test_a_bot_needs_a_provider_that_is_there_and_on(api: APIClient, provider: TenantAIProvider) -> None:
    missing = api.post(BOTS, {"name": "Bot"}, format="json")
    assert (missing.status_code, missing.json()["code"]) == (400, "invalid")
    assert "tenant_ai_provider_id" in missing.json()["errors"]

    unknown = api.post(BOTS, {"name": "Bot", "tenant_ai_provider_id": str(uuid.uuid4())}, format="json")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert "tenant_ai_provider_id" in unknown.json()["errors"]

    TenantAIProvider.objects.update(is_active=False)
    off = api.post(BOTS, {"name": "Bot", "tenant_ai_provider_id": str(provider.id)}, format="json")
    assert (off.status_code, off.json()["code"]) == (400, "invalid")


def test_the_plan_limits_bots(api: APIClient, acme: TenantRef, provider: TenantAIProvider) -> None:
    plan = Plan.objects.create(slug="one-bot", name="One bot", bots=1)
    Tenant.objects.filter(id=acme.id).update(plan=plan)
    body = {"name": "Bot", "tenant_ai_provider_id": str(provider.id)}
    assert api.post(BOTS, body, format="json").status_code == 201
    refused = api.post(BOTS, body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "plan_limit_reached")
    assert Bot.objects.count() == 1


def test_the_list_is_searched_filtered_and_ordered(api: APIClient, make_bot: MakeBot) -> None:
    make_bot("Returns desk")
    make_bot("Sales", description="Knows about RETURNS of investment", is_public=True)
    make_bot("Other", is_active=False)

    def names(query: str) -> list[str]:
        return [bot["name"] for bot in api.get(f"{BOTS}{query}").json()["results"]]

    assert names("?search=returns&ordering=name") == ["Returns desk", "Sales"]
    assert names("?is_public=true") == ["Sales"]
    assert names("?is_active=false") == ["Other"]
    assert names("?search=nothing") == []
    for bad in ("?search=%00", "?ordering=password", "?is_active=perhaps"):
        assert api.get(f"{BOTS}{bad}").status_code == 400


def test_datasets_are_linked_once(api: APIClient, bot: Bot, dataset: Dataset) -> None:
    url = f"{BOTS}/{bot.id}/datasets"
    body = {"dataset_id": str(dataset.id), "is_active": True, "priority": 1}
    made = api.post(url, body, format="json")
    assert made.status_code == 201
    assert {name: made.json()[name] for name in body} == body
    assert made.json()["dataset_name"] == "Handbook"

    again = api.post(url, body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "dataset_already_linked")

    changed = api.put(f"{url}/{dataset.id}", {"priority": 7}, format="json")
    assert (changed.status_code, changed.json()["priority"]) == (200, 7)
    assert selectors.profile(bot.id).dataset_ids == (dataset.id,)
    assert [link["priority"] for link in api.get(url).json()["results"]] == [7]

    assert api.delete(f"{url}/{dataset.id}").status_code == 204
    assert api.get(f"{url}/{dataset.id}").status_code == 404
    assert Dataset.objects.filter(id=dataset.id).exists()


@pytest.mark.parametrize("priority", [0, 101, "high"])
def test_priorities_have_bounds(api: APIClient, bot: Bot, dataset: Dataset, priority: object) -> None:
    answer = api.post(f"{BOTS}/{bot.id}/datasets", {"dataset_id": str(dataset.id), "priority": priority}, format="json")
    assert answer.status_code == 400
    assert "priority" in answer.json()["errors"]


def test_an_unknown_dataset_is_not_found(api: APIClient, bot: Bot) -> None:
    answer = api.post(f"{BOTS}/{bot.id}/datasets", {"dataset_id": str(uuid.uuid4())}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_new_scope_takes_the_place_of_the_old(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    first = api.post(url, GUIDE_SCOPE, format="json")
    assert first.status_code == 201
    kept = {name: first.json()[name] for name in GUIDE_SCOPE}
    assert kept == {**GUIDE_SCOPE, "context_settings": {**GUIDE_SCOPE["context_settings"], **UNSET}}
    second = api.post(url, {"strictness_level": "strict"}, format="json").json()
    assert [scope["id"] for scope in api.get(url).json()["results"] if scope["is_active"]] == [second["id"]]

    back = api.put(f"{url}/{first.json()['id']}", {"is_active": True}, format="json")
    assert back.json()["is_active"] is True
    assert api.get(f"{url}/{second['id']}").json()["is_active"] is False
    assert selectors.profile(bot.id).scope.forbidden_topics == ("medical advice", "legal advice")

    assert api.delete(f"{url}/{first.json()['id']}").status_code == 204
    assert selectors.profile(bot.id).scope.forbidden_topics == ()


def test_a_draft_leaves_the_active_scope_alone(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    active = api.post(url, {"strictness_level": "lenient"}, format="json").json()
    api.post(url, {"strictness_level": "strict", "is_active": False}, format="json")
    assert str(selectors.profile(bot.id).scope.id) == active["id"]


def test_citations_are_asked_for_unless_the_scope_is_lenient(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    for level, expected in (("strict", True), ("moderate", True), ("lenient", False)):
        body = api.post(url, {"strictness_level": level}, format="json").json()
        assert body["context_settings"]["citation_required"] is expected


def test_context_settings_left_out_of_a_change_stay(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    made = api.post(url, GUIDE_SCOPE, format="json").json()
    body = {"context_settings": {"max_conversation_history": 0}}
    changed = api.put(f"{url}/{made['id']}", body, format="json").json()
    expected = {**GUIDE_SCOPE["context_settings"], **UNSET, "max_conversation_history": 0}
    assert changed["context_settings"] == expected


EXAMPLES = {"knitting": ["Which needles do I need for socks?"], "billing_dispute": ["Take that charge back."]}
KNITTING: dict[str, Any] = {
    "allowed_topics": ["knitting"],
    "forbidden_topics": ["legal advice"],
    "topic_examples": EXAMPLES,
    "context_settings": {"escalation_triggers": ["billing_dispute"]},
}


def test_a_topic_may_have_examples(api: APIClient, bot: Bot) -> None:
    made = api.post(f"{BOTS}/{bot.id}/scopes", KNITTING, format="json")
    assert made.status_code == 201
    assert made.json()["topic_examples"] == EXAMPLES
    assert selectors.profile(bot.id).scope.examples("knitting") == ("Which needles do I need for socks?",)
    assert selectors.profile(bot.id).scope.examples("legal advice") == ()


def test_examples_of_a_phrase_that_the_scope_lacks_are_refused_by_its_name(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    body = {"allowed_topics": ["knitting"], "topic_examples": {"sewing": ["How do I sew?"]}}
    refused = api.post(url, body, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"] == {"topic_examples": ["Neither a topic nor a trigger of this scope: sewing."]}
    made = api.post(url, KNITTING, format="json").json()
    assert api.put(f"{url}/{made['id']}", {"topic_examples": {"sewing": ["How?"]}}, format="json").status_code == 400
    body["allowed_topics"] = ["knitting", "sewing"]
    assert api.put(f"{url}/{made['id']}", body, format="json").json()["topic_examples"] == body["topic_examples"]


def test_a_phrase_takes_its_examples_with_it(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    made = api.post(url, KNITTING, format="json").json()
    changed = api.put(f"{url}/{made['id']}", {"allowed_topics": ["yarn"]}, format="json").json()
    assert changed["topic_examples"] == {"billing_dispute": ["Take that charge back."]}


@pytest.mark.parametrize(
    "examples",
    [
        {"knitting": "How do I knit?"},
        {"knitting": ["?" * 501]},
        {"knitting": ["How\u0000?"]},
        {"knitting": [""]},
        {"knitting": [f"How {number}?" for number in range(21)]},
        ["knitting"],
    ],
)
def test_examples_have_bounds(api: APIClient, bot: Bot, examples: object) -> None:
    body = {"allowed_topics": ["knitting"], "topic_examples": examples}
    refused = api.post(f"{BOTS}/{bot.id}/scopes", body, format="json")
    assert refused.status_code == 400
    assert next(iter(refused.json()["errors"])).startswith("topic_examples")


def test_all_examples_together_have_a_bound(api: APIClient, bot: Bot) -> None:
    phrases = [f"topic {number}" for number in range(11)]
    said = [f"Question {number}?" for number in range(20)]
    body = {"allowed_topics": phrases, "topic_examples": dict.fromkeys(phrases, said)}
    assert api.post(f"{BOTS}/{bot.id}/scopes", body, format="json").status_code == 400
    body["topic_examples"] = dict.fromkeys(phrases[:10], said)
    assert api.post(f"{BOTS}/{bot.id}/scopes", body, format="json").status_code == 201


def test_thresholds_may_be_moved_within_bounds(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    moved = {"context_settings": {"thresholds": {"forbidden": 0.05, "injection": None}, "pii": "refuse"}}
    made = api.post(url, moved, format="json").json()
    assert made["context_settings"]["thresholds"] == {**UNSET["thresholds"], "forbidden": 0.05}
    assert selectors.profile(bot.id).scope.thresholds == {"forbidden": 0.05}
    back = api.put(f"{url}/{made['id']}", {"context_settings": {"thresholds": None}}, format="json").json()
    assert back["context_settings"]["thresholds"] == UNSET["thresholds"]
    assert back["context_settings"]["pii"] == "refuse"


@pytest.mark.parametrize(
    "settings",
    [
        {"thresholds": {"forbidden": 0.3}},
        {"thresholds": {"injection": -2.5}},
        {"thresholds": {"small_talk": 0.1}},
        {"thresholds": {"allowed": "NaN"}},
        {"pii": "hide"},
        {"judge": "always"},
    ],
)
def test_unknown_settings_of_the_guard_are_refused(api: APIClient, bot: Bot, settings: object) -> None:
    refused = api.post(f"{BOTS}/{bot.id}/scopes", {"context_settings": settings}, format="json")
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strictness_level": "iron"}, "strictness_level"),
        ({"allowed_topics": "shipping"}, "allowed_topics"),
        ({"allowed_topics": [""]}, "allowed_topics.0"),
        ({"allowed_topics": ["nul\x00"]}, "allowed_topics.0"),
        ({"allowed_topics": ["x" * 201]}, "allowed_topics.0"),
        ({"allowed_topics": [str(at) for at in range(51)]}, "allowed_topics"),
        ({"allowed_topics": ["Billing"], "forbidden_topics": ["billing"]}, "forbidden_topics"),
        ({"refusal_message": "x" * 1001}, "refusal_message"),
        ({"context_settings": {"max_conversation_history": 51}}, "context_settings.max_conversation_history"),
        ({"context_settings": {"max_conversation_history": -1}}, "context_settings.max_conversation_history"),
        ({"context_settings": {"mood": "good"}}, "context_settings.mood"),
        ({"topics": []}, "topics"),
    ],
)
def test_bad_scopes_are_refused_by_field(api: APIClient, bot: Bot, change: dict[str, Any], field: str) -> None:
    answer = api.post(f"{BOTS}/{bot.id}/scopes", change, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in answer.json()["errors"]
    assert not Scope.objects.exists()
