"""Who sees and publishes versions, two who publish at once, and bots from before there were versions."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from rest_framework.test import APIClient

from bots import behaviour, selectors, services
from bots.models import Bot, BotDataset, LiveUse, Scope
from bots.tests.conftest import MakeBot, Theirs
from integrations.models import TenantAIProvider
from knowledge.models import Dataset
from tenants import context
from tenants.enums import Role
from tenants.models import Tenant
from tenants.types import Principal

BOTS = "/v1/tenant/bots"
READS = ("draft", "versions", "versions/1", "versions/1/changes")
WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("publish", {"note": "x"}), ("rollback", {"version": 1}), ("draft/discard", {}),
)  # fmt: skip


@pytest.fixture
def changed(make_bot: MakeBot, principal: Principal) -> Bot:
    """With a second version, and something to publish."""
    bot = make_bot()
    services.update_bot(by=principal, bot_id=bot.id, model="m-2")
    return services.update_bot(by=principal, bot_id=bot.id, publish_mode="reviewed", model="m-3")


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_viewers_look_and_editors_publish(
    api_as: Callable[..., APIClient], key_client: Callable[..., APIClient], changed: Bot, path: str, body: Any
) -> None:
    root = f"{BOTS}/{changed.id}"
    viewer, reader = api_as(Role.VIEWER), key_client("bots:read")
    for read in READS:
        assert viewer.get(f"{root}/{read}").status_code == 200
        assert reader.get(f"{root}/{read}").status_code == 200
    assert viewer.post(f"{root}/{path}", body).status_code == 403
    assert reader.post(f"{root}/{path}", body).status_code == 403
    assert api_as(Role.EDITOR).post(f"{root}/{path}", body).status_code in {200, 201}


def test_a_key_publishes_with_its_scope(key_client: Callable[..., APIClient], changed: Bot) -> None:
    made = key_client("bots:write").post(f"{BOTS}/{changed.id}/publish", {})
    assert made.status_code == 201
    assert made.json()["author"].startswith("key ")
    assert made.json()["created_by"] is None


def test_anothers_versions_are_not_there(api_as: Callable[..., APIClient], theirs: Theirs, globex: Any) -> None:
    ours, owner = api_as(Role.OWNER), api_as(Role.OWNER, tenant=globex)
    root = f"{BOTS}/{theirs.bot.id}"
    for read in READS:
        assert ours.get(f"{root}/{read}").status_code == 404
        assert owner.get(f"{root}/{read}").status_code == 200
    for path, body in WRITES:
        assert ours.post(f"{root}/{path}", body).status_code == 404
    assert owner.post(f"{root}/rollback", {"version": 1}).status_code == 201


@pytest.mark.parametrize("note", ["x" * 1001, "nul\x00", ["list"]])
def test_a_note_is_a_short_text(api: APIClient, changed: Bot, note: Any) -> None:
    refused = api.post(f"{BOTS}/{changed.id}/publish", {"note": note})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["note"])


def test_bots_from_before_get_their_version_1(
    provider: TenantAIProvider, dataset: Dataset, make_bot: MakeBot, principal: Principal
) -> None:
    new = make_bot()
    old = Bot.objects.create(name="Old", tenant_ai_provider=provider, model="m-1", settings={"citation_style": "none"})
    BotDataset.objects.create(bot=old, dataset=dataset, priority=7)
    Scope.objects.create(bot=old, strictness_level="strict", allowed_topics=["shipping"])
    importlib.import_module("bots.migrations.0006_first_versions").publish_all(apps, None)
    old.refresh_from_db()
    assert selectors.profile(old.id) == selectors.profile(old.id, draft=True)
    version = old.versions.get()
    assert (version.number, version.fingerprint) == (1, behaviour.fingerprint(behaviour.draft(old.id)))
    assert version.names == {str(provider.id): "Built-in", str(dataset.id): "Handbook"}
    assert LiveUse.objects.filter(bot=old).count() == 2
    assert new.versions.count() == 1
    services.update_bot(by=principal, bot_id=old.id, name="Older")
    assert old.versions.count() == 1


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Bot]:
    """A bot that other connections see."""
    with django_db_blocker.unblock():
        acme = Tenant.objects.get(slug="acme").ref
        with context.entered(acme):
            provider = TenantAIProvider.objects.create(provider_name="builtin", name="Committed")
            by = Principal(kind="user", tenant=acme)
            bot = services.create_bot(by=by, name="Contested", tenant_ai_provider_id=provider.id)
        try:
            yield bot
        finally:
            with context.entered(acme):
                services.delete_bot(by=by, bot_id=bot.id)
                provider.delete()
            connection.close()


def test_two_who_publish_at_once_get_numbers_of_their_own(committed: Bot) -> None:
    acme = Tenant.objects.get(slug="acme").ref
    by = Principal(kind="user", tenant=acme)

    def change(at: int) -> None:
        try:
            with context.entered(acme):
                services.update_bot(by=by, bot_id=committed.id, model=f"m-{at}")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(12)))
    with context.entered(acme):
        assert sorted(committed.versions.values_list("number", flat=True)) == list(range(1, 14))
        live = Bot.objects.get(id=committed.id)
        assert live.live_version is not None
        assert (live.live_version.number, live.live_version.behaviour["model"]) == (13, live.model)
