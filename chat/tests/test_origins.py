"""From where a bot serves browsers, with the CORS headers as a browser would see them, over ASGI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from apikeys import services as keys
from bots import services as bots
from bots.models import Bot
from tenants import context
from tenants.types import Principal, TenantRef

PUBLIC, EFFICIENT = "/v1/chat/public", "/v1/chat/efficient"
SHOP = ["https://www.shop.example", "https://*.help.example"]
OURS = "http://testserver"
MakeBot = Callable[..., Bot]


@pytest.fixture(autouse=True)
def _hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PUBLIC_URL = "https://talk.parley.example"


def post(path: str, bot: Bot, *, origin: str = "", key: str = "", **body: Any) -> Any:
    headers = {"Origin": origin} if origin else {}
    headers |= {"Authorization": f"Bearer {key}"} if key else {}
    said = {"messages": [{"role": "user", "content": "Hello!"}]} if path == PUBLIC else {"message": "Hello!"}
    send = async_to_sync(AsyncClient().post)
    return send(path, {"bot_id": str(bot.id), **said, **body}, content_type="application/json", headers=headers)


@pytest.fixture
def key(principal: Principal) -> str:
    return keys.create_key(by=principal, name="test", scopes=["chat:write"])[1]


@pytest.mark.parametrize(
    ("domains", "origin", "served"),
    [
        (SHOP, "https://www.shop.example", True),
        (SHOP, "https://a.help.example", True),
        (SHOP, "https://a.b.help.example", True),
        (SHOP, "https://help.example", False),
        (SHOP, "http://www.shop.example", False),
        (SHOP, "https://www.shop.example:8443", False),
        (SHOP, "https://shop.example", False),
        (SHOP, "https://www.shop.example.evil.example", False),
        (SHOP, "https://evilhelp.example", False),
        (SHOP, "null", False),
        (SHOP, OURS, True),
        ([], "https://www.shop.example", False),
        ([], "null", False),
        ([], OURS, True),
        ([], "https://talk.parley.example", True),
    ],
)
def test_browsers_are_served_on_the_bots_websites(
    make_bot: MakeBot, domains: list[str], origin: str, served: bool
) -> None:
    response = post(PUBLIC, make_bot(allowed_domains=domains), origin=origin)
    if served:
        assert response.status_code == 200, response.content
        assert response["Access-Control-Allow-Origin"] == origin
        assert "RateLimit-Remaining" in response["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in response
    else:
        assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in response


def test_a_browser_can_read_the_problem_it_met(make_bot: MakeBot) -> None:
    bot = make_bot(allowed_domains=SHOP, is_active=False)
    response = post(PUBLIC, bot, origin=SHOP[0])
    assert (response.status_code, response.json()["code"]) == (403, "bot_inactive")
    assert response["Access-Control-Allow-Origin"] == SHOP[0]


def test_without_a_website_a_bot_that_has_some_asks_for_a_key(make_bot: MakeBot, key: str, globex: TenantRef) -> None:
    bot = make_bot(allowed_domains=SHOP)
    nobody = post(PUBLIC, bot)
    assert (nobody.status_code, nobody.json()["code"]) == (403, "origin_not_allowed")
    assert post(PUBLIC, bot, key=key).status_code == 200
    with context.entered(globex):
        foreign = keys.create_key(by=Principal(), name="theirs", scopes=["chat:write"])[1]
    assert post(PUBLIC, bot, key=foreign).status_code == 403


def test_a_key_tied_to_another_bot_does_not_stand_in_for_a_website(make_bot: MakeBot, principal: Principal) -> None:
    bot, other = make_bot(allowed_domains=SHOP), make_bot()
    tied, secret = keys.create_key(by=principal, name="tied", scopes=["chat:write"])
    assert post(PUBLIC, bot, key=secret).status_code == 200
    bots.tie_key(by=principal, bot_id=other.id, key_id=tied.id)
    assert post(PUBLIC, bot, key=secret).status_code == 403
    assert post(PUBLIC, other, key=secret).status_code == 200


def test_without_websites_of_its_own_servers_are_served(make_bot: MakeBot) -> None:
    assert post(PUBLIC, make_bot()).status_code == 200


@pytest.mark.parametrize(
    ("domains", "origin", "status"),
    [
        (SHOP, "", 200),
        (SHOP, "https://www.shop.example", 200),
        (SHOP, "https://evil.example", 403),
        ([], "https://www.shop.example", 403),
        ([], "", 200),
    ],
)
def test_a_key_in_a_page_works_on_the_bots_websites(
    make_bot: MakeBot, key: str, domains: list[str], origin: str, status: int
) -> None:
    response = post(EFFICIENT, make_bot(allowed_domains=domains), origin=origin, key=key)
    assert response.status_code == status
    assert response.headers.get("Access-Control-Allow-Origin") == (origin if origin and status == 200 else None)


def test_a_preflight_passes_where_some_bot_serves_the_website(make_bot: MakeBot) -> None:
    make_bot(allowed_domains=SHOP)

    def preflight(origin: str) -> Any:
        headers = {
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, authorization",
        }  # fmt: skip
        return async_to_sync(AsyncClient().options)(EFFICIENT, headers=headers)

    allowed = preflight("https://a.help.example")
    assert allowed["Access-Control-Allow-Origin"] == "https://a.help.example"
    assert "authorization" in allowed["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in preflight("https://evil.example")


def test_a_session_is_read_from_the_bots_websites(make_bot: MakeBot) -> None:
    bot = make_bot(allowed_domains=SHOP)
    session = post(PUBLIC, bot, origin=SHOP[0]).json()["session_id"]
    read = async_to_sync(AsyncClient().get)
    address = f"/v1/chat/sessions/{session}"
    allowed = read(address, headers={"Origin": SHOP[0]})
    assert (allowed.status_code, allowed["Access-Control-Allow-Origin"]) == (200, SHOP[0])
    other = read(address, headers={"Origin": "https://evil.example"})
    assert (other.status_code, other.headers.get("Access-Control-Allow-Origin")) == (403, None)
