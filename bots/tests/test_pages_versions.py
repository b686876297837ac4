"""The pages of a bot's versions: what differs, publishing with its gate, giving a draft up, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots import behaviour, services
from bots.enums import RunStatus
from bots.models import Bot, TestRun, TestSet
from bots.tests.conftest import MakeBot
from integrations.models import TenantAIProvider
from knowledge import services as knowledge
from knowledge.models import Dataset, Document
from tenants.enums import Role
from tenants.types import Principal

PageAs = Callable[..., Client]


@pytest.fixture
def page(page_as: PageAs) -> Client:
    return page_as(Role.EDITOR)


@pytest.fixture
def reviewed(make_bot: MakeBot, principal: Principal) -> Bot:
    """Version 1 says old words; the draft says new ones."""
    bot = make_bot(system_prompt="Be kind.\nUse old words.\nBe brief.", publish_mode="reviewed")
    services.update_bot(by=principal, bot_id=bot.id, system_prompt="Be kind.\nUse new words.\nBe brief.")
    return bot


@pytest.fixture
def root(reviewed: Bot) -> str:
    return f"/dashboard/acme/bots/{reviewed.id}/"


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_draft_is_shown_line_by_line_and_published_with_a_note(page: Client, root: str, reviewed: Bot) -> None:
    shown = _text(page.get(f"{root}versions/"))
    assert "<del>Use old words.</del>" in shown
    assert "<ins>Use new words.</ins>" in shown
    assert f'href="{root}publish/"' in shown
    asked = _text(page.get(f"{root}publish/"))
    assert "<ins>Use new words.</ins>" in asked
    answer = page.post(f"{root}publish/", {"note": "Fresh words"}, follow=True)
    assert "Customers talk to version 2 now" in _text(answer)
    assert "Fresh words" in _text(answer)
    assert "Draft differs" not in _text(answer)
    version = reviewed.versions.get(number=2)
    assert (version.note, version.author) == ("Fresh words", "editor@acme.example")
    again = page.post(f"{root}publish/", {"note": "Kept note"})
    assert again.status_code == 422
    assert reviewed.versions.count() == 2


def test_required_tests_stand_in_the_way_until_they_pass(
    page: Client, root: str, reviewed: Bot, principal: Principal
) -> None:
    tests = TestSet.objects.create(bot=reviewed, name="Every <day>")
    services.update_bot(by=principal, bot_id=reviewed.id, required_test_set_id=tests.id)
    refused = page.post(f"{root}publish/", {"note": "Kept note"})
    assert refused.status_code == 422
    assert "Every &lt;day&gt; has not been run on this draft" in _text(refused)
    assert "To the tests" in _text(refused)
    assert reviewed.versions.count() == 1
    draft = behaviour.draft(reviewed.id)
    TestRun.objects.create(
        test_set=tests, behaviour=draft, fingerprint=behaviour.fingerprint(draft), cases_as_of=tests.cases_changed_at,
        status=RunStatus.COMPLETED, passed=True, finished_at=timezone.now(),
    )  # fmt: skip
    assert page.post(f"{root}publish/", {"note": ""}).status_code == 302
    assert reviewed.versions.count() == 2


def test_a_draft_is_given_up_once_that_is_confirmed(page: Client, root: str, reviewed: Bot) -> None:
    assert "what was changed in: Prompt" in _text(page.get(f"{root}discard/"))
    assert "old words" not in Bot.objects.get().system_prompt
    page.post(f"{root}discard/")
    assert "old words" in Bot.objects.get().system_prompt
    assert "Draft differs" not in _text(page.get(f"{root}versions/"))


def test_an_older_version_is_brought_back(page: Client, root: str, reviewed: Bot, principal: Principal) -> None:
    services.publish(by=principal, bot_id=reviewed.id)
    services.update_bot(by=principal, bot_id=reviewed.id, system_prompt="Never seen.")
    asked = _text(page.get(f"{root}versions/1/back/"))
    assert "<ins>Use old words.</ins>" in asked
    assert "They are lost" in asked
    answer = page.post(f"{root}versions/1/back/", {"note": "Back"}, follow=True)
    assert "Brought back version 1" in _text(answer)
    now = Bot.objects.select_related("live_version").get()
    assert "old words" in now.system_prompt
    assert now.live_version
    assert (now.live_version.number, now.live_version.rolled_back_to) == (3, 1)
    assert page.post(f"{root}versions/1/back/", {}).status_code == 422  # customers talk to it already
    for number in (9, 99999999999999999999):
        assert page.get(f"{root}versions/{number}/back/").status_code == 404
        assert page.post(f"{root}versions/{number}/back/").status_code == 404


def test_what_a_version_points_at_may_be_gone(page: Client, bot: Bot, dataset: Dataset, principal: Principal) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.unlink_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    knowledge.delete_dataset(by=principal, dataset=dataset)
    answer = page.post(f"/dashboard/acme/bots/{bot.id}/versions/2/back/", {"note": "Kept note"})
    assert answer.status_code == 422
    assert "The dataset Handbook is gone" in _text(answer)
    assert "Kept note" in _text(answer)


def test_any_two_are_compared(page: Client, root: str, reviewed: Bot, dataset: Dataset, principal: Principal) -> None:
    services.publish(by=principal, bot_id=reviewed.id)
    services.link_dataset(by=principal, bot_id=reviewed.id, dataset_id=dataset.id, priority=2, tags=["faq"])
    services.create_scope(by=principal, bot_id=reviewed.id, strictness_level="strict", allowed_topics=["shipping"])
    shown = _text(page.get(f"{root}versions/", {"old": "1", "new": "draft"}))
    for word in ("From version 1 to the draft", "Handbook (priority 2, tags faq)", "<ins>shipping</ins>", "(default)"):
        assert word in shown
    back = _text(page.get(f"{root}versions/", {"old": "2", "new": "1"}))
    assert "<del>Use new words.</del>" in back
    assert "they are the same" in _text(page.get(f"{root}versions/", {"old": "1", "new": "1"}))
    for wrong in ({"old": "1"}, {"old": "x", "new": "1"}, {"old": "9", "new": "1"}, {"old": "-1", "new": "1"},
                  {"old": "²", "new": "1"}, {"old": "1" * 30, "new": "1"}):  # fmt: skip
        assert page.get(f"{root}versions/", wrong).status_code == 404


def test_the_list_asks_the_same_of_one_and_of_three(
    page: Client, root: str, reviewed: Bot, principal: Principal
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page.get(f"{root}versions/").status_code == 200
        return sum(not query["sql"].startswith("SET search_path") for query in seen.captured_queries)

    page.get(f"{root}versions/")
    one = asked()
    for words in ("Second", "Third"):
        services.publish(by=principal, bot_id=reviewed.id)
        services.update_bot(by=principal, bot_id=reviewed.id, system_prompt=words)
    assert asked() == one


def test_long_texts_show_what_changed_and_little_else(
    page: Client, reviewed: Bot, root: str, principal: Principal
) -> None:
    old = [f"line {at}" for at in range(40)]
    services.update_bot(by=principal, bot_id=reviewed.id, system_prompt="\n".join(old))
    services.publish(by=principal, bot_id=reviewed.id)
    services.update_bot(by=principal, bot_id=reviewed.id, system_prompt="\n".join([*old[:20], "another", *old[21:]]))
    shown = _text(page.get(f"{root}publish/"))
    kept = [at for at in range(40) if f"line {at}<" in shown]
    assert kept == [18, 19, 20, 21, 22]
    assert "<del>line 20</del>" in shown
    assert "<ins>another</ins>" in shown
    assert shown.count("is-gap") == 2


def test_defaults_are_left_out_beside_what_tells_more(
    page: Client, root: str, reviewed: Bot, principal: Principal
) -> None:
    services.discard_draft(by=principal, bot_id=reviewed.id)
    said = {"max_conversation_history": 10}
    scope = services.create_scope(by=principal, bot_id=reviewed.id, context_settings=said)
    assert "10 (default)" in _text(page.get(f"{root}publish/"))
    services.update_scope(
        by=principal, bot_id=reviewed.id, scope_id=scope.id, allowed_topics=["knitting"],
        topic_examples={"knitting": ["Which needles?"]},
    )  # fmt: skip
    shown = _text(page.get(f"{root}publish/"))
    assert "<ins>Which needles?</ins>" in shown
    assert "Examples of “knitting”" in shown
    assert "(default)" not in shown


def test_what_a_version_lacks_is_said_before_it_comes_back(
    page: Client, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    Document.objects.create(dataset=dataset, title="Handbook", content_hash="0" * 64, size_bytes=1, status="completed")
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.create_scope(by=principal, bot_id=bot.id, allowed_topics=["shipping"])
    back = f"/dashboard/acme/bots/{bot.id}/versions/"
    first, second = _text(page.get(f"{back}1/back/")), _text(page.get(f"{back}2/back/"))
    assert "the bot answers from no documents" in first
    assert "the bot answers from no documents" not in second
    for asked in (first, second):
        assert "only the defaults" in asked
    TenantAIProvider.objects.update(is_active=False)
    assert "no AI provider that works" in _text(page.get(f"{back}2/back/"))


def test_a_version_without_a_note_says_what_it_brought(
    page: Client, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    with services.changing(by=principal, bot_id=bot.id):
        services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
        services.update_bot(by=principal, bot_id=bot.id, system_prompt="New words.")
    scope = services.create_scope(
        by=principal, bot_id=bot.id, allowed_topics=["shipping", "returns"], forbidden_topics=["politics"]
    )
    services.update_scope(by=principal, bot_id=bot.id, scope_id=scope.id, allowed_topics=["returns", "rental", "hours"])
    services.rollback(by=principal, bot_id=bot.id, number=3, note="As <before>")
    listed = page.get(f"/dashboard/acme/bots/{bot.id}/versions/")
    assert [row.summary for row in listed.context["page"]][1:] == [
        "Allowed topics +2 −1", "Allowed topics +2 · Forbidden topics +1", "Prompt changed · Knowledge: + Handbook", "",
    ]  # fmt: skip

    text = _text(listed)
    assert "The first version" in text
    assert "As &lt;before&gt;" in text
    assert "Allowed topics +2 −1" in text
