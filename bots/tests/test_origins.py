from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from bots import origins, services
from bots.tests.conftest import MakeBot, Theirs
from tenants.types import Principal

PUBLIC = "/v1/chat/public"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://www.acme.com", "https://www.acme.com"),
        ("https://WWW.Acme.com/", "https://www.acme.com"),
        ("https://acme.com:443", "https://acme.com"),
        ("http://acme.com:80", "http://acme.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.acme.com", "https://*.acme.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_origins_are_kept_in_one_form(written: str, kept: str) -> None:
    assert origins.parse(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "", "acme.com", "*", "null", "https://", "ftp://acme.com", "https://acme.com/path", "https://acme.com?x=1",
        "https://user@acme.com", "https://*.com", "https://*", "https://www.*.acme.com", "https://acme.com:port",
        "javascript:alert(1)", "https://" + "a." * 8_000 + "com", "https://" + "\u0130" * 280 + ".com",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        origins.parse(written)


@pytest.mark.parametrize(
    ("origin", "allowed", "serves"),
    [
        ("https://www.acme.com", ["https://www.acme.com"], True),
        ("https://www.acme.com:443", ["https://www.acme.com"], True),
        ("https://app.acme.com", ["https://www.acme.com"], False),
        ("https://acme.com", ["https://www.acme.com"], False),
        ("http://www.acme.com", ["https://www.acme.com"], False),
        ("https://www.acme.com:8443", ["https://www.acme.com"], False),
        ("http://localhost:3000", ["http://localhost:3000"], True),
        ("http://localhost:3001", ["http://localhost:3000"], False),
        ("https://www.acme.com.evil.com", ["https://www.acme.com"], False),
        ("https://evilwww.acme.com", ["https://www.acme.com"], False),
        ("https://app.acme.com", ["https://*.acme.com"], True),
        ("https://a.b.acme.com", ["https://*.acme.com"], True),
        ("https://acme.com", ["https://*.acme.com"], False),
        ("https://evilacme.com", ["https://*.acme.com"], False),
        ("https://app.acme.com.evil.com", ["https://*.acme.com"], False),
        ("http://app.acme.com", ["https://*.acme.com"], False),
        ("https://app.acme.com:8443", ["https://*.acme.com"], False),
        ("https://app.acme.com:8443", ["https://*.acme.com:8443"], True),
        ("https://*.acme.com", ["https://www.acme.com"], False),
        ("null", ["https://www.acme.com"], False),
        ("", ["https://www.acme.com"], False),
        ("https://www.acme.com", [], False),
    ],
)
def test_which_origins_a_bot_serves(origin: str, allowed: list[str], serves: bool) -> None:
    assert origins.matches(origin, allowed) is serves


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("10.1.2.3", True), ("fd00::1", True),
        ("wiki", True), ("nas.local", True), ("acme.com", False), ("localhost.acme.com", False), ("8.8.8.8", False),
    ],
)  # fmt: skip
def test_which_hosts_are_local(host: str, is_local: bool) -> None:
    assert origins.is_local(host) is is_local


@pytest.mark.parametrize(
    "claimed", ["https://<b>.example", 'https://"x.example', "https://*.acme.com", "https://m\u00fc.example"]
)
def test_no_browser_sends_what_is_no_plain_origin(claimed: str) -> None:
    assert origins.sent("https://WWW.acme.com:8443") == "https://www.acme.com:8443"
    assert origins.sent("http://[::1]:8080") == "http://[::1]:8080"
    with pytest.raises(ValueError, match=r".+"):
        origins.sent(claimed)


def test_a_huge_origin_is_not_taken_apart() -> None:
    longest = "https://" + "a." * 125 + "com"
    assert len(origins.candidates(longest)) == 125
    assert origins.candidates("https://" + "a." * 8_000 + "com") == []


def _preflight(origin: str) -> dict[str, Any]:
    return {"headers": {"Origin": origin, "Access-Control-Request-Method": "POST"}}


def test_a_preflight_passes_where_a_bot_serves_the_origin(make_bot: MakeBot) -> None:
    make_bot(allowed_domains=["https://www.acme.com", "https://*.acme.org"])
    for origin in ("https://www.acme.com", "https://shop.acme.org"):
        answer = Client().options(PUBLIC, **_preflight(origin))
        assert answer["Access-Control-Allow-Origin"] == origin
    for origin in ("https://evil.com", "https://acme.org", "null", "http://www.acme.com"):
        answer = Client().options(PUBLIC, **_preflight(origin))
        assert "Access-Control-Allow-Origin" not in answer


async def _asked(origin: str) -> Any:
    return await AsyncClient().options(PUBLIC, **_preflight(origin))


def test_a_preflight_is_decided_under_asgi_too(make_bot: MakeBot) -> None:
    make_bot(allowed_domains=["https://www.acme.com"])
    served = async_to_sync(_asked)("https://www.acme.com")
    assert served["Access-Control-Allow-Origin"] == "https://www.acme.com"
    assert "Access-Control-Allow-Origin" not in async_to_sync(_asked)("https://evil.com")


def test_an_inactive_bot_serves_no_origin(principal: Principal, make_bot: MakeBot) -> None:
    bot = make_bot(allowed_domains=["https://www.acme.com"])
    services.update_bot(by=principal, bot_id=bot.id, is_active=False)
    assert "Access-Control-Allow-Origin" not in Client().options(PUBLIC, **_preflight("https://www.acme.com"))
    services.update_bot(by=principal, bot_id=bot.id, is_active=True)
    assert "Access-Control-Allow-Origin" in Client().options(PUBLIC, **_preflight("https://www.acme.com"))


def test_management_has_no_preflight(theirs: Theirs) -> None:
    answer = Client().options("/v1/tenant/bots", **_preflight("https://globex.example"))
    assert "Access-Control-Allow-Origin" not in answer
