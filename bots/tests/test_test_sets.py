"""Test sets and their cases: kept, bounded, imported and exported, and nobody else's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots import services
from bots.models import Bot, TestCase, TestSet
from bots.services import testing
from bots.tests.conftest import MakeBot, Theirs
from tenants import context
from tenants.enums import Role
from tenants.models import AuditEvent
from tenants.types import Principal, TenantRef

LINES = "application/x-ndjson"
CASE: dict[str, Any] = {
    "question": "What is your shipping policy?",
    "history": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello!"}],
    "expect": "answer",
    "expected_document_ids": [str(uuid.uuid4())],
    "expected_titles": ["Shipping"],
    "expected_words": ["free"],
    "forbidden_words": ["tomorrow"],
    "note": "Asked often",
}


@pytest.fixture
def test_set(bot: Bot, principal: Principal) -> TestSet:
    return services.create_test_set(by=principal, bot_id=bot.id, name="Basics")


def _url(row: TestSet, path: str = "") -> str:
    return f"/v1/tenant/bots/{row.bot_id}/test-sets/{row.id}{path}"


def _import(client: APIClient, row: TestSet, body: str | bytes) -> Any:
    return client.generic("POST", _url(row, "/cases/import"), body, content_type=LINES)  # type: ignore[arg-type]  # it takes bytes too


def test_a_test_set_lives(api: APIClient, bot: Bot) -> None:
    root = f"/v1/tenant/bots/{bot.id}/test-sets"
    made = api.post(root, {"name": "Basics", "description": "What must work"})
    assert made.status_code == 201
    url = f"{root}/{made.json()['id']}"
    case = api.post(f"{url}/cases", CASE)
    assert case.status_code == 201
    assert {name: case.json()[name] for name in CASE} == CASE
    assert [row["case_count"] for row in api.get(root).json()["results"]] == [1]
    assert api.put(url, {"name": "Renamed"}).json()["description"] == "What must work"
    changed = api.put(f"{url}/cases/{case.json()['id']}", {"expect": "refuse", "expected_titles": []})
    assert (changed.status_code, list(changed.json()["errors"])) == (400, ["expect"])  # it cites documents still
    body = {"expect": "refuse", "expected_titles": [], "expected_document_ids": []}
    assert api.put(f"{url}/cases/{case.json()['id']}", body).json()["question"] == CASE["question"]
    assert api.delete(f"{url}/cases/{case.json()['id']}").status_code == 204
    assert api.get(f"{url}/cases").json()["count"] == 0
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    deeds = AuditEvent.objects.filter(action__startswith="test_").order_by("at").values_list("action", flat=True)
    assert list(deeds) == [
        "test_set.create", "test_case.create", "test_set.update", "test_case.update", "test_case.delete",
        "test_set.delete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": "x" * 4001}, "question"),
        ({"question": "nul\x00"}, "question"),
        ({"history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ({"history": [{"role": "user", "content": "x"}] * 51}, "history"),
        ({"history": [{"role": "user", "content": "x", "id": 1}]}, "history.0.id"),
        ({"expect": "sing"}, "expect"),
        ({"expect": "refuse"}, "expect"),
        ({"expected_document_ids": ["x"]}, "expected_document_ids.0"),
        ({"expected_words": ["Tomorrow"]}, "forbidden_words"),
        ({"expected_words": ["x" * 201]}, "expected_words.0"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_bad_cases_are_refused_by_field(api: APIClient, test_set: TestSet, change: dict[str, Any], field: str) -> None:
    refused = api.post(_url(test_set, "/cases"), CASE | change)
    assert refused.status_code == 400
    assert field in refused.json()["errors"]
    assert not TestCase.objects.exists()


def test_what_is_exported_can_be_imported_again_and_elsewhere(
    api: APIClient, test_set: TestSet, make_bot: MakeBot, principal: Principal
) -> None:
    api.post(_url(test_set, "/cases"), CASE)
    api.post(_url(test_set, "/cases"), {"question": "¿Cuánto cuesta el envío?"})
    exported = api.get(_url(test_set, "/cases/export"))
    assert exported["Content-Type"] == LINES
    rows = [json.loads(line) for line in exported.content.decode().splitlines()]
    assert [row["question"] for row in rows] == [CASE["question"], "¿Cuánto cuesta el envío?"]
    rows[0]["question"] = "Changed?"
    text = "\n".join(json.dumps(row) for row in [*rows, {"question": "New?"}]) + "\n\n"
    assert _import(api, test_set, text).json() == {"added": 1, "replaced": 2}
    listed = api.get(_url(test_set, "/cases")).json()["results"]
    assert [row["question"] for row in listed] == ["Changed?", "¿Cuánto cuesta el envío?", "New?"]
    other = services.create_test_set(by=principal, bot_id=make_bot("Other").id, name="Elsewhere")
    assert _import(api, other, exported.content).json() == {"added": 2, "replaced": 0}
    assert test_set.cases.count() == 3  # the ids of one set replace nothing in another
    assert api.post(_url(other, "/cases/import"), {"cases": [{"question": "As JSON?"}]}).json()["added"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"question": "A?"}\n{', "Line 2 is no JSON."),
        (b"\xff\xfe\x00", "The lines are not UTF-8."),
        ('{"question": "A?"}\n\n{"question": ""}', "cases.1.question"),
        ('{"question": "A?"}\n{"question": "B?", "expect": "refuse", "expected_titles": ["T"]}', "cases.1.expect"),
        ('{"question": "A?"}\n["list"]', "cases.1"),
        ('"text"', "cases.0"),
        ("[" * 100_000, "Line 1 is no JSON"),
        ("", "cases"),
        ("\n".join(['{"question": "A?"}'] * 501), "cases"),
    ],
)
def test_lines_are_taken_all_or_none(api: APIClient, test_set: TestSet, text: str | bytes, said: str) -> None:
    refused = _import(api, test_set, text)
    assert refused.status_code == 400
    assert said in refused.content.decode()
    assert not TestCase.objects.exists()
    assert _import(api, test_set, '{"question": "A?"}').json() == {"added": 1, "replaced": 0}


def test_there_are_not_more_than_may_be(api: APIClient, test_set: TestSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testing, "CASES", 2)
    monkeypatch.setattr(testing, "SETS", 2)
    assert _import(api, test_set, '{"question": "A?"}\n{"question": "B?"}').status_code == 200
    full = api.post(_url(test_set, "/cases"), {"question": "C?"})
    assert (full.status_code, full.json()["code"]) == (409, "test_set_full")
    assert _import(api, test_set, '{"question": "C?"}').json()["code"] == "test_set_full"
    root = f"/v1/tenant/bots/{test_set.bot_id}/test-sets"
    assert api.post(root, {"name": "Second"}).status_code == 201
    assert api.post(root, {"name": "Third"}).json()["code"] == "too_many_test_sets"


def test_viewers_read_and_editors_write(
    api_as: Callable[..., APIClient], key_client: Callable[..., APIClient], test_set: TestSet
) -> None:
    for reader in (api_as(Role.VIEWER), key_client("bots:read")):
        assert reader.get(_url(test_set, "/cases/export")).status_code == 200
        assert reader.post(_url(test_set, "/cases"), {"question": "A?"}).status_code == 403
        assert reader.delete(_url(test_set)).status_code == 403
    for writer in (api_as(Role.EDITOR), key_client("bots:write")):
        assert writer.post(_url(test_set, "/cases"), {"question": "A?"}).status_code == 201


def test_anothers_test_sets_are_not_there(
    api: APIClient, api_as: Callable[..., APIClient], theirs: Theirs, globex: TenantRef, bot: Bot
) -> None:
    with context.entered(globex):
        row = services.create_test_set(by=Principal(kind="user", tenant=globex), bot_id=theirs.bot.id, name="Secret")
    assert api_as(Role.OWNER, tenant=globex).get(_url(row)).json()["name"] == "Secret"
    assert api.get(_url(row)).status_code == 404
    assert api.post(_url(row, "/cases"), {"question": "A?"}).status_code == 404
    here = f"/v1/tenant/bots/{bot.id}"
    assert api.get(f"{here}/test-sets/{row.id}").status_code == 404
    assert api.put(here, {"publish_mode": "reviewed", "required_test_set_id": str(row.id)}).status_code == 404


def test_what_must_pass_before_publishing_needs_review_and_a_set_of_the_bots_own(
    api: APIClient, test_set: TestSet, make_bot: MakeBot, principal: Principal
) -> None:
    url, ours = f"/v1/tenant/bots/{test_set.bot_id}", str(test_set.id)
    alone = api.put(url, {"required_test_set_id": ours})
    assert (alone.status_code, list(alone.json()["errors"])) == (400, ["publish_mode"])
    both = api.put(url, {"required_test_set_id": ours, "publish_mode": "reviewed"})
    assert (both.status_code, both.json()["required_test_set_id"]) == (200, ours)
    assert list(api.put(url, {"publish_mode": "immediate"}).json()["errors"]) == ["publish_mode"]
    assert api.delete(_url(test_set)).json()["code"] == "test_set_required"
    foreign = services.create_test_set(by=principal, bot_id=make_bot("Other").id, name="Foreign")
    assert list(api.put(url, {"required_test_set_id": str(foreign.id)}).json()["errors"]) == ["required_test_set_id"]
    assert api.put(url, {"required_test_set_id": None, "publish_mode": "immediate"}).status_code == 200
    assert api.delete(_url(test_set)).status_code == 204


def test_a_bot_goes_with_the_tests_that_it_requires(api: APIClient, test_set: TestSet) -> None:
    url = f"/v1/tenant/bots/{test_set.bot_id}"
    api.put(url, {"required_test_set_id": str(test_set.id), "publish_mode": "reviewed"})
    assert api.delete(url).status_code == 204
    assert not TestSet.objects.exists()
