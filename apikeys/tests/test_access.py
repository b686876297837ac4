"""Signing in, keys, limits: one path for every form of credential."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apikeys import services, tokens
from apikeys.models import AccessToken, APIKey
from tenants import limits
from tenants.enums import Role
from tenants.errors import TooManyRequests
from tenants.models import Membership, Tenant, User
from tenants.types import Principal, TenantRef

KEY: dict[str, Any] = {
    "name": "Website",
    "scopes": ["chat:read", "chat:write", "bots:read"],
    "rate_limit": 10000,
}
ME = "/v1/auth/me"


def _sign_in(client: APIClient, **change: str) -> Any:
    body = {"email": "owner@acme.example", "password": "correct horse battery", **change}
    return client.post("/v1/auth/login", body)


def test_signing_in_and_out(anonymous: APIClient, acme: TenantRef) -> None:
    answer = _sign_in(anonymous, email="Owner@ACME.example")
    assert answer.status_code == 200
    body = answer.json()
    assert body["tenant"]["slug"] == "acme"
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['token']}")
    me = anonymous.get(ME).json()
    assert (me["kind"], me["role"], me["user"]["email"]) == ("user", "owner", "owner@acme.example")
    assert anonymous.post("/v1/auth/logout").status_code == 204
    assert anonymous.get(ME).status_code == 401


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"email": "who@acme.example"}, {"tenant": "globex"}])
def test_a_bad_sign_in_has_one_answer(anonymous: APIClient, acme: TenantRef, change: dict[str, str]) -> None:
    answer = _sign_in(anonymous, **change)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert not AccessToken.objects.exists()


def test_a_new_password_ends_the_tokens_of_the_old(anonymous: APIClient, acme: TenantRef, owner: User) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {_sign_in(anonymous).json()['token']}")
    assert anonymous.get(ME).status_code == 200
    owner.set_password("another horse battery")
    owner.save()
    assert (anonymous.get(ME).status_code, anonymous.get(ME).json()["code"]) == (401, "invalid_credential")
    token = _sign_in(anonymous, password="another horse battery").json()["token"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert anonymous.get(ME).status_code == 200


def test_guessing_is_slowed(anonymous: APIClient, acme: TenantRef) -> None:
    answers = [_sign_in(anonymous, password=str(n)).status_code for n in range(11)]
    assert answers == [401] * 10 + [429]
    assert _sign_in(anonymous, email="owner@globex.example").status_code == 200


def test_one_address_cannot_try_a_password_on_everybody(anonymous: APIClient, acme: TenantRef) -> None:
    for n in range(limits.SIGN_INS_OF_AN_ADDRESS - 1):
        assert _sign_in(anonymous, email=f"{n}@acme.example").status_code == 401
    assert _sign_in(anonymous).status_code == 200
    assert _sign_in(anonymous).status_code == 429


def test_a_member_of_two_tenants_says_which(anonymous: APIClient, owner: User, globex: TenantRef) -> None:
    Membership.objects.create(user=owner, tenant_id=globex.id, role=Role.VIEWER)
    unsure = _sign_in(anonymous)
    assert (unsure.status_code, unsure.json()["code"]) == (400, "tenant_needed")
    assert _sign_in(anonymous, tenant="globex").json()["tenant"]["slug"] == "globex"


def test_staff_sign_in_without_a_tenant(anonymous: APIClient, db: None) -> None:
    User.objects.create_user(email="s@parley.example", password="correct horse", platform_role="admin")
    body = _sign_in(anonymous, email="s@parley.example", password="correct horse").json()
    assert body["tenant"] is None
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {body['token']}")
    refused = anonymous.get("/v1/tenant/api-keys/")
    assert (refused.status_code, refused.json()["code"]) == (403, "tenant_required")


def test_a_key_is_shown_once_and_kept_as_a_hash(api: APIClient) -> None:
    created = api.post("/v1/tenant/api-keys/", KEY)
    assert created.status_code == 201
    body = created.json()
    assert body["key"].startswith("ak_live_")
    assert len(body["key"]) >= 40
    assert body["key_prefix"] == body["key"][:12]
    row = APIKey.objects.get(id=body["id"])
    assert row.key_hash == tokens.hash_of(body["key"])
    assert "key" not in api.get(f"/v1/tenant/api-keys/{body['id']}").json()
    assert "key" not in api.get("/v1/tenant/api-keys/").json()["results"][0]


@pytest.mark.parametrize("header", ["HTTP_AUTHORIZATION", "HTTP_X_API_KEY"])
@pytest.mark.parametrize("state", ["active", "revoked", "expired", "suspended", "rotated", "unknown"])
def test_a_key_in_any_header_and_state(
    anonymous: APIClient, api: APIClient, acme: TenantRef, header: str, state: str
) -> None:
    created = api.post("/v1/tenant/api-keys/", KEY).json()
    row, credential = APIKey.objects.get(id=created["id"]), created["key"]
    expected = {"active": 200, "suspended": 403}.get(state, 401)
    if state == "revoked":
        assert api.delete(f"/v1/tenant/api-keys/{row.id}").status_code == 204
    elif state == "expired":
        api.put(f"/v1/tenant/api-keys/{row.id}", {"expires_at": "2025-12-31T23:59:59Z"})
    elif state == "suspended":
        Tenant.objects.filter(id=acme.id).update(is_active=False)
    elif state == "rotated":
        assert api.post(f"/v1/tenant/api-keys/{row.id}/rotate").json()["key"] != credential
    elif state == "unknown":
        credential = tokens.new_key()
    anonymous.credentials(**{header: f"Bearer {credential}" if header.endswith("ION") else credential})
    answer = anonymous.get(ME)
    assert answer.status_code == expected
    if state in {"revoked", "expired"}:
        assert answer.json()["code"] == f"key_{state}"


def test_an_expiry_in_the_past_is_taken_and_said(api: APIClient) -> None:
    created = api.post("/v1/tenant/api-keys/", {**KEY, "expires_at": "2025-12-31T23:59:59Z"})
    assert (created.status_code, created.json()["status"]) == (201, "expired")


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_AUTHORIZATION": "Bearer"},
        {"HTTP_AUTHORIZATION": "Basic abc"},
        {"HTTP_AUTHORIZATION": "Bearer a b"},
        {"HTTP_AUTHORIZATION": "Bearer null"},
        {"HTTP_AUTHORIZATION": "Bearer \x00"},
        {"HTTP_X_API_KEY": "[]"},
    ],
)
def test_a_malformed_credential_is_refused_not_ignored(
    anonymous: APIClient, acme: TenantRef, headers: dict[str, Any]
) -> None:
    assert anonymous.get(ME, **headers).status_code == 401


def test_tokens_end_with_time_user_and_membership(anonymous: APIClient, api: APIClient, owner: User) -> None:
    assert api.get(ME).status_code == 200
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=13)):
        assert api.get(ME).status_code == 401
    Membership.objects.filter(user=owner).delete()
    assert api.get(ME).status_code == 401


def test_keys_are_the_admins_alone(api_as: Callable[..., APIClient], key_client: Callable[..., APIClient]) -> None:
    assert api_as(Role.ADMIN).post("/v1/tenant/api-keys/", KEY).status_code == 201
    refused = api_as(Role.EDITOR).post("/v1/tenant/api-keys/", KEY)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    by_key = key_client("bots:write").post("/v1/tenant/api-keys/", KEY)
    assert (by_key.status_code, by_key.json()["code"]) == (403, "key_not_allowed")


def test_another_tenants_key_is_a_404_like_any(
    api: APIClient, key_client: Callable[..., Any], globex: TenantRef
) -> None:
    key_client("chat:read", tenant=globex)
    theirs = APIKey.objects.get(tenant_id=globex.id)
    for method in (api.get, api.delete):
        answer = method(f"/v1/tenant/api-keys/{theirs.id}")
        nothing = method(f"/v1/tenant/api-keys/{globex.id}")
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert api.get("/v1/tenant/api-keys/").json()["count"] == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": ["chat:everything"]}, "scopes.0"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "chat:read"}, "scopes"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"name": ""}, "name"),
        ({"tenant_id": "x"}, "tenant_id"),
    ],
)
def test_bad_keys_are_refused_by_field(api: APIClient, change: dict[str, object], field: str) -> None:
    answer = api.post("/v1/tenant/api-keys/", {**KEY, **change})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not APIKey.objects.exists()


def test_the_plan_limits_keys(api: APIClient, acme: TenantRef) -> None:
    Tenant.objects.filter(id=acme.id).update(plan=_plan("free"))
    answers = [api.post("/v1/tenant/api-keys/", KEY).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 403]


def test_keys_are_counted_one_after_the_other(principal: Principal) -> None:
    with CaptureQueriesContext(connection) as asked:
        services.create_key(by=principal, name="k", scopes=["chat:read"])
    said = [query["sql"] for query in asked]
    counted = next(at for at, sql in enumerate(said) if "COUNT(" in sql)
    assert any("FOR NO KEY UPDATE" in sql for sql in said[:counted])


def test_a_keys_limit_is_at_most_its_plans(key_client: Callable[..., APIClient], acme: TenantRef) -> None:
    Tenant.objects.filter(id=acme.id).update(plan=_plan("free"))
    assert key_client("chat:read", rate_limit=5).get(ME)["RateLimit-Limit"] == "5"
    assert key_client("chat:read", rate_limit=1_000_000).get(ME)["RateLimit-Limit"] == "1000"


def test_a_revoked_key_is_not_rotated(api: APIClient) -> None:
    key = api.post("/v1/tenant/api-keys/", KEY).json()
    path = f"/v1/tenant/api-keys/{key['id']}"
    assert api.post(f"{path}/rotate").status_code == 200
    assert api.delete(path).status_code == 204
    again = api.post(f"{path}/rotate")
    assert (again.status_code, again.json()["code"]) == (409, "key_revoked")
    assert "key" not in again.json()


def _plan(slug: str) -> Any:
    from tenants.models import Plan  # noqa: PLC0415 -- used by one test

    return Plan.objects.get(slug=slug)


def test_a_keys_limit_is_told_and_enforced(key_client: Callable[..., APIClient]) -> None:
    hour = 0.0
    while hour != time.time() // 3600:  # once more where the clock turned meanwhile
        hour = time.time() // 3600
        client = key_client("chat:read", rate_limit=2)
        first, second, third = (client.get(ME) for _ in range(3))
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    assert second["RateLimit-Remaining"] == "0"
    assert (third.status_code, third.json()["code"]) == (429, "rate_limited")
    assert 0 < int(third["Retry-After"]) <= 3600
    assert key_client("chat:read", rate_limit=2).get(ME).status_code == 200


def test_a_limit_lets_exactly_its_number_through_at_once() -> None:
    def passes(_: int) -> bool:
        try:
            limits.hit_minutely(key="together", limit=10)
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(passes, range(100))) == 10
