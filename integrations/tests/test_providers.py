"""A tenant's providers over the API: the guide's call, the rules, the roles, and a key that never comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from integrations import services
from integrations.errors import ProviderInactive
from integrations.models import TenantAIProvider
from integrations.selectors import provider_ref
from integrations.tests.wire import Wire
from tenants import context
from tenants.enums import Role
from tenants.errors import Invalid
from tenants.models import AuditEvent, GlobalAIProvider
from tenants.types import Principal, TenantRef

URL = "/v1/tenant/ai-providers/"
KEY = "sk-canary-7f3a9b2c-do-not-leak"


@pytest.fixture
def guide(offered: GlobalAIProvider) -> dict[str, Any]:
    """The guide's body, with a real id."""
    return {
        "global_ai_provider_id": str(offered.id),
        "provider_name": "openai",
        "api_key": KEY,
        "base_url": None,
        "custom_settings": {
            "organization": "org-your-org-id",
            "max_tokens": 4000,
            "default_model": "gpt-3.5-turbo",
        },
    }


def item(answer: Any) -> str:
    return f"{URL}{answer.json()['id']}"


def compatible(wire: Wire, **fields: Any) -> dict[str, Any]:
    base = f"http://{wire.place}/v1"
    body = {"provider_name": "openai_compatible", "base_url": base, "custom_settings": {"default_model": "llama-3"}}
    return body | fields


def test_the_guides_call_works(api: APIClient, guide: dict[str, Any], offered: GlobalAIProvider) -> None:
    answer = api.post(URL, guide)
    assert answer.status_code == 201
    body = answer.json()
    assert body["provider_name"] == "openai"
    assert body["name"] == offered.name
    assert body["custom_settings"] == guide["custom_settings"]
    assert (body["has_api_key"], body["key_hint"], body["base_url"]) == (True, "leak", None)
    assert "api_key" not in body
    assert provider_ref(body["id"]).api_key == KEY


def test_the_key_is_in_no_answer_and_in_no_audit_row(api: APIClient, guide: dict[str, Any]) -> None:
    made = api.post(URL, guide)
    answers = [
        made, api.get(URL), api.get(item(made)), api.put(item(made), {"name": "Ours"}),
        api.put(item(made), {"api_key": KEY, "base_url": "http://127.0.0.1:1"}), api.post(URL, guide | {"x": 1}),
        api.delete(item(made)),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 400, 400, 204]
    assert all(KEY not in answer.content.decode() for answer in answers)
    rows = list(AuditEvent.objects.filter(action__startswith="ai_provider.").values_list("action", "data", "target"))
    assert {action for action, _, _ in rows} == {"ai_provider.create", "ai_provider.update", "ai_provider.delete"}
    assert KEY not in json.dumps(rows)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"provider_name": "skynet"}, "invalid", "provider_name"),
    ({"provider_name": "openai"}, "provider_key_required", "api_key"),
    ({"provider_name": "openai", "api_key": ""}, "provider_key_required", "api_key"),
    ({"provider_name": "openai", "api_key": "   "}, "provider_key_required", "api_key"),
    ({"provider_name": "anthropic", "api_key": None}, "provider_key_required", "api_key"),
    ({"provider_name": "openai", "api_key": "two\nlines"}, "invalid", "api_key"),
    ({"provider_name": "openai", "api_key": "ключ"}, "invalid", "api_key"),
    ({"provider_name": "openai_compatible"}, "invalid", "base_url"),
    ({"provider_name": "builtin", "api_key": KEY}, "invalid", "provider_name"),
    ({"provider_name": "builtin", "global_ai_provider_id": str(uuid4())}, "invalid", "global_ai_provider_id"),
    ({"provider_name": "builtin", "global_ai_provider_id": "x"}, "invalid", "global_ai_provider_id"),
    ({"provider_name": "builtin", "custom_settings": {"top_p": 1}}, "invalid", "custom_settings.top_p"),
    ({"provider_name": "builtin", "custom_settings": {"max_tokens": 0}}, "invalid", "custom_settings.max_tokens"),
    ({"provider_name": "builtin", "custom_settings": {"timeout": 999}}, "invalid", "custom_settings.timeout"),
    ({"provider_name": "builtin", "custom_settings": {"tokens_per_minute": 0}}, "invalid",
     "custom_settings.tokens_per_minute"),
    ({"provider_name": "builtin", "custom_settings": {"organization": "a\r\nb"}}, "invalid",
     "custom_settings.organization"),
    ({"provider_name": "builtin", "custom_settings": []}, "invalid", "custom_settings"),
    ({"provider_name": "builtin", "model": "x"}, "invalid", "model"),
    ({"provider_name": "builtin", "name": "n" * 201}, "invalid", "name"),
    ({"api_key": KEY}, "invalid", "provider_name"),
    ({"provider_name": "openai_compatible", "base_url": "ftp://x.example"}, "address_not_allowed", "base_url"),
    ({"provider_name": "openai_compatible", "base_url": "http://u:p@x.example"}, "address_not_allowed", "base_url"),
    ({"provider_name": "openai_compatible", "base_url": "http://127.0.0.1:11434"}, "address_not_allowed", "base_url"),
    ({"provider_name": "openai_compatible", "base_url": "http://169.254.169.254/"}, "address_not_allowed", "base_url"),
    ({"provider_name": "openai", "api_key": KEY, "base_url": "http://10.0.0.1/v1"}, "address_not_allowed", "base_url"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "field"), REFUSED)
def test_what_is_not_right_is_refused_by_name(api: APIClient, body: dict[str, Any], code: str, field: str) -> None:
    answer = api.post(URL, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert list(answer.json()["errors"]) == [field]
    assert not TenantAIProvider.objects.exists()


def test_the_smallest_bodies_are_taken(api: APIClient, wire: Wire) -> None:
    for body in ({"provider_name": "builtin"}, {"provider_name": "anthropic", "api_key": KEY}, compatible(wire)):
        assert api.post(URL, body).status_code == 201
    assert [row["name"] for row in api.get(URL).json()["results"]] == ["Built-in", "Anthropic", "OpenAI-compatible"]


def test_what_the_operator_offers_must_be_on_offer_and_of_the_kind(
    api: APIClient, guide: dict[str, Any], offered: GlobalAIProvider
) -> None:
    other = api.post(URL, guide | {"provider_name": "anthropic"})
    assert list(other.json()["errors"]) == ["provider_name"]
    GlobalAIProvider.objects.filter(id=offered.id).update(is_active=False)
    gone = api.post(URL, guide)
    assert list(gone.json()["errors"]) == ["global_ai_provider_id"]
    GlobalAIProvider.objects.filter(id=offered.id).update(is_active=True)
    assert api.post(URL, guide).status_code == 201


def test_a_new_address_asks_for_the_key_again(api: APIClient, wire: Wire) -> None:
    made = api.post(URL, compatible(wire, api_key=KEY))
    elsewhere = f"http://{wire.place}/other"
    for change in ({"base_url": elsewhere}, {"base_url": elsewhere, "name": "x"}, {"provider_name": "openai"}):
        answer = api.put(item(made), change)
        assert (answer.status_code, answer.json()["code"]) == (400, "key_required_for_new_address")
    assert provider_ref(made.json()["id"]).base_url == f"http://{wire.place}/v1"
    changed = api.put(item(made), {"base_url": elsewhere, "api_key": "sk-new-1234567890"})
    assert changed.status_code == 200
    assert provider_ref(made.json()["id"]).api_key == "sk-new-1234567890"


def test_the_same_address_does_not(api: APIClient, wire: Wire) -> None:
    made = api.post(URL, compatible(wire, api_key=KEY))
    answer = api.put(item(made), {"base_url": f"http://{wire.place}/v1/", "provider_name": "openai_compatible"})
    assert answer.status_code == 200
    assert provider_ref(made.json()["id"]).api_key == KEY


def test_a_keyless_provider_moves_freely_and_the_built_in_one_drops_the_key(api: APIClient, wire: Wire) -> None:
    made = api.post(URL, compatible(wire))
    assert api.put(item(made), {"base_url": f"http://{wire.place}/other"}).status_code == 200
    keyed = api.post(URL, compatible(wire, api_key=KEY))
    answer = api.put(item(keyed), {"provider_name": "builtin", "base_url": None})
    assert (answer.status_code, answer.json()["has_api_key"]) == (200, False)


def test_a_change_that_crossed_another_is_refused(principal: Principal, wire: Wire) -> None:
    made = services.create(by=principal, **compatible(wire))
    mine, theirs = (TenantAIProvider.objects.get(id=made.id) for _ in range(2))
    services.update(by=principal, provider=theirs, api_key=KEY, base_url=f"http://{wire.place}/theirs")
    with pytest.raises(services.ChangedMeanwhile):
        services.update(by=principal, provider=mine, base_url=f"http://{wire.place}/mine")
    assert provider_ref(made.id).base_url == f"http://{wire.place}/theirs"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_only_admins_manage(api_as: Callable[..., APIClient], role: Role, guide: dict[str, Any]) -> None:
    made = api_as(Role.ADMIN).post(URL, guide)
    assert made.status_code == 201
    client = api_as(role)
    denied = [
        client.post(URL, guide), client.get(item(made)), client.put(item(made), {"name": "x"}),
        client.delete(item(made)), client.post(f"{item(made)}/test"),
    ]  # fmt: skip
    assert {(answer.status_code, answer.json()["code"]) for answer in denied} == {(403, "role_missing")}
    admin = api_as(Role.ADMIN)
    assert admin.put(item(made), {"name": "x"}).status_code == 200
    assert admin.delete(item(made)).status_code == 204


def test_editors_see_which_there_are_and_viewers_do_not(
    api_as: Callable[..., APIClient], guide: dict[str, Any]
) -> None:
    api_as(Role.ADMIN).post(URL, guide)
    assert api_as(Role.EDITOR).get(URL).json()["count"] == 1
    found = api_as(Role.EDITOR).get(f"{URL}available").json()["results"]
    assert {row["provider_type"] for row in found} == {"builtin", "openai", "anthropic"}
    assert set(found[0]) == {"id", "name", "provider_type", "config", "is_default"}
    for path in (URL, f"{URL}available"):
        assert api_as(Role.VIEWER).get(path).status_code == 403


def test_keys_and_strangers_are_kept_out(
    key_client: Callable[..., APIClient], anonymous: APIClient, guide: dict[str, Any]
) -> None:
    everything = key_client("chat:read", "chat:write", "bots:read", "bots:write", "datasets:read", "datasets:write")
    for path in (URL, f"{URL}available"):
        assert everything.get(path).json()["code"] == "key_not_allowed"
        assert anonymous.get(path).status_code == 401
    assert everything.post(URL, guide).status_code == 403


def test_another_tenants_provider_is_not_there(
    api: APIClient, globex: TenantRef, principal: Principal, guide: dict[str, Any]
) -> None:
    with context.entered(globex):
        theirs = services.create(by=principal, provider_name="openai", api_key=KEY)
    answers = [
        request(f"{URL}{which}{tail}")
        for which in (theirs.id, uuid4())
        for request, tail in ((api.get, ""), (api.put, ""), (api.delete, ""), (api.post, "/test"))
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert api.get(URL).json()["count"] == 0
    with context.entered(globex):
        assert TenantAIProvider.objects.filter(id=theirs.id).exists()
    mine = api.post(URL, guide)
    assert api.get(item(mine)).status_code == 200


def test_a_provider_that_a_bot_answers_with_stays(api: APIClient) -> None:
    made = api.post(URL, {"provider_name": "builtin"})
    bots = apps.get_model("bots", "Bot").objects
    bot = bots.create(name="Support", tenant_ai_provider_id=made.json()["id"])
    answer = api.delete(item(made))
    assert (answer.status_code, answer.json()["code"]) == (409, "provider_in_use")
    assert api.get(item(made)).status_code == 200
    bot.delete()
    assert api.delete(item(made)).status_code == 204


def test_a_provider_switched_off_is_not_asked(api: APIClient, guide: dict[str, Any]) -> None:
    made = api.post(URL, guide | {"is_active": False})
    with pytest.raises(ProviderInactive):
        provider_ref(made.json()["id"])
    api.put(item(made), {"is_active": True})
    assert provider_ref(made.json()["id"]).name == "openai"


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "60", None])
def test_a_budget_is_a_whole_number_whoever_sets_it(principal: Principal, acme: TenantRef, value: Any) -> None:
    for name in ("requests_per_minute", "tokens_per_minute"):
        with pytest.raises(Invalid) as raised:
            services.create(by=principal, provider_name="builtin", custom_settings={name: value})
        assert list(raised.value.errors) == [f"custom_settings.{name}"]
    fits = {"requests_per_minute": 1, "tokens_per_minute": 10**6}
    assert services.create(by=principal, provider_name="builtin", custom_settings=fits).custom_settings == fits
