"""The first run: what is derived from what there is, what each step does, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots import behaviour, selectors
from bots import services as bots
from bots.models import Bot, Visit
from chat.models import Conversation
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset, Document, WebImport
from knowledge.tasks import serve
from tenants.enums import Role
from tenants.models import AuditEvent, Tenant
from tenants.types import Principal, TenantRef

GUIDE = "/dashboard/acme/guide/"
STEPS = ("name", "provider", "knowledge", "bot", "topics", "look", "website")


def _step(step: str) -> str:
    return f"{GUIDE}{step}/"


def _made_by_the_operator(tenant: TenantRef) -> None:
    AuditEvent.objects.filter(tenant_id=tenant.id, action="tenant.create").update(actor_kind="user", actor_id=uuid4())


def test_the_way_in_leads_to_the_first_open_step(page_as: Callable[..., Client], acme: TenantRef) -> None:
    _made_by_the_operator(acme)
    client = page_as(Role.OWNER)
    assert client.get(GUIDE)["Location"] == _step("name")
    assert client.post(_step("name"), {"name": "Acme Gardens"})["Location"] == _step("provider")
    assert Tenant.objects.get(id=acme.id).name == "Acme Gardens"
    assert client.get(GUIDE)["Location"] == _step("provider")
    client.post(_step("provider"), {"skip": "yes"})
    assert client.get(GUIDE)["Location"] == _step("knowledge")
    assert "skipped" in client.get(_step("knowledge")).content.decode()


def test_every_step_shows_itself_on_an_empty_account(page_as: Callable[..., Client], acme: TenantRef) -> None:
    _made_by_the_operator(acme)
    client = page_as(Role.EDITOR)
    for step in STEPS:
        page = client.get(_step(step))
        assert page.status_code == 200
        assert 'name="skip"' in page.content.decode()
    assert client.get(_step("nothing")).status_code == 404


def test_all_skipped_is_the_end_and_one_may_come_back(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.OWNER)
    for step in STEPS:
        client.post(_step(step), {"skip": "yes"})
    assert "You are set" in client.get(GUIDE).content.decode()
    assert client.get(_step("bot")).status_code == 200


def test_the_built_in_provider_is_there_with_one_click(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.ADMIN)
    for _ in range(2):
        assert client.post(_step("provider"), {"provider_name": "builtin"})["Location"] == _step("knowledge")
    assert TenantAIProvider.objects.get().provider_name == "builtin"


def test_a_provider_is_tried_before_it_is_kept(page_as: Callable[..., Client], wire: Wire) -> None:
    given = {
        "provider_name": "openai_compatible", "base_url": f"http://{wire.place}/v1", "api_key": "sk-typed",
        "model": "local-1",
    }  # fmt: skip
    client = page_as(Role.ADMIN)
    wire.mode = "bad_key"
    failed = client.post(_step("provider"), given)
    page = failed.content.decode()
    assert failed.status_code == 422
    assert "does not accept this key" in page
    assert f'value="http://{wire.place}/v1"' in page  # nothing typed is lost
    assert "sk-typed" not in page
    assert not TenantAIProvider.objects.exists()
    wire.mode = "ok"
    kept = client.post(_step("provider"), given, follow=True)
    assert "answered in" in kept.content.decode()
    assert TenantAIProvider.objects.get().last_test_code == "ok"


def test_a_provider_that_cannot_be_is_refused_by_field(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.ADMIN)
    assert "A key is needed" in client.post(_step("provider"), {"provider_name": "openai"}).content.decode()
    page = client.post(_step("provider"), {"provider_name": "openai_compatible"}).content.decode()
    assert "An address is needed" in page


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"kind": "text", "title": "Delivery", "content": "We deliver on weekdays."}, 1),
        ({"kind": "web", "url": "https://www.example.com/help"}, 1),
        ({"kind": "site", "site-url": "https://www.example.com/", "site-limit": "20"}, 0),
        ({"kind": "sample"}, 9),
    ],
)
def test_knowledge_comes_in_each_way(page_as: Callable[..., Client], given: dict[str, Any], count: int) -> None:
    client = page_as(Role.EDITOR)
    assert client.post(_step("knowledge"), given).status_code == 302
    assert Dataset.objects.count() == 1
    assert Document.objects.count() == count
    part = client.get(f"{_step('knowledge')}?part=documents", headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" in part


def test_files_come_in_and_what_cannot_is_said(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.EDITOR)
    file = SimpleUploadedFile("delivery.md", b"# Delivery\n\nWe deliver on weekdays.")
    assert client.post(_step("knowledge"), {"kind": "files", "files": [file]}).status_code == 302
    assert Document.objects.get().file_name == "delivery.md"
    odd = SimpleUploadedFile("program.exe", b"MZ\x00\x01\x02")
    refused = client.post(_step("knowledge"), {"kind": "files", "files": [odd]})
    assert refused.status_code == 422
    assert "program.exe" in refused.content.decode()
    assert client.post(_step("knowledge"), {"kind": "files"}).status_code == 422
    assert "This field is required" in client.post(_step("knowledge"), {"kind": "text"}).content.decode()


def test_a_script_sends_files_one_by_one(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.EDITOR)
    asked = {"Accept": "application/json"}

    def sent(name: str, content: bytes) -> Any:
        given = {"kind": "files", "files": [SimpleUploadedFile(name, content)]}
        return client.post(_step("knowledge"), given, headers=asked)

    added, known = (sent("delivery.md", b"# Delivery\n\nWe deliver on weekdays.") for _ in range(2))
    assert (added.json()["outcome"], known.json()["outcome"]) == ("added", "known")
    assert client.get(added.json()["address"]).status_code == 200
    refused = sent("program.exe", b"MZ\x00\x01\x02")
    assert (refused.status_code, refused.json()["outcome"]) == (422, "refused")
    assert client.post(_step("knowledge"), {"kind": "files"}, headers=asked).status_code == 422
    assert (Dataset.objects.count(), Document.objects.count()) == (1, 1)


def test_a_site_is_read_and_shows_how_far_it_is(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.EDITOR)
    refused = client.post(
        _step("knowledge"), {"kind": "site", "site-url": "https://www.example.com", "site-limit": "0"}
    )
    assert refused.status_code == 422
    assert 'value="https://www.example.com"' in refused.content.decode()
    client.post(_step("knowledge"), {"kind": "site", "site-url": "https://www.example.com", "site-limit": "7"})
    row = WebImport.objects.get()
    assert (row.url, row.limit) == ("https://www.example.com/", 7)
    page = client.get(_step("knowledge")).content.decode()
    assert "https://www.example.com/</a>" in page
    assert "every 1s" in page
    WebImport.objects.update(status="completed", added=3)
    page = client.get(_step("knowledge")).content.decode()
    assert "3 pages" in page
    assert "every 1s" not in page


def test_who_made_the_organisation_begins_with_the_second_step(page_as: Callable[..., Client], acme: TenantRef) -> None:
    assert page_as(Role.OWNER).get(GUIDE)["Location"] == _step("provider")
    _made_by_the_operator(acme)
    assert page_as(Role.OWNER).get(GUIDE)["Location"] == _step("name")


def test_every_step_has_its_buttons_in_one_bar(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset
) -> None:
    _bot(make_bot, handbook)
    client = page_as(Role.OWNER)
    for at, step in enumerate(STEPS):
        page = client.get(_step(step)).content.decode()
        foot = page[page.index("guide-foot") :].split("</form>")[0]
        assert ("Back" in foot) == (at > 0)
        assert "is-primary" in foot
        assert "is-primary" not in page[page.index("guide-step") : page.index("guide-foot")] or step in {
            "bot",
            "website",
            "knowledge",
        }


def test_the_bot_waits_for_the_first_document_and_then_asks_it(page_as: Callable[..., Client], acme: TenantRef) -> None:
    client = page_as(Role.OWNER)
    client.post(
        _step("knowledge"), {"kind": "text", "title": "Help", "content": "# Delivery\n\nWe deliver on weekdays."}
    )
    assert client.post(_step("bot"), {"name": "Acme Assistant"})["Location"] == _step("bot")
    bot = Bot.objects.get()
    assert (bot.is_public, bot.tenant_ai_provider.provider_name) == (True, "builtin")
    assert bot.links.count() == 1
    part = client.get(f"{_step('bot')}?part=talk", headers={"HX-Request": "true"}).content.decode()
    assert "are being read" in part
    while serve():
        pass
    part = client.get(f"{_step('bot')}?part=talk", headers={"HX-Request": "true"}).content.decode()
    assert 'data-first="Delivery: what should I know?"' in part
    assert client.post(_step("bot"), {})["Location"] == _step("topics")


def _bot(make_bot: Callable[..., Bot], handbook: Dataset) -> Bot:
    return make_bot(handbook)


def test_topics_are_proposed_and_five_messages_tried(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset
) -> None:
    bot = _bot(make_bot, handbook)
    client = page_as(Role.EDITOR)
    shown = client.get(_step("topics"))
    scope = shown.context["form"].initial
    assert "Shipping policy" in scope["allowed_topics"]
    assert "Warranty" in scope["allowed_topics"]  # as it is written, though the library knows it as another
    assert "Medical advice" in scope["forbidden_topics"]
    assert [each["kind"] for each in shown.context["tried"]] == [
        "in_topic", "off_topic", "forbidden", "injection", "private",
    ]  # fmt: skip

    assert all(each["passed"] for each in shown.context["tried"])
    given = {
        "allowed_topics": "shipping\nreturns", "forbidden_topics": "politics", "strictness_level": "strict",
        "forbidden": "Is my knee broken?", "action": "try",
    }  # fmt: skip
    tried = client.post(_step("topics"), given)
    assert [each["passed"] for each in tried.context["tried"]] == [True]  # strict: nothing that is not listed
    assert not bot.bot_scopes.exists()
    assert client.post(_step("topics"), {**given, "action": ""})["Location"] == _step("look")
    kept = bot.bot_scopes.get()
    assert (kept.allowed_topics, kept.strictness_level) == (["shipping", "returns"], "strict")


def test_a_topic_that_is_allowed_and_forbidden_is_said_and_kept_as_typed(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset
) -> None:
    _bot(make_bot, handbook)
    given = {"allowed_topics": "shipping", "forbidden_topics": "Shipping", "strictness_level": "moderate"}
    refused = page_as(Role.EDITOR).post(_step("topics"), given)
    assert refused.status_code == 422
    assert "Allowed and forbidden at once" in refused.content.decode()
    assert "Shipping</textarea>" in refused.content.decode()


def test_the_look_is_drawn_by_the_widget_and_kept(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset
) -> None:
    bot = _bot(make_bot, handbook)
    client = page_as(Role.EDITOR)
    page = client.get(_step("look")).content.decode()
    assert 'data-mode="preview"' in page
    given = {"greeting": "Hi there", "color": "#aa2244", "suggestions": "Do you ship?\nMay I return it?"}
    assert client.post(_step("look"), given)["Location"] == _step("website")
    kept = selectors.look(bot.id)
    assert (kept.greeting, kept.suggestions) == ("Hi there", ["Do you ship?", "May I return it?"])


def test_the_website_is_told_and_the_first_visitor_turns_it_green(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset
) -> None:
    bot = _bot(make_bot, handbook)
    client = page_as(Role.EDITOR)
    page = client.get(_step("website")).content.decode()
    assert f"data-bot=&quot;{bot.id}&quot;" in page
    assert "Waiting for the first visitor" in page
    assert client.post(_step("website"), {"allowed_domains": "not a place at all"}).status_code == 422
    client.post(_step("website"), {"allowed_domains": "www.acme.example/shop?x=1\nhttps://acme.example"})
    bot.refresh_from_db()
    assert bot.allowed_domains == ["https://www.acme.example", "https://acme.example"]
    now = timezone.now()
    Visit.objects.create(bot=bot, origin="https://www.acme.example", first_at=now, last_at=now)
    part = client.get(f"{_step('website')}?part=visitor", headers={"HX-Request": "true"}).content.decode()
    assert "seen on https://www.acme.example" in part
    assert "hx-get" not in part
    assert client.post(_step("website"), {"finish": "yes"})["Location"] == GUIDE


def test_finished_is_not_seen(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset, principal: Principal
) -> None:
    bot = _bot(make_bot, handbook)
    bots.create_scope(by=principal, bot_id=bot.id, allowed_topics=["shipping"])
    client = page_as(Role.EDITOR)
    client.post(_step("look"), {"skip": "yes"})
    client.post(_step("website"), {"finish": "yes"})
    page = client.get(GUIDE)
    steps = {each["name"]: each for each in page.context["steps"]}
    assert (steps["website"]["is_done"], steps["website"]["is_awaited"]) == (False, True)
    assert (steps["look"]["is_done"], steps["look"]["is_skipped"]) == (False, True)
    assert "not seen on a website yet" in page.content.decode()
    now = timezone.now()
    Visit.objects.create(bot=bot, origin="https://www.acme.example", first_at=now, last_at=now)
    page = client.get(GUIDE)
    assert page.context["steps"][-1]["is_done"]
    assert "not seen on a website yet" not in page.content.decode()


def test_the_public_address_is_the_one_that_is_set(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://talk.acme.example"
    bot = _bot(make_bot, handbook)
    pages = (_step("website"), f"/dashboard/acme/bots/{bot.id}/website/")
    for address in pages:
        page = page_as(Role.OWNER).get(address).content.decode()
        assert "https://talk.acme.example/widget.js" in page
        assert f"https://talk.acme.example/c/{bot.id}/" in page
        assert "you are reading this at http://testserver" in page
        assert "you are reading this at" not in page_as(Role.EDITOR).get(address).content.decode()
    settings.PUBLIC_URL = "http://testserver"
    for address in pages:
        assert "you are reading this at" not in page_as(Role.OWNER).get(address).content.decode()


def test_a_website_that_is_turned_away_is_told_and_may_be_allowed(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset, anonymous: APIClient
) -> None:
    bot = _bot(make_bot, handbook)
    client = page_as(Role.EDITOR)
    client.post(_step("website"), {"allowed_domains": "https://127.0.0.1:8171"})
    sign = client.get(_step("website")).context["state"].sign
    part, mine = f"{_step('website')}?part=visitor&sign={sign}", {"HX-Request": "true"}
    assert client.get(part, headers=mine).status_code == 204
    anonymous.get(f"/v1/chat/widget/{bot.id}", HTTP_ORIGIN="http://127.0.0.1:8171")
    told = client.get(part, headers=mine).content.decode()
    assert "http://127.0.0.1:8171 tried to show the bot and is not listed." in told
    assert 'name="allow" value="http://127.0.0.1:8171"' in told
    assert page_as(Role.VIEWER).post(_step("website"), {"allow": "http://127.0.0.1:8171"}).status_code == 403
    assert client.post(_step("website"), {"allow": "javascript:alert(1)"}).status_code == 422
    assert client.post(_step("website"), {"allow": "http://127.0.0.1:8171"})["Location"] == _step("website")
    bot.refresh_from_db()
    assert bot.allowed_domains == ["https://127.0.0.1:8171", "http://127.0.0.1:8171"]
    assert "tried to show" not in client.get(_step("website")).content.decode()
    assert anonymous.get(f"/v1/chat/widget/{bot.id}", HTTP_ORIGIN="http://127.0.0.1:8171").status_code == 200
    assert "seen on http://127.0.0.1:8171" in client.get(part, headers=mine).content.decode()


def test_what_there_is_counts_whoever_made_it(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset, principal: Principal
) -> None:
    bot = make_bot(handbook)
    client = page_as(Role.EDITOR)
    steps = client.get(_step("name")).context["steps"]
    assert [each["name"] for each in steps if each["is_done"]] == ["name", "provider", "knowledge", "bot"]
    bots.create_scope(by=principal, bot_id=bot.id, allowed_topics=["shipping"])
    assert client.get(GUIDE)["Location"] == _step("look")


def test_roles(page_as: Callable[..., Client]) -> None:
    assert page_as(Role.VIEWER).get(_step("name")).status_code == 403
    editor = page_as(Role.EDITOR)
    assert editor.post(_step("provider"), {"provider_name": "builtin"}).status_code == 403
    assert editor.post(_step("name"), {"name": "Mine"}).status_code == 403
    assert editor.post(_step("provider"), {"skip": "yes"}).status_code == 302
    assert editor.post(_step("bot"), {"name": "Bot"}).status_code == 422
    assert not TenantAIProvider.objects.exists()
    page_as(Role.ADMIN).post(_step("provider"), {"provider_name": "builtin"})
    assert editor.post(_step("bot"), {"name": "Bot"}).status_code == 302
    assert page_as(Role.ADMIN).post(_step("name"), {"name": "Acme"}).status_code == 302


def test_the_steps_make_one_version_and_talk_with_customers_ends_that(
    page_as: Callable[..., Client], acme: TenantRef
) -> None:
    client = page_as(Role.OWNER)
    client.post(_step("knowledge"), {"kind": "text", "title": "Help", "content": "# Delivery\n\nOn weekdays."})
    client.post(_step("bot"), {"name": "Acme Assistant"})
    given = {"allowed_topics": "delivery", "forbidden_topics": "politics", "strictness_level": "strict"}
    client.post(_step("topics"), given)
    bot = Bot.objects.select_related("live_version").get()
    assert bot.live_version
    held = bot.live_version.behaviour
    assert (bot.live_version.number, bot.versions.count()) == (1, 1)
    assert (len(held["datasets"]), held["scope"]["allowed_topics"]) == (1, ["delivery"])
    assert bot.live_version.fingerprint == behaviour.fingerprint(behaviour.draft(bot.id))
    assert bot.live_uses.filter(dataset__isnull=False).count() == 1
    Conversation.objects.create(bot=bot, source="public")
    client.post(_step("topics"), {**given, "allowed_topics": "delivery\nreturns"})
    assert bot.versions.count() == 2
    assert bot.versions.get(number=1).behaviour["scope"]["allowed_topics"] == ["delivery"]


def test_a_bot_with_history_gets_a_new_version_from_the_steps(
    page_as: Callable[..., Client], make_bot: Callable[..., Bot], handbook: Dataset, principal: Principal
) -> None:
    bot = make_bot(handbook)
    bots.update_bot(by=principal, bot_id=bot.id, system_prompt="Be brief.")
    before = bot.versions.count()
    assert before > 1
    given = {"allowed_topics": "delivery", "forbidden_topics": "politics", "strictness_level": "strict"}
    page_as(Role.EDITOR).post(_step("topics"), given)
    assert bot.versions.count() == before + 1
