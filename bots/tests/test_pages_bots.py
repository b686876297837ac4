"""The pages on which bots are listed, made, changed, copied and deleted, and given knowledge and keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apikeys import services as keys
from apikeys.models import APIKey
from bots import selectors, services
from bots.models import Bot, KeyBot, TestSet
from bots.tests.conftest import MakeBot, Theirs
from integrations.models import TenantAIProvider
from knowledge import services as knowledge
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.models import AuditEvent, Plan
from tenants.types import Principal

PageAs = Callable[..., Client]
ROOT = "/dashboard/acme/bots/"
SETTINGS = {
    "response_format": "helpful_and_detailed", "citation_style": "numbered", "fallback_behavior": "say_unknown",
    "provider_failure": "quote", "follow_ups": "leaning",
}  # fmt: skip
UNDER_A_BOT = (
    "", "copy/", "delete/", "knowledge/", "guardrails/", "versions/", "publish/", "discard/", "versions/1/back/",
)  # fmt: skip


@pytest.fixture
def page(page_as: PageAs) -> Client:
    return page_as(Role.EDITOR)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _form(bot: Bot, **changes: Any) -> dict[str, Any]:
    """What the page of a bot sends where nothing was changed, but for `changes`."""
    sent = {
        "name": bot.name, "description": bot.description, "system_prompt": bot.system_prompt, "model": bot.model,
        "tenant_ai_provider_id": str(bot.tenant_ai_provider_id), "fallback_ai_provider_id": "", "fallback_model": "",
        "temperature": bot.temperature, "max_tokens": bot.max_tokens, "is_active": "on",
        "publish_mode": bot.publish_mode, "required_test_set_id": "", **SETTINGS, **changes,
    }  # fmt: skip
    return {name: value for name, value in sent.items() if value is not None}


def test_the_list_shows_what_one_asks_of_a_bot(
    page: Client, make_bot: MakeBot, dataset: Dataset, principal: Principal, theirs: Theirs
) -> None:
    bot = make_bot("Order desk", description="Knows about orders", publish_mode="reviewed", is_public=True)
    make_bot("Sleeper", is_active=False)
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    text = _text(page.get(ROOT))
    for word in ("Order desk", "Knows about orders", "Handbook", "Draft differs", "Public", "Paused", "Version 1"):
        assert word in text
    assert "Secret helper" not in text
    assert "Sleeper" not in _text(page.get(ROOT, {"q": "ORDERS"}))
    assert "Order desk" not in _text(page.get(ROOT, {"state": "paused"}))
    assert "No bot is like that" in _text(page.get(ROOT, {"q": "nobody\x00%_'"}))


def test_no_bots_yet_is_a_way_to_the_first(page_as: PageAs) -> None:
    new = f'href="{ROOT}new/"'
    assert new in _text(page_as(Role.EDITOR).get(ROOT))
    text = _text(page_as(Role.VIEWER).get(ROOT))
    assert "No bots yet" in text
    assert new not in text


def test_the_list_asks_the_same_of_one_and_of_three(
    page: Client, make_bot: MakeBot, dataset: Dataset, principal: Principal
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page.get(ROOT).status_code == 200
        return sum(not query["sql"].startswith("SET search_path") for query in seen.captured_queries)

    services.link_dataset(by=principal, bot_id=make_bot().id, dataset_id=dataset.id)
    page.get(ROOT)
    one = asked()
    for name in ("Second", "Third"):
        bot = make_bot(name)
        services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
        services.create_scope(by=principal, bot_id=bot.id, allowed_topics=["shipping"])
    assert asked() == one


@pytest.mark.parametrize("under", UNDER_A_BOT)
def test_a_bot_of_another_tenant_is_not_there(page: Client, bot: Bot, theirs: Theirs, under: str) -> None:
    assert page.get(f"{ROOT}{bot.id}/{under}").status_code == 200
    for other in (theirs.bot.id, uuid.uuid4()):
        assert page.get(f"{ROOT}{other}/{under}").status_code == 404
        if under != "versions/":
            assert page.post(f"{ROOT}{other}/{under}").status_code == 404
    assert page.get(f"/dashboard/globex/bots/{theirs.bot.id}/{under}").status_code == 404


@pytest.mark.parametrize("under", ["copy/", "delete/", "publish/", "discard/", "versions/1/back/"])
def test_a_viewer_reads_and_changes_nothing(page_as: PageAs, bot: Bot, under: str) -> None:
    viewer = page_as(Role.VIEWER)
    for read in ("", "knowledge/", "guardrails/", "versions/"):
        answer = viewer.get(f"{ROOT}{bot.id}/{read}")
        assert answer.status_code == 200
        assert 'type="submit" class="button is-primary"' not in _text(answer)
    assert viewer.get(f"{ROOT}{bot.id}/{under}").status_code == 403
    for written in (under, "", "knowledge/", "guardrails/"):
        assert viewer.post(f"{ROOT}{bot.id}/{written}", _form(bot, name="Taken")).status_code == 403
    assert Bot.objects.get().name == bot.name


def test_a_new_bot_has_its_knowledge_in_version_1(
    page: Client, provider: TenantAIProvider, dataset: Dataset, principal: Principal
) -> None:
    assert "customer service assistant" in _text(page.get(f"{ROOT}new/"))
    sent = {
        "name": "Order desk", "description": "", "tenant_ai_provider_id": str(provider.id), "model": "m-1",
        "dataset_ids": [str(dataset.id)], "system_prompt": "Be kind.\r\nBe brief.",
    }  # fmt: skip
    answer = page.post(f"{ROOT}new/", sent)
    bot = Bot.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{ROOT}{bot.id}/")
    version = bot.versions.get()
    assert version.number == 1
    assert version.behaviour["datasets"] == [{"dataset_id": str(dataset.id), "priority": 1}]
    assert version.behaviour["system_prompt"] == "Be kind.\nBe brief."


def test_a_new_bot_that_is_refused_keeps_what_was_typed(
    page: Client, provider: TenantAIProvider, theirs: Theirs
) -> None:
    sent = {"name": "", "tenant_ai_provider_id": str(provider.id), "system_prompt": "My words", "description": "Mine"}
    for wrong in ({}, {"name": "x" * 201}, {"name": "A", "tenant_ai_provider_id": str(theirs.provider.id)},
                  {"name": "A", "dataset_ids": [str(theirs.dataset.id)]}):  # fmt: skip
        answer = page.post(f"{ROOT}new/", {**sent, **wrong})
        assert answer.status_code == 422
        assert "My words" in _text(answer)
        assert "Nothing is saved yet" in _text(answer)
    assert not Bot.objects.exists()


def test_the_plan_says_how_many_bots_there_may_be(page: Client, bot: Bot, provider: TenantAIProvider) -> None:
    Plan.objects.update(bots=1)
    sent = {"name": "Second", "tenant_ai_provider_id": str(provider.id), "system_prompt": "My words"}
    answer = page.post(f"{ROOT}new/", sent)
    assert answer.status_code == 422
    assert "My words" in _text(answer)
    assert page.post(f"{ROOT}{bot.id}/copy/", {"name": "Second"}).status_code == 422
    assert Bot.objects.count() == 1


def test_what_is_saved_reaches_customers_at_once_or_waits(page: Client, bot: Bot) -> None:
    answer = page.post(f"{ROOT}{bot.id}/", _form(bot, system_prompt="New words.", temperature="0.9"), follow=True)
    assert "as version 2" in _text(answer)
    page.post(f"{ROOT}{bot.id}/", _form(Bot.objects.get(), publish_mode="reviewed"))
    answer = page.post(f"{ROOT}{bot.id}/", _form(Bot.objects.get(), concise="", response_format="concise"), follow=True)
    assert "Saved in the draft" in _text(answer)
    assert "Draft differs" in _text(answer)
    now = Bot.objects.get()
    assert (now.system_prompt, now.temperature, now.settings) == ("New words.", 0.9, {"response_format": "concise"})
    assert now.versions.count() == 2
    answer = page.post(f"{ROOT}{bot.id}/", _form(now, response_format="concise"), follow=True)
    assert "Nothing was changed" in _text(answer)


def test_what_cannot_be_saved_comes_back_as_it_was_sent(page: Client, bot: Bot, theirs: Theirs) -> None:
    wrong: list[dict[str, Any]] = [
        {"temperature": "2.5"}, {"temperature": "nan"}, {"max_tokens": "0"}, {"response_format": "shouting"},
        {"tenant_ai_provider_id": str(theirs.provider.id)}, {"fallback_ai_provider_id": str(theirs.provider.id)},
        {"required_test_set_id": str(uuid.uuid4())}, {"name": "a\x00b"}, {"system_prompt": "x" * 20_001},
    ]  # fmt: skip
    for each in wrong:
        answer = page.post(f"{ROOT}{bot.id}/", _form(bot, description="Kept words", **each))
        assert answer.status_code == 422, each
        assert "Kept words" in _text(answer)
    assert bot.versions.count() == 1


def test_required_tests_need_somebody_who_publishes(page: Client, bot: Bot) -> None:
    tests = TestSet.objects.create(bot=bot, name="Every day")
    refused = page.post(f"{ROOT}{bot.id}/", _form(bot, required_test_set_id=str(tests.id)))
    assert refused.status_code == 422
    assert "Tests can only be required" in _text(refused)
    done = page.post(f"{ROOT}{bot.id}/", _form(bot, required_test_set_id=str(tests.id), publish_mode="reviewed"))
    assert done.status_code == 302
    assert Bot.objects.get().required_test_set == tests


def test_a_provider_that_was_switched_off_stays_until_another_is_chosen(
    page: Client, bot: Bot, provider: TenantAIProvider
) -> None:
    other = TenantAIProvider.objects.create(provider_name="builtin", name="Second")
    TenantAIProvider.objects.filter(id=provider.id).update(is_active=False)
    assert page.post(f"{ROOT}{bot.id}/", _form(bot, name="Renamed")).status_code == 302
    assert page.post(f"{ROOT}{bot.id}/", _form(bot, tenant_ai_provider_id=str(other.id))).status_code == 302
    refused = page.post(f"{ROOT}{bot.id}/", _form(bot))  # it is no longer offered
    assert refused.status_code == 422


def test_names_and_prompts_are_shown_as_they_were_typed(page: Client, make_bot: MakeBot, principal: Principal) -> None:
    evil = '</textarea><script>alert(1)</script>"><img src=x onerror=alert(2)>'
    bot = make_bot(evil[:200], description=evil, system_prompt=evil, publish_mode="reviewed", model=evil)
    topics: dict[str, Any] = {"allowed_topics": [evil], "topic_examples": {evil: [evil]}, "refusal_message": evil}
    services.create_scope(by=principal, bot_id=bot.id, **topics)
    dataset = knowledge.create_dataset(by=principal, name=evil)
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id, tags=["<b>"], metadata={"<i>": "<u>"})
    services.update_bot(by=principal, bot_id=bot.id, system_prompt=f"{evil} more")
    for under in ("", *(f"{bot.id}/{under}" for under in UNDER_A_BOT), f"{bot.id}/versions/?old=1&new=draft", "new/"):
        text = _text(page.get(f"{ROOT}{under}"))
        for tag in ("<script>alert", "<img src=x", "<b>", "<i>", "<u>"):
            assert tag not in text, under
    assert "&lt;script&gt;alert(1)" in text or "&lt;script&gt;" in _text(page.get(ROOT))


def test_a_copy_behaves_the_same_and_is_private(
    page: Client, make_bot: MakeBot, dataset: Dataset, principal: Principal
) -> None:
    first = make_bot(
        system_prompt="Be kind.", is_public=True, allowed_domains=["https://acme.com"], settings={"follow_ups": "all"}
    )
    services.link_dataset(by=principal, bot_id=first.id, dataset_id=dataset.id, priority=3, tags=["faq"])
    services.create_scope(by=principal, bot_id=first.id, strictness_level="strict", allowed_topics=["shipping"])
    services.update_look(by=principal, bot_id=first.id, title="Ask Acme")
    first.refresh_from_db()
    answer = page.post(f"{ROOT}{first.id}/copy/", {"name": "The copy"})
    copy = Bot.objects.get(name="The copy")
    assert answer["Location"] == f"{ROOT}{copy.id}/"
    assert first.live_version
    assert copy.live_version
    assert copy.live_version.fingerprint == first.live_version.fingerprint
    assert copy.versions.count() == 1
    assert selectors.look(copy.id).title == "Ask Acme"
    assert (copy.is_public, copy.allowed_domains, copy.publish_mode) == (False, [], "immediate")


def test_deleting_a_bot_names_what_goes_and_asks_for_its_name(
    page: Client, bot: Bot, key: APIKey, principal: Principal
) -> None:
    services.tie_key(by=principal, bot_id=bot.id, key_id=key.id)
    for session in ("a", "b"):
        bot.conversations.create(session_hash=session, source="public")
    text = _text(page.get(f"{ROOT}{bot.id}/delete/"))
    for loss in ("2 conversations", "1 version,", "1 API key loses this bot"):
        assert loss in text
    assert page.post(f"{ROOT}{bot.id}/delete/", {"typed": "Other"}).status_code == 422
    assert Bot.objects.exists()
    assert page.post(f"{ROOT}{bot.id}/delete/", {"typed": bot.name})["Location"] == ROOT
    assert not Bot.objects.exists()
    assert AuditEvent.objects.filter(action="bot.delete", target=str(bot.id)).exists()


@pytest.fixture
def key(principal: Principal) -> APIKey:
    return keys.create_key(by=principal, name="Shop", scopes=["chat:write"])[0]


def test_an_admin_ties_a_key_and_an_editor_does_not(page_as: PageAs, bot: Bot, key: APIKey) -> None:
    admin, editor = page_as(Role.ADMIN), page_as(Role.EDITOR)
    assert "API keys tied" not in _text(editor.get(f"{ROOT}{bot.id}/"))
    assert editor.post(f"{ROOT}{bot.id}/keys/", {"key_id": str(key.id)}).status_code == 403
    assert "Shop" in _text(admin.get(f"{ROOT}{bot.id}/"))
    assert admin.post(f"{ROOT}{bot.id}/keys/", {"key_id": str(key.id)}).status_code == 302
    assert KeyBot.objects.get().key_id == key.id
    untie = f"{ROOT}{bot.id}/keys/{key.id}/untie/"
    assert editor.post(untie).status_code == 403
    assert "opens every bot" in _text(admin.get(untie))
    assert admin.post(untie).status_code == 302
    assert not KeyBot.objects.exists()
    assert admin.get(untie).status_code == 404
    for wrong in ("", "x", str(uuid.uuid4())):
        assert admin.post(f"{ROOT}{bot.id}/keys/", {"key_id": wrong}).status_code in {302, 404}
    assert not KeyBot.objects.exists()


def test_models_are_offered_by_what_a_provider_is(
    page: Client, bot: Bot, provider: TenantAIProvider, theirs: Theirs
) -> None:
    remote = TenantAIProvider.objects.create(provider_name="anthropic", name="Claude", api_key="x")
    asked = {"tenant_ai_provider_id": str(remote.id)}
    assert "claude-haiku-4-5" in _text(page.get(f"{ROOT}models/", asked))
    assert "needs no key" in _text(page.get(f"{ROOT}models/", {"tenant_ai_provider_id": str(provider.id)}))
    assert _text(page.get(f"{ROOT}models/", {"tenant_ai_provider_id": "x"})).strip() == ""
    assert page.get(f"{ROOT}models/", {"tenant_ai_provider_id": str(theirs.provider.id)}).status_code == 404
    assert "No list" in _text(page.get(f"{ROOT}models/", {**asked, "live": "1"}))  # its key cannot be read
