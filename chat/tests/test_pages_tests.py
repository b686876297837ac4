"""Test sets in the dashboard: cases one by one and as a file, runs and what came of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bots import services as bots
from bots.models import Bot, TestCase, TestRun, TestSet
from chat.testing import runner
from chat.tests.conftest import CITED
from chat.tests.heard import SHIPPING
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.types import Principal


@pytest.fixture
def bot(make_bot: Callable[..., Bot], handbook: Dataset) -> Bot:
    return make_bot(handbook, scope=CITED)


@pytest.fixture
def test_set(bot: Bot, principal: Principal) -> TestSet:
    return bots.create_test_set(by=principal, bot_id=bot.id, name="Basics")


def _url(row: TestSet | Bot, path: str = "") -> str:
    if isinstance(row, Bot):
        return f"/dashboard/acme/bots/{row.id}/tests/{path}"
    return f"/dashboard/acme/bots/{row.bot_id}/tests/{row.id}/{path}"


def _case(row: TestSet, by: Principal, **fields: Any) -> TestCase:
    given = {"question": SHIPPING, "expected_titles": ["Handbook"], **fields}
    return bots.create_case(by=by, bot_id=row.bot_id, set_id=row.id, **given)


def test_a_bot_without_tests_is_told_what_they_are_for(page_as: Callable[..., Client], bot: Bot) -> None:
    assert "Make a test set" in page_as(Role.EDITOR).get(_url(bot)).content.decode()
    viewer = page_as(Role.VIEWER).get(_url(bot)).content.decode()
    assert "No tests yet" in viewer
    assert "Make a test set" not in viewer


def test_a_set_is_made_renamed_and_deleted(page_as: Callable[..., Client], bot: Bot, principal: Principal) -> None:
    client = page_as(Role.EDITOR)
    made = client.post(_url(bot, "new/"), {"name": "Basics", "description": "What must hold"})
    row = TestSet.objects.get()
    assert made["Location"] == _url(row)
    _case(row, principal)
    client.post(_url(row, "edit/"), {"name": "Basic questions", "description": ""})
    row.refresh_from_db()
    assert row.name == "Basic questions"
    assert "1 case" in client.get(_url(row, "delete/")).content.decode()
    assert client.post(_url(row, "delete/"))["Location"] == _url(bot)
    assert not TestSet.objects.exists()


def test_a_set_that_the_bot_requires_stays(
    page_as: Callable[..., Client], test_set: TestSet, principal: Principal
) -> None:
    bots.update_bot(by=principal, bot_id=test_set.bot_id, publish_mode="reviewed", required_test_set_id=test_set.id)
    client = page_as(Role.EDITOR)
    assert client.post(_url(test_set, "delete/")).status_code == 302
    assert TestSet.objects.exists()
    assert "must pass before publishing" in client.get(_url(test_set)).content.decode()


def test_a_case_is_added_changed_and_deleted(page_as: Callable[..., Client], test_set: TestSet) -> None:
    client = page_as(Role.EDITOR)
    given = {
        "question": SHIPPING, "expect": "answer", "expected_titles": "Handbook\n\nHandbook", "expected_words": "$50",
        "forbidden_words": "", "history": "Customer: Hello\nBot: Hi.\nHow can I help?", "note": "",
    }  # fmt: skip
    assert client.post(_url(test_set, "cases/new/"), given)["Location"] == _url(test_set)
    case = TestCase.objects.get()
    assert (case.expected_titles, case.expected_words) == (["Handbook"], ["$50"])
    assert case.history[1] == {"role": "assistant", "content": "Hi.\nHow can I help?"}
    shown = client.get(_url(test_set, f"cases/{case.id}/")).content.decode()
    assert "Bot: Hi." in shown
    client.post(_url(test_set, f"cases/{case.id}/"), {**given, "question": "Is it free?"})
    case.refresh_from_db()
    assert case.question == "Is it free?"
    assert "Is it free?" in client.get(_url(test_set, f"cases/{case.id}/delete/")).content.decode()
    client.post(_url(test_set, f"cases/{case.id}/delete/"))
    assert not TestCase.objects.exists()


def test_what_cannot_be_met_is_said_beside_the_field(page_as: Callable[..., Client], test_set: TestSet) -> None:
    given = {"question": "Which shares?", "expect": "refuse", "expected_titles": "Handbook"}
    client = page_as(Role.EDITOR)
    refused = client.post(_url(test_set, "cases/new/"), given)
    assert refused.status_code == 422
    assert "Only an answer cites documents." in refused.content.decode()
    assert "Which shares?</textarea>" in refused.content.decode()
    assert client.post(_url(test_set, "cases/new/"), {**given, "history": "Hello"}).status_code == 422
    assert not TestCase.objects.exists()


def test_documents_by_id_stay_until_they_are_unticked(
    page_as: Callable[..., Client], test_set: TestSet, principal: Principal
) -> None:
    kept, gone = uuid4(), uuid4()
    case = _case(test_set, principal, expected_titles=[], expected_document_ids=[kept, gone])
    given = {"question": SHIPPING, "expect": "answer", "expected_document_ids": [str(kept)]}
    page_as(Role.EDITOR).post(_url(test_set, f"cases/{case.id}/"), given)
    case.refresh_from_db()
    assert case.expected_document_ids == [kept]


def test_cases_go_out_and_come_in_again(
    page_as: Callable[..., Client], test_set: TestSet, principal: Principal
) -> None:
    _case(test_set, principal)
    client = page_as(Role.EDITOR)
    exported = client.get(_url(test_set, "cases/export/"))
    assert exported["Content-Disposition"] == 'attachment; filename="basics.jsonl"'
    line = json.loads(exported.content)
    line |= {"expected_words": ["$50"]}
    more = {"question": "Which shares?", "expect": "refuse"}
    file = SimpleUploadedFile("cases.jsonl", f"{json.dumps(line)}\n{json.dumps(more)}\n".encode())
    said = client.post(_url(test_set, "cases/import/"), {"file": file}, follow=True).content.decode()
    assert "Added: 1. Replaced: 1." in said
    assert TestCase.objects.get(question=SHIPPING).expected_words == ["$50"]


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"{", "Line 1 is no JSON."), (b'{"question": ""}', "case 1, question"), (b"\xff\xfe", "not UTF-8")],
)
def test_a_file_that_is_none_is_refused_whole(
    page_as: Callable[..., Client], test_set: TestSet, body: bytes, said: str
) -> None:
    refused = page_as(Role.EDITOR).post(_url(test_set, "cases/import/"), {"file": SimpleUploadedFile("x.jsonl", body)})
    assert refused.status_code == 422
    assert said in refused.content.decode()


def test_a_run_is_watched_and_compared(
    page_as: Callable[..., Client], test_set: TestSet, principal: Principal, bot: Bot
) -> None:
    case = _case(test_set, principal)
    client = page_as(Role.EDITOR)
    begun = client.post(_url(test_set, "runs/start/"), {"version": ""})
    run = TestRun.objects.get()
    assert begun["Location"] == _url(test_set, f"runs/{run.id}/")
    part = client.get(begun["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" in part
    assert "0 of 1 asked" in part
    assert client.post(_url(test_set, "runs/start/"), {}).status_code == 302  # one at a time, which is said
    runner.work(run.id)
    ended = client.get(begun["Location"]).content.decode()
    assert "all 1 passed" in ended
    assert "every 1s" not in ended
    bots.update_case(by=principal, bot_id=bot.id, set_id=test_set.id, case_id=case.id, expected_words=["never said"])
    assert "The cases were changed since the last run." in client.get(_url(test_set)).content.decode()
    second = client.post(_url(test_set, "runs/start/"), {"version": "1"})["Location"]
    runner.work(TestRun.objects.order_by("-created_at")[0].id)
    page = client.get(second).content.decode()
    assert "The answer lacks “never said”." in page
    assert "1 newly failed" in page
    assert SHIPPING in client.get(f"{second}?which=changed").content.decode()
    assert SHIPPING not in client.get(f"{second}?which=passed").content.decode()
    assert "0 of 1 passed" in client.get(_url(bot)).content.decode()


def test_a_run_is_called_off(page_as: Callable[..., Client], test_set: TestSet, principal: Principal) -> None:
    _case(test_set, principal)
    client = page_as(Role.EDITOR)
    client.post(_url(test_set, "runs/start/"))
    run = TestRun.objects.get()
    stopped = client.post(_url(test_set, f"runs/{run.id}/cancel/"), follow=True).content.decode()
    assert "It was called off." in stopped
    assert client.post(_url(test_set, f"runs/{run.id}/cancel/")).status_code == 302


def test_what_is_kept_of_a_run_is_english_and_a_german_page_says_it_in_german(
    page_as: Callable[..., Client], test_set: TestSet, principal: Principal
) -> None:
    _case(test_set, principal)
    client, german = page_as(Role.EDITOR), {"Accept-Language": "de"}
    client.post(_url(test_set, "runs/start/"), headers=german)
    run = TestRun.objects.get()
    shown = client.post(_url(test_set, f"runs/{run.id}/cancel/"), follow=True, headers=german).content.decode()
    run.refresh_from_db()
    assert run.error == "It was called off."
    assert "Er wurde abgebrochen." in shown


def test_roles(page_as: Callable[..., Client], test_set: TestSet, principal: Principal) -> None:
    case = _case(test_set, principal)
    viewer, editor = page_as(Role.VIEWER), page_as(Role.EDITOR)
    for path in ("", "cases/export/"):
        assert viewer.get(_url(test_set, path)).status_code == 200
    for path in ("edit/", "delete/", "cases/new/", "cases/import/", f"cases/{case.id}/"):
        assert viewer.get(_url(test_set, path)).status_code == 403
        assert editor.get(_url(test_set, path)).status_code == 200
    assert viewer.post(_url(test_set, "runs/start/")).status_code == 403
    assert "Add a case" not in viewer.get(_url(test_set)).content.decode()


def test_another_bots_set_is_not_there(
    page_as: Callable[..., Client], test_set: TestSet, make_bot: Callable[..., Bot]
) -> None:
    other = make_bot(name="Other")
    address = _url(test_set).replace(str(test_set.bot_id), str(other.id))
    assert page_as(Role.OWNER).get(address).status_code == 404
    assert page_as(Role.OWNER).get(_url(test_set)).status_code == 200


def test_a_list_takes_as_many_queries_with_three_rows_as_with_one(
    page_as: Callable[..., Client], bot: Bot, test_set: TestSet, principal: Principal
) -> None:
    client = page_as(Role.EDITOR)
    counts = []
    for name in ("Second", "Third"):
        _case(test_set, principal)
        with CaptureQueriesContext(connection) as seen:
            client.get(_url(bot))
            client.get(_url(test_set))
        counts.append(len(seen))
        bots.create_test_set(by=principal, bot_id=bot.id, name=name)
    assert counts[0] == counts[1]
