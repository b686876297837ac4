from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apikeys.models import APIKey
from bots import selectors
from bots.models import Bot
from bots.tests.conftest import MakeBot, Theirs
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.models import TenantRoute
from tenants.types import TenantRef

BOTS = "/v1/tenant/bots"


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [(Role.VIEWER, 200, 403), (Role.EDITOR, 200, 201), (Role.ADMIN, 200, 201)]
)
def test_viewers_read_and_editors_write(
    api_as: Callable[..., APIClient], bot: Bot, dataset: Dataset, role: Role, reads: int, writes: int
) -> None:
    client = api_as(role)
    body = {"name": "New", "tenant_ai_provider_id": str(bot.tenant_ai_provider_id)}
    assert client.get(BOTS).status_code == reads
    assert client.post(BOTS, body, format="json").status_code == writes
    link = client.post(f"{BOTS}/{bot.id}/datasets", {"dataset_id": str(dataset.id)}, format="json")
    assert link.status_code == writes
    assert client.post(f"{BOTS}/{bot.id}/scopes", {}, format="json").status_code == writes


def test_keys_need_their_scope(key_client: Callable[..., APIClient], anonymous: APIClient, bot: Bot) -> None:
    url = f"{BOTS}/{bot.id}"
    assert key_client("bots:read").get(url).status_code == 200
    assert key_client("bots:read").put(url, {"name": "New"}, format="json").status_code == 403
    assert key_client("bots:write").put(url, {"name": "New"}, format="json").status_code == 200
    assert key_client("chat:write").get(url).status_code == 403
    assert anonymous.get(url).status_code == 401


def test_a_key_opens_nothing_once_its_bot_is_deleted(
    api: APIClient, key_client: Callable[..., APIClient], make_bot: MakeBot, acme: TenantRef
) -> None:
    mine, other = make_bot(), make_bot()
    client = key_client("chat:read", "chat:write")
    key = APIKey.objects.get(tenant_id=acme.id)
    assert api.post(f"{BOTS}/{mine.id}/keys", {"key_id": str(key.id)}, format="json").status_code == 201
    assert selectors.key_opens(key_id=key.id, bot_id=mine.id)
    assert api.delete(f"{BOTS}/{mine.id}").status_code == 204
    assert not selectors.key_opens(key_id=key.id, bot_id=other.id)
    assert client.get("/v1/tenant/conversations").json()["count"] == 0
    assert api.post(f"{BOTS}/{other.id}/keys", {"key_id": str(key.id)}, format="json").status_code == 201
    assert selectors.key_opens(key_id=key.id, bot_id=other.id)


def test_a_tied_key_opens_its_bots_alone(api: APIClient, make_bot: MakeBot, acme: TenantRef) -> None:
    mine, other = make_bot("Mine"), make_bot("Other")
    key = APIKey.objects.create(
        tenant_id=acme.id, name="k", key_prefix="ak_live_0000", key_hash="0" * 64, scopes=["chat:write"]
    )
    assert selectors.key_opens(key_id=key.id, bot_id=other.id)
    url = f"{BOTS}/{mine.id}/keys"
    assert api.post(url, {"key_id": str(key.id)}, format="json").status_code == 201
    again = api.post(url, {"key_id": str(key.id)}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "key_already_tied")
    assert selectors.key_opens(key_id=key.id, bot_id=mine.id)
    assert not selectors.key_opens(key_id=key.id, bot_id=other.id)
    assert api.post(url, {"key_id": str(uuid.uuid4())}, format="json").status_code == 404
    assert api.delete(f"{url}/{key.id}").status_code == 204
    assert selectors.key_opens(key_id=key.id, bot_id=other.id)


def test_what_is_another_tenants_is_not_there(api: APIClient, bot: Bot, dataset: Dataset, theirs: Theirs) -> None:
    assert [found["name"] for found in api.get(BOTS).json()["results"]] == ["Helper"]
    root = f"{BOTS}/{theirs.bot.id}"
    never = f"{BOTS}/{uuid.uuid4()}"
    for path in ("", "/datasets", "/scopes", "/keys", f"/scopes/{theirs.scope.id}", f"/datasets/{theirs.dataset.id}"):
        found = api.get(f"{root}{path}")
        assert found.status_code == 404
        assert found.json() == api.get(f"{never}{path}").json()
    assert api.put(root, {"name": "Taken"}, format="json").status_code == 404
    assert api.delete(root).status_code == 404
    assert api.post(f"{root}/scopes", {}, format="json").status_code == 404
    assert api.post(f"{root}/datasets", {"dataset_id": str(dataset.id)}, format="json").status_code == 404
    theirs_here = api.post(f"{BOTS}/{bot.id}/datasets", {"dataset_id": str(theirs.dataset.id)}, format="json")
    assert theirs_here.status_code == 404
    stolen = {"name": "Bot", "tenant_ai_provider_id": str(theirs.provider.id)}
    assert api.post(BOTS, stolen, format="json").status_code == 404
    assert api.put(f"{BOTS}/{bot.id}/scopes/{theirs.scope.id}", {}, format="json").status_code == 404
    assert TenantRoute.objects.get(id=theirs.bot.id).origins == ["https://globex.example"]


def test_its_owner_finds_it(api_as: Callable[..., APIClient], globex: TenantRef, theirs: Theirs) -> None:
    client = api_as(Role.OWNER, tenant=globex)
    assert client.get(f"{BOTS}/{theirs.bot.id}").json()["tenant_id"] == str(globex.id)
    assert client.get(f"{BOTS}/{theirs.bot.id}/datasets/{theirs.dataset.id}").status_code == 200
