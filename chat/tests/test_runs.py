"""Runs of test sets: what they ask, what they leave behind, and how they end, also when their worker is killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from bots import services as bots
from bots.models import Bot, TestResult, TestRun, TestSet
from chat import services, tasks
from chat.models import Conversation, Message
from chat.testing import queue, runner
from chat.tests.conftest import change
from chat.tests.heard import SHIPPING
from integrations.models import ModelCall, TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset
from tenants import context
from tenants.enums import Role
from tenants.types import Principal, TenantRef

SCOPE = {"strictness_level": "moderate", "allowed_topics": ["shipping"], "forbidden_topics": ["medical advice"]}
CASES: list[dict[str, Any]] = [
    {"question": SHIPPING, "expected_titles": ["Handbook"], "expected_words": ["$50"], "forbidden_words": ["never"]},
    {"question": "Can you give me medical advice?", "expect": "refuse"},
    {"question": "I want to talk to a human", "expect": "escalate"},
]


@pytest.fixture
def bot(make_bot: Callable[..., Bot], handbook: Dataset) -> Bot:
    return make_bot(handbook, scope=SCOPE, publish_mode="reviewed")


@pytest.fixture
def test_set(bot: Bot, principal: Principal) -> TestSet:
    bots.publish(by=principal, bot_id=bot.id)  # what the fixture made of it
    row = bots.create_test_set(by=principal, bot_id=bot.id, name="Basics")
    bots.import_cases(by=principal, bot_id=bot.id, set_id=row.id, cases=CASES)
    return row


def _url(row: TestSet, path: str = "") -> str:
    return f"/v1/tenant/bots/{row.bot_id}/test-sets/{row.id}/runs{path}"


def _ran(client: APIClient, row: TestSet, **body: Any) -> Any:
    """A run as it is shown once it has ended."""
    begun = client.post(_url(row), body)
    assert begun.status_code == 202, begun.content
    assert (begun.json()["status"], begun.json()["case_count"]) == ("pending", row.cases.count())
    assert runner.work(begun.json()["id"]) is False
    return client.get(_url(row, f"/{begun.json()['id']}")).json()


def _begun(row: TestSet, principal: Principal) -> TestRun:
    return services.start_tests(by=principal, bot_id=row.bot_id, set_id=row.id)


def _expire() -> None:
    TestRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_run_asks_each_case_through_a_real_turn(api: APIClient, test_set: TestSet) -> None:
    run = _ran(api, test_set)
    assert (run["status"], run["passed"], run["passed_count"], run["failed_count"]) == ("completed", True, 3, 0)
    shipping, medical, human = run["results"]["results"]
    assert (shipping["passed"], shipping["got"], shipping["failures"]) == (True, "answer", [])
    assert "$50" in shipping["said"]
    assert shipping["citations"][0]["document_title"] == "Handbook"
    assert shipping["model"]
    assert medical["guardrail"] == {"action": "refuse", "reason": "forbidden_topic", "topic": "medical advice"}
    assert human["got"] == "escalate"
    assert (run["version"], run["comparison"], run["author"]) == (None, None, "owner@acme.example")


def test_it_leaves_no_conversation_and_books_its_calls(api: APIClient, test_set: TestSet) -> None:
    _ran(api, test_set)
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()
    assert [(call.purpose, call.outcome) for call in ModelCall.objects.all()] == [("answer", "ok")]


def test_what_a_case_misses_is_said_in_words(api: APIClient, test_set: TestSet, principal: Principal) -> None:
    wrong: list[dict[str, Any]] = [
        {"question": SHIPPING, "expect": "refuse"},
        {"question": SHIPPING, "expected_words": ["by balloon"]},
    ]
    bots.import_cases(by=principal, bot_id=test_set.bot_id, set_id=test_set.id, cases=wrong)
    run = _ran(api, test_set)
    assert (run["status"], run["passed"], run["failed_count"]) == ("completed", False, 2)
    found = api.get(_url(test_set, f"/{run['id']}?passed=false")).json()["results"]
    assert [result["failures"] for result in found["results"]] == [
        ["It should refuse, and it answered (shipping)."], ["The answer lacks “by balloon”."],
    ]  # fmt: skip
    page = api.get(_url(test_set, f"/{run['id']}?page_size=2&page=2")).json()["results"]
    assert (page["count"], [result["position"] for result in page["results"]]) == (5, [3, 4])


def test_the_history_of_a_case_counts(api: APIClient, test_set: TestSet, principal: Principal) -> None:
    said = [{"role": "user", "content": "How much does express shipping cost?"}, {"role": "assistant", "content": "…"}]
    case = {"question": "And to Hawaii?", "history": said, "expected_words": ["Hawaii"]}
    bots.import_cases(by=principal, bot_id=test_set.bot_id, set_id=test_set.id, cases=[case])
    assert _ran(api, test_set)["passed"] is True


def test_no_model_sees_more_of_a_case_than_of_a_customer(
    api: APIClient, test_set: TestSet, bot: Bot, principal: Principal, wire: Wire, model: TenantAIProvider
) -> None:
    change(bot, tenant_ai_provider_id=model.id)
    case = {"question": "Do you ship free over $50 if I pay with 4111 1111 1111 1111?", "history": [
        {"role": "user", "content": "My card is 4111 1111 1111 1111"}, {"role": "assistant", "content": "Thanks."},
    ]}  # fmt: skip
    bots.import_cases(by=principal, bot_id=bot.id, set_id=test_set.id, cases=[case])
    _ran(api, test_set)
    asked = [str(body) for _, _, body in wire.requests]
    assert any("if I pay with" in body for body in asked)
    assert not any("4111" in body for body in asked)


def test_the_draft_is_asked_or_the_version_that_is_named(api: APIClient, test_set: TestSet, bot: Bot) -> None:
    live = api.get(f"/v1/tenant/bots/{bot.id}").json()["live_version"]
    assert api.post(f"/v1/tenant/bots/{bot.id}/scopes", {"forbidden_topics": ["shipping"]}).status_code == 201
    drafted, named = _ran(api, test_set), _ran(api, test_set, version=live)
    assert (drafted["passed"], drafted["results"]["results"][0]["guardrail"]["reason"]) == (False, "forbidden_topic")
    assert (named["passed"], named["version"]) == (True, live)
    assert drafted["fingerprint"] == api.get(f"/v1/tenant/bots/{bot.id}/draft").json()["fingerprint"]
    assert api.post(_url(test_set), {"version": 99}).status_code == 404
    assert api.post(_url(test_set), {"version": 0}).status_code == 400


def test_a_run_ends_as_it_began(api: APIClient, test_set: TestSet, bot: Bot, principal: Principal) -> None:
    run = _begun(test_set, principal)
    bots.create_scope(by=principal, bot_id=bot.id, forbidden_topics=["shipping"])
    test_set.cases.all().delete()
    assert runner.work(run.id) is False
    assert TestRun.objects.get().passed is True


def test_a_run_is_held_against_the_one_before(api: APIClient, test_set: TestSet, bot: Bot) -> None:
    first = _ran(api, test_set)
    api.post(f"/v1/tenant/bots/{bot.id}/scopes", {"forbidden_topics": ["shipping", "medical advice"]})
    compared = _ran(api, test_set)["comparison"]
    assert (compared["run_id"], compared["newly_failed"], compared["newly_passed"]) == (first["id"], 1, 0)
    shipping = str(test_set.cases.get(question=SHIPPING).id)
    assert compared["changed"] == [
        {
            "case_id": shipping, "question": SHIPPING, "passed_before": True, "passed": False,
            "got_before": "answer", "got": "refuse",
        }
    ]  # fmt: skip
    assert _ran(api, test_set)["comparison"]["changed"] == []


def test_a_provider_that_fails_fails_its_cases_in_words(
    api: APIClient, test_set: TestSet, bot: Bot, wire: Wire, model: TenantAIProvider
) -> None:
    wire.mode = "bad_key"
    change(bot, tenant_ai_provider_id=model.id, settings={"provider_failure": "apologize"})
    run = _ran(api, test_set)
    assert (run["status"], run["passed"], run["failed_count"]) == ("completed", False, 1)
    broken = run["results"]["results"][0]
    assert broken["got"] == "error"
    assert broken["failures"][0].startswith("The provider did not answer: ")
    assert [call.outcome for call in ModelCall.objects.all()] == ["provider_bad_key"]


def test_one_run_at_a_time_and_none_of_nothing(api: APIClient, test_set: TestSet, principal: Principal) -> None:
    run = _begun(test_set, principal)
    assert api.post(_url(test_set), {}).json()["code"] == "run_under_way"
    runner.work(run.id)
    assert api.post(_url(test_set), {}).status_code == 202
    empty = bots.create_test_set(by=principal, bot_id=test_set.bot_id, name="Empty")
    assert api.post(_url(empty), {}).json()["code"] == "test_set_empty"


def test_a_run_is_called_off_and_writes_nothing_more(api: APIClient, test_set: TestSet, principal: Principal) -> None:
    run = _begun(test_set, principal)
    held = queue.claim(run.id)
    assert held is not None
    answer = api.post(_url(test_set, f"/{run.id}/cancel"))
    assert (answer.status_code, answer.json()["status"], answer.json()["error"]) == (
        200,
        "failed",
        "It was called off.",
    )
    for write in (queue.keep, queue.complete, queue.put_down):
        with pytest.raises(queue.LeaseLost):
            write(held)
    result = held.results.get(position=1)
    result.passed = True
    with pytest.raises(queue.LeaseLost):
        queue.save(held, result, ["passed"])
    assert not TestResult.objects.filter(passed=True).exists()
    assert queue.sweep() == []
    assert api.post(_url(test_set, f"/{run.id}/cancel")).json()["code"] == "run_ended"


def test_a_worker_that_was_killed_is_followed_by_one_that_goes_on(
    acme: TenantRef, test_set: TestSet, principal: Principal
) -> None:
    run = _begun(test_set, principal)
    killed = queue.claim(run.id)
    assert killed is not None
    done = killed.results.get(position=1)
    done.passed, done.said = True, "As it was said"
    queue.save(killed, done, ["passed", "said"])
    assert queue.claim(run.id) is None  # it may be alive
    assert queue.sweep() == []
    _expire()
    assert queue.sweep() == [run.id]
    assert tasks.run_tests(tenant_id=str(acme.id), run_id=str(run.id)) is False
    ended = TestRun.objects.get(id=run.id)
    assert (ended.status, ended.passed) == ("completed", True)
    assert ended.results.get(position=1).said == "As it was said"  # not asked again
    assert not ModelCall.objects.exists()
    with pytest.raises(queue.LeaseLost):
        queue.save(killed, done, ["passed"])


def test_what_keeps_killing_its_worker_fails_with_a_reason(
    acme: TenantRef, test_set: TestSet, principal: Principal
) -> None:
    run = _begun(test_set, principal)
    for _ in range(queue.ATTEMPTS):
        assert queue.sweep() == [run.id]
        assert queue.claim(run.id) is not None
        _expire()
    assert queue.claim(run.id) is None
    assert tasks.sweep_tests() == 0
    ended = TestRun.objects.get()
    assert (ended.status, ended.passed) == ("failed", None)
    assert SHIPPING in ended.error
    assert _begun(test_set, principal).status == "pending"


def test_a_run_gives_its_worker_back_after_a_while(
    test_set: TestSet, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(runner, "AT_ONCE", 2)
    run = _begun(test_set, principal)
    assert runner.work(run.id) is True
    assert TestResult.objects.filter(passed__isnull=True).count() == 1
    assert queue.sweep() == [run.id]
    assert runner.work(run.id) is True
    assert runner.work(run.id) is False
    assert TestRun.objects.get().passed is True


def test_the_oldest_runs_go(test_set: TestSet, principal: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.services.testing.RUNS_KEPT", 2)
    runs = []
    for _ in range(3):
        runs.append(_begun(test_set, principal))
        TestRun.objects.update(status="completed")
    assert set(TestRun.objects.values_list("id", flat=True)) == {run.id for run in runs[1:]}


def test_a_bot_is_published_once_its_required_tests_have_passed(
    api: APIClient, test_set: TestSet, bot: Bot, principal: Principal
) -> None:
    url = f"/v1/tenant/bots/{bot.id}"
    assert api.put(url, {"required_test_set_id": str(test_set.id), "system_prompt": "New."}).status_code == 200

    def refused() -> str:
        answer = api.post(f"{url}/publish", {})
        assert (answer.status_code, answer.json()["code"]) == (409, "tests_not_passed")
        assert answer.json()["errors"] == {"required_test_set_id": [answer.json()["detail"]]}
        return str(answer.json()["detail"])

    assert refused() == "The test set Basics has not been run on this draft."
    run = _begun(test_set, principal)
    assert refused() == "The run of the test set Basics on this draft is still under way."
    runner.work(run.id)
    bots.create_case(by=principal, bot_id=bot.id, set_id=test_set.id, question=SHIPPING, expect="refuse")
    assert refused() == "The cases of Basics were changed after its last run on this draft."
    _ran(api, test_set)
    assert refused() == "1 of 4 cases of Basics failed in its last run on this draft."
    test_set.cases.get(expect="refuse", question=SHIPPING).delete()
    case = test_set.cases.first()
    assert case is not None
    bots.update_case(by=principal, bot_id=bot.id, set_id=test_set.id, case_id=case.id, note="Again")
    assert _ran(api, test_set)["passed"] is True
    change(bot, model="another")
    assert refused() == "The test set Basics has not been run on this draft."
    change(bot, model="")
    published = api.post(f"{url}/publish", {})
    assert published.status_code == 201

    back = api.post(f"{url}/rollback", {"version": published.json()["number"] - 1})  # the way out asks for no tests
    assert back.status_code == 201


def test_who_may_run_tests(
    api_as: Callable[..., APIClient], key_client: Callable[..., APIClient], test_set: TestSet, principal: Principal
) -> None:
    run = _begun(test_set, principal)
    for reader in (api_as(Role.VIEWER), key_client("bots:read")):
        assert reader.get(_url(test_set)).json()["count"] == 1
        assert reader.get(_url(test_set, f"/{run.id}")).status_code == 200
        assert reader.post(_url(test_set), {}).status_code == 403
        assert reader.post(_url(test_set, f"/{run.id}/cancel")).status_code == 403
    runner.work(run.id)
    assert api_as(Role.EDITOR).post(_url(test_set), {}).status_code == 202
    TestRun.objects.update(status="completed")
    assert key_client("bots:write").post(_url(test_set), {}).status_code == 202


def test_anothers_runs_are_not_there(
    api_as: Callable[..., APIClient], test_set: TestSet, principal: Principal, globex: TenantRef
) -> None:
    run = _begun(test_set, principal)
    stranger = api_as(Role.OWNER, tenant=globex)
    assert stranger.get(_url(test_set, f"/{run.id}")).status_code == 404
    assert stranger.post(_url(test_set), {}).status_code == 404
    assert stranger.post(_url(test_set, f"/{run.id}/cancel")).status_code == 404
    with context.entered(globex):
        assert queue.claim(run.id) is None
    assert api_as(Role.OWNER).get(_url(test_set, f"/{run.id}")).status_code == 200
    assert api_as(Role.OWNER).get(_url(test_set, f"/{uuid4()}")).status_code == 404
