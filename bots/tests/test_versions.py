"""Versions of a bot: when there is a new one, what it holds, what is told of it, and the ways back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bots import behaviour, selectors, services
from bots.models import Bot, BotVersion, LiveUse, Scope
from bots.tests.conftest import MakeBot
from integrations import services as providers
from integrations.models import TenantAIProvider
from integrations.services import ProviderInUse
from knowledge import services as knowledge
from knowledge.models import Dataset
from knowledge.services import DatasetInUse
from knowledge.types import Filter
from tenants.errors import NotFound
from tenants.models import AuditEvent
from tenants.types import Principal

BOTS = "/v1/tenant/bots"


@pytest.fixture
def reviewed(make_bot: MakeBot) -> Bot:
    return make_bot(system_prompt="Old words.", publish_mode="reviewed")


def _numbers(bot: Bot) -> list[int]:
    return list(bot.versions.order_by("number").values_list("number", flat=True))


def _change(client: APIClient, bot: Bot, **change: Any) -> None:
    answer = client.put(f"{BOTS}/{bot.id}", change)
    assert answer.status_code == 200, answer.content


def _fields(changes: list[dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    return {change["field"]: (change["old"], change["new"]) for change in changes}


def test_a_new_bot_is_its_version_1(bot: Bot, principal: Principal) -> None:
    version = bot.versions.get()
    assert (version.number, bot.live_version) == (1, version)
    assert (version.author, version.created_by) == (principal.email, principal.user_id)
    assert version.behaviour == behaviour.draft(bot.id)
    assert version.fingerprint == behaviour.fingerprint(version.behaviour)


def test_every_change_of_behaviour_is_a_version_and_counts_at_once(
    api: APIClient, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    _change(api, bot, model="m-2", temperature=1, system_prompt="New words.")  # one request, one version
    assert _numbers(bot) == [1, 2]
    assert selectors.profile(bot.id).model == "m-2"
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.update_link(by=principal, bot_id=bot.id, dataset_id=dataset.id, priority=4)
    scope = services.create_scope(by=principal, bot_id=bot.id, allowed_topics=["shipping"])
    services.update_scope(by=principal, bot_id=bot.id, scope_id=scope.id, allowed_topics=["billing"])
    assert _numbers(bot) == [1, 2, 3, 4, 5, 6]
    assert selectors.profile(bot.id).scope.allowed_topics == ("billing",)
    services.delete_scope(by=principal, bot_id=bot.id, scope_id=scope.id)
    services.unlink_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    assert selectors.profile(bot.id).datasets == ()
    published = AuditEvent.objects.filter(action="bot.publish", target=str(bot.id))
    assert sorted(event.data["version"] for event in published) == _numbers(bot) == list(range(1, 9))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Other", "description": "Other", "is_public": True, "is_active": False},
        {"allowed_domains": ["https://acme.com"]},
        {"temperature": 0.3, "settings": {"citation_style": "numbered"}},
        {},
    ],
)
def test_what_is_no_behaviour_or_no_change_makes_no_version(api: APIClient, bot: Bot, change: dict[str, Any]) -> None:
    _change(api, bot, **change)
    assert _numbers(bot) == [1]


def test_what_is_inactive_makes_no_version(bot: Bot, dataset: Dataset, principal: Principal) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id, is_active=False)
    services.create_scope(by=principal, bot_id=bot.id, is_active=False, allowed_topics=["shipping"])
    assert _numbers(bot) == [1]


def test_changes_in_one_frame_make_one_version_or_none(bot: Bot, dataset: Dataset, principal: Principal) -> None:
    with services.changing(by=principal, bot_id=bot.id):
        services.update_bot(by=principal, bot_id=bot.id, model="m-2")
        services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
        services.create_scope(by=principal, bot_id=bot.id, strictness_level="strict")
    assert _numbers(bot) == [1, 2]
    with pytest.raises(NotFound), services.changing(by=principal, bot_id=bot.id):
        _set_and_fail(bot, principal)
    assert _numbers(bot) == [1, 2]
    assert selectors.profile(bot.id).model == Bot.objects.get(id=bot.id).model == "m-2"


def _set_and_fail(bot: Bot, principal: Principal) -> None:
    services.update_bot(by=principal, bot_id=bot.id, model="m-3")
    services.unlink_dataset(by=principal, bot_id=bot.id, dataset_id=uuid.uuid4())


def test_a_reviewed_draft_waits_until_it_is_published(api: APIClient, reviewed: Bot, dataset: Dataset) -> None:
    _change(api, reviewed, system_prompt="New words.")
    api.post(f"{BOTS}/{reviewed.id}/datasets", {"dataset_id": str(dataset.id)})
    api.post(f"{BOTS}/{reviewed.id}/scopes", {"allowed_topics": ["shipping"]})
    assert _numbers(reviewed) == [1]
    live, draft = selectors.profile(reviewed.id), selectors.profile(reviewed.id, draft=True)
    assert (live.system_prompt, live.datasets, live.scope.allowed_topics) == ("Old words.", (), ())
    assert (draft.system_prompt, draft.dataset_ids, draft.scope.allowed_topics) == (
        "New words.", (dataset.id,), ("shipping",),
    )  # fmt: skip

    published = api.post(f"{BOTS}/{reviewed.id}/publish", {"note": "Shipping"})
    assert published.status_code == 201
    body = published.json()
    assert (body["number"], body["note"], body["is_live"], body["author"]) == (
        2,
        "Shipping",
        True,
        "owner@acme.example",
    )
    changes = {change["field"]: change for change in body["changes"]}
    assert (changes["system_prompt"]["old"], changes["system_prompt"]["new"]) == ("Old words.", "New words.")
    assert changes["datasets"]["added"] == [{"dataset_id": str(dataset.id), "priority": 1, "name": "Handbook"}]
    assert changes["scope.allowed_topics"]["added"] == ["shipping"]
    assert selectors.profile(reviewed.id) == draft

    again = api.post(f"{BOTS}/{reviewed.id}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_publish")


def test_a_bot_that_is_no_longer_reviewed_shows_its_draft(api: APIClient, reviewed: Bot) -> None:
    _change(api, reviewed, model="m-2")
    assert selectors.profile(reviewed.id).model == ""
    _change(api, reviewed, publish_mode="immediate")
    assert selectors.profile(reviewed.id).model == "m-2"
    _change(api, reviewed, publish_mode="reviewed", model="m-3")
    assert selectors.profile(reviewed.id).model == "m-2"


def test_the_draft_says_what_would_be_new(
    api: APIClient, reviewed: Bot, dataset: Dataset, provider: TenantAIProvider, principal: Principal
) -> None:
    url = f"{BOTS}/{reviewed.id}/draft"
    same = api.get(url).json()
    assert (same["differs"], same["changes"], same["live_version"]) == (False, [], 1)
    second = TenantAIProvider.objects.create(provider_name="builtin", name="Second")
    _change(api, reviewed, tenant_ai_provider_id=str(second.id), settings={"response_format": "concise"})
    found = api.get(url).json()
    assert found["differs"] is True
    assert found["fingerprint"] == behaviour.fingerprint(behaviour.draft(reviewed.id)) != same["fingerprint"]
    assert _fields(found["changes"]) == {
        "tenant_ai_provider_id": (
            {"id": str(provider.id), "name": "Built-in"},
            {"id": str(second.id), "name": "Second"},
        ),
        "settings.response_format": ("helpful_and_detailed", "concise"),
    }
    assert found["behaviour"]["tenant_ai_provider_id"] == str(second.id)


def test_versions_are_listed_and_shown_whole(api: APIClient, bot: Bot, dataset: Dataset, principal: Principal) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id, priority=3)
    services.create_scope(by=principal, bot_id=bot.id, strictness_level="strict", allowed_topics=["shipping"])
    listed = api.get(f"{BOTS}/{bot.id}/versions").json()
    assert listed["count"] == 3
    assert [(each["number"], each["is_live"]) for each in listed["results"]] == [(3, True), (2, False), (1, False)]
    assert api.get(f"{BOTS}/{bot.id}").json()["live_version"] == 3
    whole = api.get(f"{BOTS}/{bot.id}/versions/3").json()
    assert whole["behaviour"]["datasets"] == [{"dataset_id": str(dataset.id), "priority": 3}]
    assert whole["behaviour"]["scope"]["allowed_topics"] == ["shipping"]
    assert whole["names"][str(dataset.id)] == "Handbook"
    for unknown in ("0", "4", "9" * 40):
        assert api.get(f"{BOTS}/{bot.id}/versions/{unknown}").status_code == 404


def test_any_two_versions_can_be_compared(api: APIClient, bot: Bot, dataset: Dataset, principal: Principal) -> None:
    _change(api, bot, model="m-2")
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.update_link(by=principal, bot_id=bot.id, dataset_id=dataset.id, priority=5)
    url = f"{BOTS}/{bot.id}/versions"
    step = api.get(f"{url}/4/changes").json()
    assert (step["number"], step["against"], len(step["changes"])) == (4, 3, 1)
    assert step["changes"][0]["changed"] == [
        {"dataset_id": str(dataset.id), "name": "Handbook", "old": {"priority": 1}, "new": {"priority": 5}}
    ]
    assert set(_fields(api.get(f"{url}/4/changes?against=1").json()["changes"])) == {"model", "datasets"}
    assert _fields(api.get(f"{url}/1/changes?against=2").json()["changes"]) == {"model": ("m-2", "")}
    first = api.get(f"{url}/1/changes").json()
    assert first["against"] is None
    assert "temperature" in _fields(first["changes"])
    assert api.get(f"{url}/4/changes?against=9").status_code == 404
    for bad in ("x", "0", "9" * 40, "%00"):
        assert api.get(f"{url}/4/changes?against={bad}").status_code == 400


def test_a_rollback_brings_a_version_back_in_one_call(
    api: APIClient, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id, priority=2)
    scope = services.create_scope(by=principal, bot_id=bot.id, strictness_level="strict", allowed_topics=["shipping"])
    good = selectors.profile(bot.id)
    other = knowledge.create_dataset(by=principal, name="Other")
    _change(api, bot, system_prompt="Broken words.", publish_mode="reviewed")
    services.unlink_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=other.id)
    services.delete_scope(by=principal, bot_id=bot.id, scope_id=scope.id)
    services.create_scope(by=principal, bot_id=bot.id, strictness_level="lenient")
    services.publish(by=principal, bot_id=bot.id)
    assert selectors.profile(bot.id) != good

    answer = api.post(f"{BOTS}/{bot.id}/rollback", {"version": 3, "note": "It was better"})
    assert answer.status_code == 201
    assert (answer.json()["number"], answer.json()["rolled_back_to"], answer.json()["is_live"]) == (5, 3, True)
    assert "system_prompt" in _fields(answer.json()["changes"])
    assert selectors.profile(bot.id) == selectors.profile(bot.id, draft=True) == good
    assert Scope.objects.get(bot=bot, is_active=True).id == scope.id
    assert AuditEvent.objects.get(action="bot.rollback").data == {
        "name": bot.name, "version": 5, "note": "It was better", "to": 3,
    }  # fmt: skip

    again = api.post(f"{BOTS}/{bot.id}/rollback", {"version": 3})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_publish")
    assert api.post(f"{BOTS}/{bot.id}/rollback", {"version": 99}).status_code == 404
    assert api.post(f"{BOTS}/{bot.id}/rollback", {}).status_code == 400


def test_a_rollback_to_what_is_gone_names_it_and_does_nothing(
    api: APIClient, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    second = TenantAIProvider.objects.create(provider_name="builtin", name="Second")
    _change(api, bot, tenant_ai_provider_id=str(second.id))
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.unlink_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    _change(api, bot, tenant_ai_provider_id=str(bot.tenant_ai_provider_id))
    knowledge.delete_dataset(by=principal, dataset=dataset)
    providers.delete(by=principal, provider=second)
    before = selectors.profile(bot.id)

    refused = api.post(f"{BOTS}/{bot.id}/rollback", {"version": 3})
    assert (refused.status_code, refused.json()["code"]) == (409, "version_not_restorable")
    assert refused.json()["errors"] == {
        "provider": ["The AI provider Second is gone."], "datasets": ["The dataset Handbook is gone."],
    }  # fmt: skip
    assert selectors.profile(bot.id) == selectors.profile(bot.id, draft=True) == before
    assert _numbers(bot) == [1, 2, 3, 4, 5]
    _change(api, bot, model="m-2")
    assert api.post(f"{BOTS}/{bot.id}/rollback", {"version": 1}).status_code == 201


def test_what_customers_talk_to_cannot_be_deleted_and_what_they_talked_to_can(
    api: APIClient, reviewed: Bot, dataset: Dataset, principal: Principal
) -> None:
    second = TenantAIProvider.objects.create(provider_name="builtin", name="Second")
    _change(api, reviewed, fallback_ai_provider_id=str(second.id))
    services.link_dataset(by=principal, bot_id=reviewed.id, dataset_id=dataset.id)
    services.publish(by=principal, bot_id=reviewed.id)
    _change(api, reviewed, fallback_ai_provider_id=None)
    services.unlink_dataset(by=principal, bot_id=reviewed.id, dataset_id=dataset.id)
    with pytest.raises(DatasetInUse):
        knowledge.delete_dataset(by=principal, dataset=dataset)
    with pytest.raises(ProviderInUse):
        providers.delete(by=principal, provider=second)
    assert selectors.profile(reviewed.id).dataset_ids == (dataset.id,)
    services.publish(by=principal, bot_id=reviewed.id)
    knowledge.delete_dataset(by=principal, dataset=dataset)
    providers.delete(by=principal, provider=second)


def test_a_draft_can_be_given_up(api: APIClient, reviewed: Bot, dataset: Dataset, principal: Principal) -> None:
    scope = services.create_scope(by=principal, bot_id=reviewed.id, allowed_topics=["shipping"])
    services.publish(by=principal, bot_id=reviewed.id)
    services.update_scope(by=principal, bot_id=reviewed.id, scope_id=scope.id, allowed_topics=["gossip"])
    services.link_dataset(by=principal, bot_id=reviewed.id, dataset_id=dataset.id)
    _change(api, reviewed, system_prompt="Worse words.", name="Renamed")
    answer = api.post(f"{BOTS}/{reviewed.id}/draft/discard")
    assert (answer.status_code, answer.json()["differs"]) == (200, False)
    assert selectors.profile(reviewed.id, draft=True) == selectors.profile(reviewed.id)
    assert Scope.objects.get(id=scope.id).allowed_topics == ["shipping"]
    assert Bot.objects.get(id=reviewed.id).name == "Renamed"  # which is no behaviour
    assert api.post(f"{BOTS}/{reviewed.id}/draft/discard").status_code == 200
    assert AuditEvent.objects.filter(action="bot.discard_draft").count() == 1
    assert _numbers(reviewed) == [1, 2]


def test_a_bot_goes_with_its_versions(api: APIClient, bot: Bot, dataset: Dataset, principal: Principal) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    assert api.delete(f"{BOTS}/{bot.id}").status_code == 204
    assert not BotVersion.objects.exists()
    assert not LiveUse.objects.exists()
    knowledge.delete_dataset(by=principal, dataset=dataset)
    providers.delete(by=principal, provider=bot.tenant_ai_provider)


def test_a_field_that_a_scope_gets_later_changes_no_fingerprint(bot: Bot, principal: Principal) -> None:
    services.create_scope(by=principal, bot_id=bot.id, allowed_topics=["shipping"])
    now = behaviour.draft(bot.id)
    later = now | {"scope": {**now["scope"], "examples": {}, "id": str(uuid.uuid4())}}
    assert behaviour.fingerprint(later) == behaviour.fingerprint(now)
    said = now | {"scope": {**now["scope"], "examples": {"shipping": ["Where is it?"]}}}
    assert behaviour.fingerprint(said) != behaviour.fingerprint(now)


def test_the_guides_calls_take_one_statement_a_profile(bot: Bot, dataset: Dataset, principal: Principal) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    services.create_scope(by=principal, bot_id=bot.id)
    with CaptureQueriesContext(connection) as asked:
        selectors.profile(bot.id)
    assert len([query for query in asked if "SELECT" in query["sql"]]) == 1


def test_the_examples_of_topics_are_behaviour_and_come_back_with_their_version(api: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}/scopes"
    made = api.post(url, {"forbidden_topics": ["knitting"]}, format="json").json()
    plain = api.get(f"{BOTS}/{bot.id}/versions").json()["results"][0]["number"]
    examples = {"knitting": ["How do I turn a heel?"]}
    api.put(f"{url}/{made['id']}", {"topic_examples": examples}, format="json")
    assert selectors.profile(bot.id).scope.examples("knitting") == ("How do I turn a heel?",)
    assert api.post(f"{BOTS}/{bot.id}/rollback", {"version": plain}, format="json").status_code == 201
    assert selectors.profile(bot.id).scope.topic_examples == {}
    assert api.get(f"{url}/{made['id']}").json()["topic_examples"] == {}


def test_which_documents_of_a_dataset_count_is_behaviour(
    api: APIClient, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    url = f"{BOTS}/{bot.id}/datasets"
    only = {"tags": ["public"], "metadata": {"year": 2026}}
    assert api.post(url, {"dataset_id": str(dataset.id), **only}, format="json").status_code == 201
    assert selectors.profile(bot.id).limits[dataset.id] == Filter(tags=("public",), metadata={"year": 2026})
    api.put(f"{url}/{dataset.id}", {"tags": [], "metadata": {}}, format="json")
    assert not selectors.profile(bot.id).limits[dataset.id]
    [change] = api.get(f"{BOTS}/{bot.id}/versions/3/changes").json()["changes"]
    assert change["changed"] == [
        {"dataset_id": str(dataset.id), "name": "Handbook", "old": {"priority": 1, **only}, "new": {"priority": 1}}
    ]
    services.rollback(by=principal, bot_id=bot.id, number=2)
    link = api.get(f"{url}/{dataset.id}").json()
    assert {name: link[name] for name in only} == only


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"tags": ["x" * 61]}, "tags.0"),
        ({"tags": "public"}, "tags"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "x" * 5000}}, "metadata"),
        ({"tag": []}, "tag"),
    ],
)
def test_limits_of_a_dataset_are_bounded(
    api: APIClient, bot: Bot, dataset: Dataset, wrong: dict[str, Any], field: str
) -> None:
    refused = api.post(f"{BOTS}/{bot.id}/datasets", {"dataset_id": str(dataset.id), **wrong}, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])
