"""The playground: who may talk there, what is shown of a turn, and that no conversation comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client

from bots import services as bots
from bots.models import Bot, TestCase, TestSet
from chat.models import Conversation, Message
from chat.tests.conftest import CITED, change
from integrations.models import ModelCall, TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset
from tenants import context
from tenants.enums import Role
from tenants.types import Principal, TenantRef

EXPRESS = "How much is express shipping?"


@pytest.fixture
def bot(make_bot: Callable[..., Bot], handbook: Dataset) -> Bot:
    return make_bot(handbook, scope=CITED)


def _url(bot: Bot, path: str = "") -> str:
    return f"/dashboard/acme/bots/{bot.id}/playground/{path}"


def _events(response: Any) -> list[tuple[str, dict[str, Any]]]:
    assert isinstance(response, StreamingHttpResponse)

    async def read() -> bytes:
        return b"".join([part async for part in response])

    found = []
    for block in async_to_sync(read)().decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line.startswith(("event: ", "data: ")))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_the_page_suggests_questions_of_the_documents(page_as: Callable[..., Client], bot: Bot) -> None:
    page = page_as(Role.VIEWER).get(_url(bot)).content.decode()
    assert "Express shipping: what should I know?" in page
    assert "data-play" in page


def test_without_javascript_the_answer_is_a_page_with_its_trace(page_as: Callable[..., Client], bot: Bot) -> None:
    response = page_as(Role.EDITOR).post(_url(bot), {"question": EXPRESS, "side": "draft", "talk": "[]"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "$14.95" in page
    assert "by meaning: no. 1" in page  # the ranks
    assert "lets it pass" in page  # the guard
    assert "Handbook" in response.context["turn"]["trace"]["prompt"]["message"]
    assert 'action="/dashboard/acme/bots' in page  # and it may be saved
    talk = [{"role": "user", "content": EXPRESS}]
    assert json.loads(response.context["talk"])[0] == talk[0]


def test_what_was_said_before_is_part_of_the_next_turn(page_as: Callable[..., Client], bot: Bot) -> None:
    client = page_as(Role.EDITOR)
    first = client.post(_url(bot), {"question": EXPRESS, "talk": "[]"})
    second = client.post(_url(bot), {"question": "And how fast is it?", "talk": first.context["talk"]})
    assert EXPRESS in second.content.decode()
    assert "express" in second.context["turn"]["trace"]["standalone"].lower()


def test_an_answer_is_streamed_and_then_drawn(page_as: Callable[..., Client], bot: Bot) -> None:
    events = _events(page_as(Role.VIEWER).post(_url(bot, "speak/"), {"question": EXPRESS, "talk": "[]"}))
    names = [name for name, _ in events]
    assert names[0] == "token"
    assert names[-1] == "end"
    end = events[-1][1]
    assert "".join(data["text"] for name, data in events if name == "token") == end["text"]
    assert "$14.95" in end["html"]
    assert "Save as a test" not in end["html"]  # a viewer may not


def test_nothing_is_recorded_but_the_call(page_as: Callable[..., Client], bot: Bot) -> None:
    page_as(Role.EDITOR).post(_url(bot), {"question": EXPRESS})
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert ModelCall.objects.filter(purpose="answer").count() == 1


def test_the_draft_and_the_live_version_answer_for_themselves(
    page_as: Callable[..., Client], bot: Bot, principal: Principal
) -> None:
    bots.update_bot(by=principal, bot_id=bot.id, publish_mode="reviewed")
    scope = bot.bot_scopes.get()
    bots.update_scope(by=principal, bot_id=bot.id, scope_id=scope.id, allowed_topics=[], forbidden_topics=["shipping"])
    client = page_as(Role.EDITOR)
    draft = client.post(_url(bot), {"question": EXPRESS, "side": "draft"})
    live = client.post(_url(bot), {"question": EXPRESS, "side": "live"})
    assert draft.context["turn"]["did"] == "refuse"
    assert "Refused" in draft.content.decode()
    assert live.context["turn"]["did"] == "answer"


def test_a_provider_that_fails_is_told_in_the_owners_words(
    page_as: Callable[..., Client], bot: Bot, model: TenantAIProvider, wire: Wire
) -> None:
    change(bot, tenant_ai_provider_id=model.id, settings={"provider_failure": "apologize"})
    wire.mode = "bad_key"
    page = page_as(Role.EDITOR).post(_url(bot), {"question": EXPRESS}).content.decode()
    assert "provider_bad_key" in page
    assert "The provider does not accept this key." in page


def test_a_question_that_is_none_is_said_beside_the_field(page_as: Callable[..., Client], bot: Bot) -> None:
    client = page_as(Role.VIEWER)
    assert client.post(_url(bot), {"question": " "}).status_code == 422
    assert client.post(_url(bot, "speak/"), {"question": "x", "talk": "[[]]"}).status_code == 422
    assert client.post(_url(bot, "speak/"), {"question": EXPRESS, "talk": "[]"}).status_code == 200


def test_what_people_type_is_text(page_as: Callable[..., Client], bot: Bot) -> None:
    attack = "<script>alert(1)</script> express shipping?"
    talk = json.dumps([{"role": "assistant", "content": "<img src=x onerror=alert(1)>"}])
    page = page_as(Role.EDITOR).post(_url(bot), {"question": attack, "talk": talk}).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_another_tenants_bot_is_not_there(page_as: Callable[..., Client], bot: Bot, globex: TenantRef) -> None:
    client = page_as(Role.OWNER, tenant=globex)
    for path in ("", "speak/", "save/"):
        assert client.post(_url(bot, path).replace("acme", "globex"), {"question": EXPRESS}).status_code == 404
        assert client.post(_url(bot, path), {"question": EXPRESS}).status_code == 404
    assert Client().post(_url(bot), {"question": EXPRESS}).status_code == 302


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 302)])
def test_a_turn_is_saved_as_a_test(
    page_as: Callable[..., Client], bot: Bot, role: Role, status: int, acme: TenantRef
) -> None:
    document = uuid4()
    history = json.dumps([{"role": "user", "content": "Hello"}])
    given = {
        "name": "Basics", "test_set": "", "question": EXPRESS, "expect": "answer", "titles": ["Handbook"],
        "documents": [str(document)], "words": "$14.95, next", "history": history,
    }  # fmt: skip
    assert page_as(role).post(_url(bot, "save/"), given).status_code == status
    with context.entered(acme):
        if status == 403:
            assert not TestSet.objects.exists()
            return
        case = TestCase.objects.get(test_set__name="Basics")
    assert (case.expected_titles, case.expected_words) == (["Handbook"], ["$14.95", "next"])
    assert case.expected_document_ids == [document]
    assert case.history == [{"role": "user", "content": "Hello"}]


def test_a_turn_goes_into_a_set_that_is_there(page_as: Callable[..., Client], bot: Bot, principal: Principal) -> None:
    row = bots.create_test_set(by=principal, bot_id=bot.id, name="Basics")
    client = page_as(Role.EDITOR)
    given = {"test_set": str(row.id), "question": "Which shares?", "expect": "refuse", "titles": ["Handbook"]}
    saved = client.post(_url(bot, "save/"), given, headers={"HX-Request": "true"})
    assert "Saved in Basics" in saved.content.decode()
    assert row.cases.get().expected_titles == []
    assert client.post(_url(bot, "save/"), {**given, "test_set": str(uuid4())}).status_code == 404
    assert client.post(_url(bot, "save/"), {**given, "question": ""}).status_code == 302
    assert row.cases.count() == 1
    client.post(_url(bot, "save/"), {**given, "test_set": "", "name": "basics"})
    assert row.cases.count() == 2
