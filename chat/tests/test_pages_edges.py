"""What the dashboard makes of addresses and forms that no browser of ours sends, and of members who ask too much."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient

from bots.models import Bot
from chat.models import Conversation
from knowledge.models import Dataset
from tenants import context, limits
from tenants.enums import Role
from tenants.types import TenantRef

ADDRESSES = [
    "members/?search=%00", "keys/?q=%00", "conversations/?search=%00", "bots/?q=%00",
    "analytics/?until=0001-01-01", "analytics/?since=0001-01-01&until=0001-01-01", "analytics/sheet/?until=0001-01-01",
    "conversations/?since=0001-01-01", "conversations/?until=9999-12-31",
    "audit-log/?since=0001-01-01", "audit-log/?until=9999-12-31",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "localtime", "../../etc/passwd"])
def test_no_address_breaks_a_page(page_as: Callable[..., Client], address: str, zone: str) -> None:
    client = page_as(Role.OWNER)
    client.cookies["zone"] = zone
    assert client.get(f"/dashboard/acme/{address}").status_code in {200, 400}


def test_nor_does_it_break_the_api(api: APIClient) -> None:
    assert api.get("/v1/tenant/analytics/summary", {"zone": "localtime"}).status_code == 400
    assert api.get("/v1/tenant/audit", {"until": "9999-12-31"}).status_code == 200
    assert api.get("/v1/tenant/audit", {"since": "0001-01-01"}).status_code == 200


@pytest.mark.parametrize("after", ["²", "--5", "9" * 5000, "x"])
def test_a_place_that_is_none_shows_the_whole_talk(
    page_as: Callable[..., Client], acme: TenantRef, make_bot: Callable[..., Bot], after: str
) -> None:
    bot = make_bot()
    with context.entered(acme):
        talk = Conversation.objects.create(bot_id=bot.id, session_hash=uuid4().hex, source="public")
    client = page_as(Role.VIEWER)
    address = f"/dashboard/acme/conversations/{talk.id}/"
    assert client.get(address, {"after": after}, headers={"hx-request": "true"}).status_code == 200


@pytest.mark.parametrize("talk", ["[" * 100_000, "[1]", "{}", "5", '[{"role": [], "content": 1}]'])
def test_a_talk_that_cannot_be_read_is_refused(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], talk: str
) -> None:
    bot = make_bot()
    sent = {"question": "Hello?", "side": "draft", "talk": talk}
    answer = page_as(Role.VIEWER).post(f"/dashboard/acme/bots/{bot.id}/playground/speak/", sent)
    assert answer.status_code in {200, 422}


def test_what_costs_is_bounded_for_each_member(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "COSTLY_A_MINUTE", 1)
    bot, client = make_bot(handbook), page_as(Role.EDITOR)
    asked = {"question": "Hello?", "side": "draft", "talk": "[]"}
    speak = f"/dashboard/acme/bots/{bot.id}/playground/speak/"
    assert client.post(speak, asked).status_code == 200
    assert client.post(speak, asked).status_code == 429
    assert client.post(f"/dashboard/acme/bots/{bot.id}/playground/", asked).status_code == 302
    assert client.get(f"/dashboard/acme/knowledge/{handbook.id}/search/?query=a&k=3").status_code == 422
    for act in ("bench", "try"):
        answer = client.post(f"/dashboard/acme/bots/{bot.id}/guardrails/", {"do": act, "question": "x"})
        assert answer.status_code == 302
    assert client.get(f"/dashboard/acme/bots/{bot.id}/guardrails/").status_code == 200
    assert page_as(Role.VIEWER).post(speak, asked).status_code == 200


def test_trying_providers_counts_too(page_as: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COSTLY_A_MINUTE", 1)
    client = page_as(Role.ADMIN)
    made = client.post("/dashboard/acme/providers/new/?kind=builtin", {"name": "One"})
    assert client.post(f"{made['Location']}test/").status_code == 302
    assert client.get(f"{made['Location']}models/").status_code == 429
