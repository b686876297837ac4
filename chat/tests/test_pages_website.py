"""The website page: where a bot is served, how it looks, and what the doctor finds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bots import origins, selectors, services
from bots.models import Bot
from tenants.enums import Role
from tenants.types import Principal

PageAs = Callable[..., Client]
LOOK = {
    "title": "Ask Acme", "greeting": "Hello", "suggestions": "One?\n\n Two? ", "placeholder": "", "launcher": "Help",
    "color": "#AA0033", "theme": "dark", "position": "left", "language": "de", "privacy_note": "", "privacy_url": "",
    "offers_person": "on",
}  # fmt: skip


def _png(side: int = 1) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


PNG = _png()


@pytest.fixture
def bot(make_bot: Callable[..., Bot]) -> Bot:
    return make_bot()


def url(name: str, bot: Bot) -> str:
    return reverse(f"dashboard:{name}", args=("acme", bot.id))


def test_the_look_is_kept_and_the_widget_told(page_as: PageAs, bot: Bot, anonymous: Any) -> None:
    logo = SimpleUploadedFile("logo.png", PNG, content_type="image/png")
    saved = page_as(Role.EDITOR).post(url("bot-website", bot), {**LOOK, "logo": logo})
    assert saved.status_code == 302, saved.content
    told = anonymous.get(f"/v1/chat/widget/{bot.id}").json()
    assert (told["title"], told["color"], told["position"], told["language"]) == ("Ask Acme", "#aa0033", "left", "de")
    assert (told["suggestions"], told["offers_person"]) == (["One?", "Two?"], True)
    assert told["placeholder"] == "Ihre Frage"
    picture = anonymous.get(told["logo_url"])
    assert (picture["Content-Type"], picture["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert picture.content == PNG
    page_as(Role.EDITOR).post(url("bot-website", bot), {**LOOK, "drop_logo": "on"})
    assert anonymous.get(f"/v1/chat/widget/{bot.id}").json()["logo_url"] is None


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("suggestions", "a\nb\nc\nd\ne\nf\ng", "At most 6 questions."),
        ("color", "red", "A colour like"),
        ("privacy_url", "javascript:alert(1)", "A web address"),
        ("logo", SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>"), "PNG, JPEG, WebP"),
    ],
)
def test_a_look_that_is_refused_comes_back_as_it_was_sent(
    page_as: PageAs, bot: Bot, field: str, value: Any, says: str
) -> None:
    answer = page_as(Role.EDITOR).post(url("bot-website", bot), {**LOOK, field: value})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Ask Acme" in answer.content.decode()
    assert selectors.look(bot.id).title == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("www.acme.com", "https://www.acme.com"),
        ("https://www.acme.com/shop?x=1#y", "https://www.acme.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.acme.com", "https://*.acme.com"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("127.0.0.1:8171", "http://127.0.0.1:8171"),
        ("https://127.0.0.1:8171", "https://127.0.0.1:8171"),
        ("localhost:3000", "http://localhost:3000"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("192.168.1.20", "http://192.168.1.20"),
        ("nas.local/help", "http://nas.local"),
        ("8.8.8.8", "https://8.8.8.8"),
        ("www.acme.com:8443/shop", "https://www.acme.com:8443"),
    ],
)
def test_a_website_may_be_typed_as_people_do(typed: str, kept: str) -> None:
    assert origins.typed(typed) == kept


def test_where_it_is_served_is_kept_or_refused_line_by_line(page_as: PageAs, bot: Bot) -> None:
    editor = page_as(Role.EDITOR)
    editor.post(
        url("bot-website-places", bot), {"is_public": "on", "allowed_domains": "www.acme.com\nhttps://b.example/"}
    )
    now = selectors.bot(bot.id)
    assert (now.is_public, now.allowed_domains) == (True, ["https://www.acme.com", "https://b.example"])
    wrong = editor.post(url("bot-website-places", bot), {"allowed_domains": "https://*.com\nftp://x.example"})
    assert wrong.status_code == 422
    assert "“ftp://x.example” is no website" in wrong.content.decode()
    assert selectors.bot(bot.id).allowed_domains == now.allowed_domains


def test_the_doctor_waits_for_the_first_visitor_and_offers_to_allow_who_was_refused(
    page_as: PageAs, principal: Principal, bot: Bot, anonymous: Any
) -> None:
    services.update_bot(by=principal, bot_id=bot.id, allowed_domains=["https://www.acme.com"])
    editor = page_as(Role.EDITOR)
    assert b"Waiting for the first visitor" in editor.get(url("bot-website-doctor", bot)).content
    refused = anonymous.get(f"/v1/chat/widget/{bot.id}", HTTP_ORIGIN="https://shop.acme.com")
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
    said = editor.get(url("bot-website-doctor", bot)).content
    assert b"Waiting for the first visitor" in said
    assert b"https://shop.acme.com tried to show the bot and is not listed." in said
    allow = url("bot-website-allow", bot)
    assert b"https://shop.acme.com" in page_as(Role.VIEWER).get(url("bot-website", bot)).content
    assert allow.encode() not in page_as(Role.VIEWER).get(url("bot-website", bot)).content
    assert page_as(Role.VIEWER).post(allow, {"origin": "https://shop.acme.com"}).status_code == 403
    assert editor.post(allow, {"origin": "javascript:alert(1)"}).status_code == 302
    assert editor.post(allow, {"origin": "https://shop.acme.com"}).status_code == 302
    assert selectors.bot(bot.id).allowed_domains == ["https://www.acme.com", "https://shop.acme.com"]
    assert anonymous.get(f"/v1/chat/widget/{bot.id}", HTTP_ORIGIN="https://shop.acme.com").status_code == 200
    found = editor.get(url("bot-website-doctor", bot)).content.decode()
    assert "The first visitor came on https://shop.acme.com." in found
    assert "https://www.acme.com has not shown the widget yet." in found
