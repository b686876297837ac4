"""Trying a provider out asks it for real, says what is wrong in the owner's words, and remembers."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from integrations.models import TenantAIProvider
from integrations.tests.test_providers import KEY, compatible, item
from integrations.tests.wire import Wire
from tenants.models import GlobalAIProvider

URL = "/v1/tenant/ai-providers/"


TESTED = {
    "ok": None,
    "bad_key": "provider_bad_key",
    "unknown_model": "provider_unknown_model",
    "no_quota": "provider_no_quota",
    "not_allowed": "provider_not_allowed",
    "broken": "provider_failed",
}


@pytest.mark.parametrize("mode", TESTED)
def test_trying_a_provider_says_what_is_wrong_and_remembers(api: APIClient, wire: Wire, mode: str) -> None:
    made = api.post(URL, compatible(wire, api_key=KEY))
    wire.mode = mode
    answer = api.post(f"{item(made)}/test")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["ok"], body["code"]) == (mode == "ok", TESTED[mode])
    assert body["detail"]
    assert body["model"] == "llama-3"
    assert len(wire.requests) == 1
    row = api.get(item(made)).json()
    assert (row["last_test_code"], row["last_test_detail"]) == (TESTED[mode] or "ok", body["detail"])
    assert row["last_tested_at"] == body["tested_at"]
    assert KEY not in answer.content.decode()


def test_trying_says_when_nobody_is_there(api: APIClient, wire: Wire) -> None:
    made = api.post(URL, compatible(wire))
    wire.stop()
    assert api.post(f"{item(made)}/test").json()["code"] == "provider_unreachable"


def test_trying_takes_another_model_or_the_first_on_offer(
    api: APIClient, wire: Wire, offered: GlobalAIProvider
) -> None:
    made = api.post(URL, compatible(wire))
    assert api.post(f"{item(made)}/test", {"model": "mistral"}).json()["model"] == "mistral"
    body = {"global_ai_provider_id": offered.id, "provider_name": "openai", "api_key": KEY}
    openai = api.post(URL, body | {"base_url": f"http://{wire.place}/v1"})
    assert api.post(f"{item(openai)}/test").json()["model"] == "gpt-3.5-turbo"
    assert api.post(f"{item(openai)}/test", {"models": "x"}).status_code == 400


def test_the_built_in_provider_can_be_tried_too(api: APIClient) -> None:
    made = api.post(URL, {"provider_name": "builtin"})
    body = api.post(f"{item(made)}/test").json()
    assert (body["ok"], body["model"]) == (True, "parley-extractive-1")


def test_a_key_that_does_not_open_is_said_plainly(api: APIClient) -> None:
    made = api.post(URL, {"provider_name": "openai", "api_key": KEY})
    TenantAIProvider.objects.update(api_key="damaged")
    assert api.post(f"{item(made)}/test").json()["code"] == "provider_key_unreadable"
