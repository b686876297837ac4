"""What the widget is told, from where, and how its script and the bot's page are served."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client

from bots import services
from bots.guardrails import rules
from bots.models import Bot, Visit
from chat.appearance import texts
from chat.widget import config, script
from tenants.models import Tenant
from tenants.types import Principal

MakeBot = Callable[..., Bot]
SHOP, HELP = "https://www.shop.example", "https://*.help.example"
OURS = "http://testserver"
STRANGERS = [
    "https://evil.example", "http://www.shop.example", "https://www.shop.example:8443", "https://shop.example",
    "https://www.shop.example.evil.example", "https://help.example", "https://evilhelp.example", "null",
]  # fmt: skip
OWN = [SHOP, "https://a.help.example", "https://a.b.help.example", "https://www.shop.example:443"]


def asked(bot_id: object, origin: str = "", **query: str) -> Any:
    headers = {"Origin": origin} if origin else {}
    return Client().get(f"/v1/chat/widget/{bot_id}", query, headers=headers)


@pytest.fixture(autouse=True)
def _hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.PUBLIC_URL = "https://talk.parley.example"


@pytest.mark.parametrize("state", ["public", "private", "inactive", "suspended"])
@pytest.mark.parametrize("origin", [*OWN, *STRANGERS, OURS, "https://talk.parley.example", ""])
def test_who_is_told_what(make_bot: MakeBot, state: str, origin: str) -> None:
    """Own websites are told what is wrong; strangers no more than that a public bot serves others."""
    bot = make_bot(allowed_domains=[SHOP, HELP], is_public=state != "private", is_active=True)
    if state == "inactive":
        bot.is_active = False
        bot.save(update_fields=["is_active"])
    if state == "suspended":
        Tenant.objects.filter(slug="acme").update(is_active=False)
    answer = asked(bot.id, origin)
    own, stranger = origin in OWN, origin in STRANGERS
    expected = {
        "public": (403, "origin_not_allowed") if stranger else (200, None),
        "private": (403, "bot_private") if own else (404, "bot_not_found"),
        "inactive": (404, "bot_not_found") if stranger else (403, "bot_inactive"),
        "suspended": (403, "bot_suspended") if own else (404, "bot_not_found"),
    }[state]
    assert (answer.status_code, answer.json().get("code")) == expected
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin or None)
    assert "Access-Control-Allow-Credentials" not in answer
    assert answer["Cache-Control"] == ("public, max-age=60" if answer.status_code == 200 else "no-store")
    assert "origin" in answer["Vary"].lower()


def test_a_bot_that_is_none_looks_like_a_private_one(make_bot: MakeBot) -> None:
    private = asked(make_bot(is_public=False).id, "https://evil.example")
    none = asked(uuid4(), "https://evil.example")
    assert (private.status_code, private.content) == (none.status_code, none.content)


def test_a_refusal_is_remembered_with_its_reason(make_bot: MakeBot) -> None:
    bot, private = make_bot(allowed_domains=[SHOP]), make_bot(is_public=False, allowed_domains=[SHOP])
    asked(bot.id, SHOP)
    asked(bot.id, "https://evil.example")
    asked(private.id, "https://evil.example")
    asked(bot.id)
    assert set(Visit.objects.values_list("bot_id", "origin", "refused")) == {
        (bot.id, SHOP, ""),
        (bot.id, "https://evil.example", "origin_not_allowed"),
        (private.id, "https://evil.example", "bot_private"),
    }


@pytest.mark.parametrize(
    ("own", "wanted", "language"),
    [("", "de-AT", "de"), ("", "pt_BR", "pt"), ("", "xx", "en"), ("", "", "en"), ("fr", "de", "fr"), ("", "he", "he")],
)
def test_the_bots_language_goes_before_the_browsers(
    make_bot: MakeBot, principal: Principal, own: str, wanted: str, language: str
) -> None:
    bot = make_bot()
    services.update_look(by=principal, bot_id=bot.id, language=own)
    told = asked(bot.id, language=wanted).json()
    assert (told["language"], told["direction"]) == (language, "rtl" if language == "he" else "ltr")
    assert told["greeting"] == told["texts"]["greeting"] == texts.load()[language]["greeting"]
    assert told["title"] == "Helper"


@pytest.mark.parametrize("language", sorted(texts.load()))
def test_every_language_has_every_text_and_its_wish_for_a_person_is_understood(language: str) -> None:
    said, english = texts.load()[language], texts.load()["en"]
    assert set(said) == set(english)
    for name, text in said.items():
        assert text.strip()
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", english[name]), name
    assert rules.asks_for_person(said["ask_person"]) == language


def source(name: str) -> str:
    return (django_settings.BASE_DIR / "static" / name).read_text(encoding="utf-8")


def version() -> str:
    found = re.search(r'"/widget/([0-9a-f]{10})"', Client().get("/widget.js").content.decode())
    assert found
    return found[1]


def test_the_widgets_parts_fit_together() -> None:
    """The loader names what it loads all at once; nothing names what is not there, or a text that there is none of."""
    folder = django_settings.BASE_DIR / "static" / "widget"
    modules = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.js")}
    listed = re.search(r"const names = \[(.*)\];", source("widget.js"))
    assert listed
    assert re.findall(r'"(\w+)"', listed[1]) == list(script.PARTS)
    imported = {name: set(re.findall(r'from "\./(\w+)\.js"', text)) for name, text in modules.items()}
    assert set().union(*imported.values()) <= set(modules)
    assert set().union(*(imported[name] for name in script.PARTS)) <= set(script.PARTS)
    assert set(modules) - set(script.PARTS) == {"contact", "preview", "refused"}
    used = set(re.findall(r"\bT\.(\w+)", "".join(modules.values())))
    assert used <= set(texts.load()["en"])
    assert set(re.findall(r"\b(?:texts|words)\.(\w+)", source("widget.js"))) <= set(config.BUBBLE)
    assert all(len(text.splitlines()) <= 300 for text in [source("widget.js"), *modules.values()])


def test_the_bubble_is_told_its_own_texts_and_others_all_of_them(make_bot: MakeBot) -> None:
    bot = make_bot()
    assert set(asked(bot.id, texts="bubble").json()["texts"]) == set(config.BUBBLE)
    assert set(asked(bot.id).json()["texts"]) == set(texts.load()["en"])


def test_the_script_is_packed_and_asked_about_again(db: None) -> None:
    plain = Client().get("/widget.js")
    packed = Client().get("/widget.js", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(packed.content) == plain.content
    assert plain["Content-Type"] == "text/javascript; charset=utf-8"
    assert (packed["ETag"], packed["Content-Encoding"]) == (plain["ETag"], "gzip")
    assert plain["Vary"] == "Accept-Encoding"  # whoever reads it, so that a CDN keeps it once
    assert "max-age=300" in plain["Cache-Control"]
    assert plain["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in plain
    assert Client().get("/widget.js", headers={"If-None-Match": plain["ETag"]}).status_code == 304
    assert Client().get("/widget.js", headers={"If-None-Match": '"another"'}).status_code == 200
    assert Client().post("/widget.js").status_code == 405


@pytest.mark.parametrize("name", ["panel", "refused", "preview", "words/de"])
def test_a_module_is_kept_for_good_under_its_version_alone(db: None, name: str) -> None:
    current = Client().get(f"/widget/{version()}/{name}.js", headers={"Origin": SHOP, "Accept-Encoding": "gzip"})
    assert current["Content-Type"] == "text/javascript; charset=utf-8"
    assert current["Cache-Control"] == "public, max-age=31536000, immutable"
    assert current["Vary"] == "Accept-Encoding"
    assert Client().get(f"/widget/{version()}.2/{name}.js")["Cache-Control"].endswith("immutable")
    for other in ("-", "0123456789"):  # of a loader that is older than the server, or younger
        answer = Client().get(f"/widget/{other}/{name}.js")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")
        assert answer.content == gzip.decompress(current.content)
        again = Client().get(f"/widget/{other}/{name}.js", headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again["Access-Control-Allow-Origin"]) == (304, "*")
    assert current["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in current


@pytest.mark.parametrize(
    "address",
    ["nothing.js", "words/xx.js", "panel.css", "../widget.js", "..%2Fwidget.js", "words/../panel.js", "PANEL.js"],
)
def test_there_are_no_other_modules(db: None, address: str) -> None:
    assert Client().get(f"/widget/{version()}/{address}").status_code == 404
    assert Client().get(f"/widget/{version()}/panel.js").status_code == 200


def test_comments_and_indents_are_for_those_who_read_the_source(db: None) -> None:
    for sent, kept in (("/widget.js", "widget.js"), (f"/widget/{version()}/panel.js", "widget/panel.js")):
        said = Client().get(sent).content.decode()
        assert not re.findall(r"^ |^//", said, re.MULTILINE)
        lines = [line.strip() for line in source(kept).splitlines() if not line.strip().startswith("//")]
        assert said.replace(version(), "-").splitlines() == lines


def test_the_bots_page_fetches_all_of_the_chat_at_once(make_bot: MakeBot, principal: Principal) -> None:
    bot = make_bot()
    services.update_look(by=principal, bot_id=bot.id, language="de")
    page = Client().get(f"/c/{bot.id}/").content.decode()
    found = re.findall(r'rel="modulepreload" href="([^"]+)"', page)
    assert found == [f"/widget/{version()}/{name}.js" for name in (*script.PARTS, "words/de")]
    assert {Client().get(address).status_code for address in found} == {200}


def test_the_page_may_be_framed_by_the_bots_websites_alone(make_bot: MakeBot) -> None:
    alone, listed = make_bot(), make_bot(allowed_domains=[SHOP, HELP, "https://a;script-src-elem.example"])
    answer = Client().get(f"/c/{alone.id}/")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    answer = Client().get(f"/c/{listed.id}")
    assert answer["Content-Security-Policy"].endswith(f"frame-ancestors {SHOP} {HELP}")
    assert "default-src 'self'; " in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert answer["X-Robots-Tag"] == "noindex"
    assert Visit.objects.filter(bot=listed, origin=OURS, refused="").exists()


def test_a_page_that_is_not_there_says_so_in_the_readers_language(make_bot: MakeBot, principal: Principal) -> None:
    pageless = make_bot()
    services.update_look(by=principal, bot_id=pageless.id, has_page=False)
    for bot_id in (pageless.id, make_bot(is_public=False).id, make_bot(is_active=False).id, uuid4()):
        answer = Client().get(f"/c/{bot_id}/", headers={"Accept-Language": "de"})
        assert answer.status_code == 404
        assert "Dieser Chat ist hier nicht verfügbar." in answer.content.decode()
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_the_logo_of_a_private_bot_is_for_who_knows_its_address(make_bot: MakeBot, principal: Principal) -> None:
    bot = make_bot(is_public=False)
    picture = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
    look = services.put_logo(by=principal, bot_id=bot.id, data=picture)
    assert Client().get(f"/v1/chat/widget/{bot.id}/logo").status_code == 404
    assert look.logo_url
    answer = Client().get(look.logo_url)
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "image/webp", picture)
    assert answer["Cache-Control"].endswith("immutable")
    assert "sandbox" in answer["Content-Security-Policy"]
