"""How a bot looks on websites, its logo, and the websites that asked for it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from bots import images, selectors, services
from bots.models import Bot, Logo, Look, Visit
from bots.services import website
from tenants.models import AuditEvent
from tenants.types import Principal

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc4\x00\x04\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00\xff\xd9"
)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"


def path(bot: Bot, *more: str) -> str:
    return "/".join(("/v1/tenant/bots", str(bot.id), "look", *more))


def put_logo(api: APIClient, bot: Bot, data: bytes) -> Any:
    return api.put(path(bot, "logo"), {"file": SimpleUploadedFile("logo", data)}, format="multipart")


@pytest.mark.parametrize(("data", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_pictures_are_told_by_their_bytes(api: APIClient, bot: Bot, data: bytes, kind: str) -> None:
    answer = put_logo(api, bot, data)
    assert answer.status_code == 200, answer.content
    assert answer.json()["logo_url"].startswith(f"/v1/chat/widget/{bot.id}/logo?v=")
    assert Logo.objects.get(bot=bot).kind == kind


@pytest.mark.parametrize(
    "data",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"GIF89a" + b"\0" * 40, PNG[:20],
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", b"\xff\xd8\xff<html>", b"RIFF\0\0\0\0WEBPjunkjunkjunkjunk",
        PNG[:16] + b"\0\0\x0f\xff\0\0\0\x01" + PNG[24:], PNG[:16] + b"\0\0\0\0" + PNG[20:],
        PNG + b"\0" * images.MOST_BYTES, b"<html>",
    ],
)  # fmt: skip
def test_what_is_no_logo_is_refused(api: APIClient, bot: Bot, data: bytes) -> None:
    answer = put_logo(api, bot, data)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])
    assert not Logo.objects.exists()


def test_a_logo_can_be_taken_away_twice(api: APIClient, bot: Bot) -> None:
    put_logo(api, bot, PNG)
    for _ in range(2):
        assert api.delete(path(bot, "logo")).status_code == 204
    assert api.get(path(bot)).json()["logo_url"] is None


def test_a_look_has_defaults_and_keeps_what_is_left_out(api: APIClient, bot: Bot, principal: Principal) -> None:
    before = api.get(path(bot)).json()
    assert (before["title"], before["color"], before["offers_person"], before["has_page"]) == (
        "",
        "#1f6f54",
        True,
        True,
    )
    assert not Look.objects.exists()
    api.put(path(bot), {"title": "Ask", "color": "#ABC"})
    api.put(path(bot), {"suggestions": ["  Why? ", "Why?", "How?"]})
    now = api.get(path(bot)).json()
    assert (now["title"], now["color"], now["suggestions"]) == ("Ask", "#aabbcc", ["Why?", "How?"])
    assert AuditEvent.objects.filter(action="look.update", target=str(bot.id)).count() == 2
    assert selectors.bot(bot.id).live_version == bot.live_version  # no version comes of it


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("color", "red"), ("color", "#12345"), ("color", "#gggggg"), ("position", "top"), ("theme", "blue"),
        ("language", "xx"), ("privacy_url", "javascript:alert(1)"), ("privacy_url", "/privacy"),
        ("privacy_url", "https://a.example/ x"), ("privacy_url", "data:text/html,x"), ("suggestions", ["a"] * 7),
        ("suggestions", ["x" * 151]), ("title", "x" * 81), ("greeting", "x" * 501), ("greeting", "\x00"), ("font", "x"),
    ],
)  # fmt: skip
def test_a_look_that_makes_no_sense_is_refused(api: APIClient, bot: Bot, field: str, value: Any) -> None:
    answer = api.put(path(bot), {field: value})
    assert (answer.status_code, [name.split(".")[0] for name in answer.json()["errors"]]) == (400, [field])
    assert not Look.objects.exists()


def test_visits_are_counted_once_a_minute_and_bounded(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, statements: Callable[[int], Any]
) -> None:
    services.record_visit(bot_id=bot.id, origin="https://www.acme.com")
    with statements(0):
        services.record_visit(bot_id=bot.id, origin="https://WWW.acme.com/")
        for nonsense in ("null", "", "javascript:alert(1)", "https://" + "a" * 400, "https://<b>.example"):
            services.record_visit(bot_id=bot.id, origin=nonsense)
    services.record_visit(bot_id=bot.id, origin="https://www.acme.com", refused="bot_private")
    assert list(Visit.objects.values_list("origin", "refused")) == [("https://www.acme.com", "bot_private")]
    monkeypatch.setattr(website, "MOST_VISITS", 5)
    for number in range(70):
        services.record_visit(bot_id=bot.id, origin=f"https://{number}.example")
    assert Visit.objects.count() == 5
    latest = Visit.objects.order_by("-last_at")[0].origin
    assert (
        latest == f"https://{website.VISITS_A_MINUTE - 2}.example"
    )  # what came past the limit of a minute is left out


def test_strangers_push_out_no_website_that_is_served(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(website, "MOST_VISITS", 2)
    monkeypatch.setattr(website, "VISITS_A_MINUTE", 3)
    services.record_visit(bot_id=bot.id, origin="https://www.acme.com")
    for number in range(5):
        services.record_visit(bot_id=bot.id, origin=f"https://{number}.example", refused="origin_not_allowed")
    services.record_visit(bot_id=bot.id, origin="https://shop.acme.com")
    kept = Visit.objects.filter(bot=bot).values_list("origin", flat=True)
    assert set(kept) == {"https://www.acme.com", "https://shop.acme.com"}


def test_visits_are_listed_the_latest_first(api: APIClient, bot: Bot, principal: Principal) -> None:
    now = timezone.now()
    for number in range(3):
        at = now + timedelta(minutes=number)
        Visit.objects.create(bot=bot, origin=f"https://{number}.example", first_at=now, last_at=at)
    rows = api.get(f"/v1/tenant/bots/{bot.id}/visits").json()["results"]
    assert [row["origin"] for row in rows] == ["https://2.example", "https://1.example", "https://0.example"]
    assert not any(row["is_listed"] for row in rows)
    services.update_bot(by=principal, bot_id=bot.id, allowed_domains=["https://1.example"])
    rows = api.get(f"/v1/tenant/bots/{bot.id}/visits").json()["results"]
    assert [row["origin"] for row in rows if row["is_listed"]] == ["https://1.example"]


def test_who_was_turned_away_is_told_for_a_day_and_until_it_is_listed(bot: Bot) -> None:
    now = timezone.now()
    for origin, refused, hours in (
        ("http://127.0.0.1:8171", "origin_not_allowed", 1), ("https://old.example", "origin_not_allowed", 25),
        ("https://own.example", "origin_not_allowed", 2), ("https://off.example", "bot_inactive", 1),
        ("https://seen.example", "", 1),
    ):  # fmt: skip
        at = now - timedelta(hours=hours)
        Visit.objects.create(bot=bot, origin=origin, refused=refused, first_at=at, last_at=at)
    bot.allowed_domains = ["https://own.example"]
    away = selectors.turned_away(bot, selectors.visits(bot.id))
    assert [row.origin for row in away] == ["http://127.0.0.1:8171"]
    bot.allowed_domains = []
    away = selectors.turned_away(bot, selectors.visits(bot.id))
    assert [row.origin for row in away] == ["http://127.0.0.1:8171", "https://own.example"]
