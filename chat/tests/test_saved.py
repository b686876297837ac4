"""Turns of talk that become cases of a test set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bots import services as bots
from bots.models import Bot, TestCase, TestSet
from chat.models import Message
from chat.testing import runner
from chat.tests.conftest import CITED, talk
from chat.tests.heard import SHIPPING
from chat.turn.types import Answer
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.types import Principal, TenantRef


@pytest.fixture
def bot(make_bot: Callable[..., Bot], handbook: Dataset) -> Bot:
    return make_bot(handbook, scope=CITED)


@pytest.fixture
def test_set(bot: Bot, principal: Principal) -> TestSet:
    return bots.create_test_set(by=principal, bot_id=bot.id, name="Saved")


def _save(client: APIClient, answer: Answer, test_set: TestSet, *, message: Any = None, **more: Any) -> Any:
    url = f"/v1/tenant/conversations/{answer.conversation_id}/messages/{message or answer.id}/test-case"
    return client.post(url, {"test_set_id": str(test_set.id), **more})


def test_an_answer_becomes_a_case_that_passes(
    api: APIClient, bot: Bot, test_set: TestSet, principal: Principal
) -> None:
    first = talk(bot, SHIPPING)
    second = talk(bot, "How much does express shipping cost?", session_id=first.session_id)
    body = _save(api, second, test_set, expected_words=["$14.95"], note="From a customer").json()
    assert body["question"] == "How much does express shipping cost?"
    assert [(said["role"], said["content"]) for said in body["history"]] == [
        ("user", SHIPPING), ("assistant", first.said.text),
    ]  # fmt: skip
    assert (body["expect"], body["expected_titles"]) == ("answer", ["Handbook"])
    assert body["expected_document_ids"] == [str(Message.objects.get(id=second.id).citations.all()[0].document_id)]
    assert (body["expected_words"], body["note"], body["source_message_id"]) == (
        ["$14.95"], "From a customer", str(second.id),
    )  # fmt: skip
    run = bots.begin_run(by=principal, bot_id=bot.id, set_id=test_set.id)
    runner.work(run.id)
    assert list(run.results.values_list("passed", "failures")) == [(True, [])]


@pytest.mark.parametrize(
    ("question", "expect"),
    [
        ("Can you give me medical advice?", "refuse"),
        ("I want to talk to a human", "escalate"),
        ("Who won the cup in 1954?", "refuse"),
        ("Do you ship by zeppelin to the moon base of Tycho?", None),
    ],
)
def test_what_the_bot_did_is_what_is_expected(
    api: APIClient, bot: Bot, test_set: TestSet, principal: Principal, question: str, expect: str | None
) -> None:
    assert _save(api, talk(bot, question), test_set).status_code == 201
    case = TestCase.objects.get()
    assert expect is None or (case.expect, case.expected_titles) == (expect, [])
    run = bots.begin_run(by=principal, bot_id=bot.id, set_id=test_set.id)
    runner.work(run.id)
    assert list(run.results.values_list("passed", "failures")) == [(True, [])]


def test_what_is_said_goes_before_what_was(api: APIClient, bot: Bot, test_set: TestSet) -> None:
    body = _save(api, talk(bot, SHIPPING), test_set, expect="refuse").json()
    assert (body["expect"], body["expected_document_ids"], body["expected_titles"]) == ("refuse", [], [])
    bad = _save(api, talk(bot, SHIPPING), test_set, expect="sing")
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["expect"])


def test_the_question_stands_for_its_answer(api: APIClient, bot: Bot, test_set: TestSet) -> None:
    answer = talk(bot, SHIPPING)
    question = Message.objects.get(conversation_id=answer.conversation_id, role="user")
    assert _save(api, answer, test_set, message=question.id).json()["source_message_id"] == str(answer.id)
    unknown = _save(api, answer, test_set, message=uuid4())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "message_not_found")


def test_what_was_not_kept_becomes_no_case(api: APIClient, bot: Bot, test_set: TestSet) -> None:
    answer = talk(bot, SHIPPING)
    Message.objects.filter(role="user").delete()
    assert _save(api, answer, test_set).json()["code"] == "message_not_found"


def test_a_case_belongs_to_the_bot_that_said_it(
    api: APIClient, bot: Bot, make_bot: Callable[..., Bot], test_set: TestSet, principal: Principal
) -> None:
    other = bots.create_test_set(by=principal, bot_id=make_bot().id, name="Other")
    answer = talk(bot, SHIPPING)
    assert _save(api, answer, other).status_code == 404
    assert _save(api, answer, test_set).status_code == 201


def test_editors_save_and_nobody_else(
    api_as: Callable[..., APIClient], key_client: Callable[..., APIClient], bot: Bot, test_set: TestSet,
    globex: TenantRef,
) -> None:  # fmt: skip
    answer = talk(bot, SHIPPING)
    assert _save(api_as(Role.VIEWER), answer, test_set).status_code == 403
    assert _save(key_client("bots:write", "chat:read"), answer, test_set).json()["code"] == "key_not_allowed"
    assert _save(api_as(Role.OWNER, tenant=globex), answer, test_set).status_code == 404
    assert not TestCase.objects.exists()
    assert _save(api_as(Role.EDITOR), answer, test_set).status_code == 201
