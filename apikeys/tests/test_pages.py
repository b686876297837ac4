"""The pages of API keys: who may, a secret that is in one answer only, and forms that lose nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apikeys import services, tokens
from apikeys.models import APIKey
from tenants import context
from tenants.enums import Role
from tenants.models import AuditEvent, Plan, Tenant
from tenants.types import Principal, TenantRef

LIST = "/dashboard/acme/keys/"
NEW = f"{LIST}new/"


@pytest.fixture
def admin(page_as: Callable[..., Client]) -> Client:
    return page_as(Role.ADMIN)


def made(by: Principal, name: str = "Shop", scopes: tuple[str, ...] = ("chat:write",), **fields: object) -> APIKey:
    return services.create_key(by=by, name=name, scopes=list(scopes), **fields)[0]


def secret_in(page: str) -> str:
    found = re.search(r"ak_live_[\w-]{43}", page)
    assert found, page
    return found[0]


def filled(client: Client, **fields: object) -> dict[str, object]:
    once = client.get(NEW).context["form"]["once"].value()
    return {"name": "Shop", "scopes": ["chat:write", "bots:read"], "once": str(once)} | fields


def test_a_new_key_is_shown_in_one_answer_and_works(admin: Client, anonymous: APIClient) -> None:
    answer = admin.post(NEW, filled(admin, rate_limit="50"))
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    secret = secret_in(answer.content.decode())
    key = APIKey.objects.get()
    assert (key.key_hash, key.scopes, key.rate_limit) == (tokens.hash_of(secret), ["bots:read", "chat:write"], 50)
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert anonymous.get("/v1/auth/me").json()["scopes"] == ["bots:read", "chat:write"]
    later = [admin.get(path).content.decode() for path in (LIST, f"{LIST}{key.id}/", f"{LIST}{key.id}/rotate/")]
    assert all(secret not in page and key.key_prefix in page for page in later)
    assert secret not in "".join(str(session.get_decoded()) for session in Session.objects.all())
    assert secret not in str(admin.cookies)
    assert secret not in str(list(AuditEvent.objects.values_list("data", flat=True)))


def test_a_page_that_is_reloaded_makes_no_second_key(admin: Client) -> None:
    sent = filled(admin)
    first = secret_in(admin.post(NEW, sent).content.decode())
    again = admin.post(NEW, sent, follow=True).content.decode()
    assert first not in again
    assert "made before" in again
    assert APIKey.objects.count() == 1
    secret_in(admin.post(NEW, filled(admin)).content.decode())
    assert APIKey.objects.count() == 2


def test_a_form_that_was_refused_counts_when_it_is_sent_again(admin: Client, acme: TenantRef) -> None:
    Tenant.objects.filter(id=acme.id).update(plan=Plan.objects.create(slug="none", name="None", api_keys=0))
    sent = filled(admin)
    refused = admin.post(NEW, sent)
    assert refused.status_code == 422
    assert "Your plan allows 0" in refused.content.decode()
    Plan.objects.filter(slug="none").update(api_keys=1)
    secret_in(admin.post(NEW, sent).content.decode())


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"rate_limit": "0"}, "rate_limit"),
        ({"expires_at": "2020-01-01T00:00"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(admin: Client, sent: dict[str, object], field: str) -> None:
    answer = admin.post(NEW, filled(admin, **sent))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert field == "name" or 'value="Shop"' in answer.content.decode()
    assert not APIKey.objects.exists()


def test_a_time_is_meant_in_the_readers_zone(admin: Client) -> None:
    admin.cookies["zone"] = "Asia/Tokyo"
    admin.post(NEW, filled(admin, expires_at="2099-01-01T09:00"))
    key = APIKey.objects.get()
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2099-01-01T00:00:00+00:00"
    assert 'value="2099-01-01T09:00"' in admin.get(f"{LIST}{key.id}/").content.decode()


def test_a_key_is_changed_and_its_secret_stays(admin: Client, principal: Principal) -> None:
    key = made(principal)
    answer = admin.post(f"{LIST}{key.id}/", {"name": "Renamed", "scopes": ["datasets:read"], "rate_limit": ""})
    assert answer.status_code == 302
    before = key.key_hash
    key.refresh_from_db()
    assert (key.name, key.scopes, key.key_hash) == ("Renamed", ["datasets:read"], before)


def test_an_expired_key_can_be_renamed_without_a_new_end(admin: Client, principal: Principal) -> None:
    key = made(principal, expires_at=timezone.now().replace(second=0, microsecond=0) - timedelta(days=1))
    page = admin.get(f"{LIST}{key.id}/")
    until = page.context["form"]["expires_at"].value().strftime("%Y-%m-%dT%H:%M")
    sent = {"name": "Renamed", "scopes": ["chat:write"], "expires_at": until}
    assert admin.post(f"{LIST}{key.id}/", sent).status_code == 302


def test_rotating_shows_the_new_secret_once_and_ends_the_old(
    admin: Client, principal: Principal, anonymous: APIClient
) -> None:
    key, old = services.create_key(by=principal, name="Shop", scopes=["chat:write"])
    number = admin.get(f"{LIST}{key.id}/rotate/").context["once"]
    answer = admin.post(f"{LIST}{key.id}/rotate/", {"once": str(number)})
    new = secret_in(answer.content.decode())
    assert answer["Cache-Control"] == "no-store"
    for secret, status in ((old, 401), (new, 200)):
        anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert anonymous.get("/v1/auth/me").status_code == status
    reloaded = admin.post(f"{LIST}{key.id}/rotate/", {"once": str(number)}, follow=True)
    assert "rotated before" in reloaded.content.decode()
    assert anonymous.get("/v1/auth/me").status_code == 200
    assert new not in admin.get(f"{LIST}{key.id}/").content.decode()


def test_revoking_asks_first_and_cannot_be_taken_back(
    admin: Client, principal: Principal, anonymous: APIClient
) -> None:
    key, secret = services.create_key(by=principal, name="Shop", scopes=["chat:write"])
    assert key.key_prefix in admin.get(f"{LIST}{key.id}/revoke/").content.decode()
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert anonymous.get("/v1/auth/me").status_code == 200
    admin.post(f"{LIST}{key.id}/revoke/")
    assert anonymous.get("/v1/auth/me").status_code == 401
    assert admin.post(f"{LIST}{key.id}/rotate/", {"once": str(uuid4())}).status_code == 302
    assert admin.post(f"{LIST}{key.id}/", {"name": "x", "scopes": ["chat:write"]}).status_code == 422
    key.refresh_from_db()
    assert (key.status, key.name, key.key_hash) == ("revoked", "Shop", tokens.hash_of(secret))


def test_the_list_is_searched_and_filtered(admin: Client, principal: Principal) -> None:
    assert "No key yet" in admin.get(LIST).content.decode()
    made(principal, "Alpha")
    made(principal, "Bravo", expires_at=timezone.now() - timedelta(days=1))
    services.revoke_key(by=principal, key=made(principal, "Charlie"))
    shown = {
        state: set(re.findall("Alpha|Bravo|Charlie", admin.get(LIST, {"state": state}).content.decode()))
        for state in ("", "active", "expired", "revoked", "all")
    }  # fmt: skip
    assert shown == {
        "": {"Alpha"}, "active": {"Alpha"}, "expired": {"Bravo"}, "revoked": {"Charlie"},
        "all": {"Alpha", "Bravo", "Charlie"},
    }  # fmt: skip
    assert "Bravo" not in admin.get(LIST, {"state": "all", "q": "alph"}).content.decode()
    assert "No such key" in admin.get(LIST, {"q": "zulu"}).content.decode()


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        (("chat:write",), "/v1/chat/efficient"),
        (("datasets:read",), "/v1/tenant/datasets/"),
        (("datasets:write",), "/v1/auth/me"),
    ],
)
def test_the_first_call_suits_the_key(admin: Client, principal: Principal, scopes: tuple[str, ...], path: str) -> None:
    key = made(principal, scopes=scopes)
    assert admin.get(f"{LIST}{key.id}/").content.decode().count(path) == 3


def test_only_admins_and_owners_see_keys(page_as: Callable[..., Client], principal: Principal) -> None:
    key = made(principal)
    paths = [LIST, NEW, *(f"{LIST}{key.id}/{tail}" for tail in ("", "rotate/", "revoke/"))]
    for role, status in ((Role.VIEWER, 403), (Role.EDITOR, 403), (Role.ADMIN, 200), (Role.OWNER, 200)):
        assert {page_as(role).get(path).status_code for path in paths} == {status}
    editor, before = page_as(Role.EDITOR), key.key_hash
    for path in paths[1:]:
        assert editor.post(path, {"name": "x", "scopes": ["chat:write"]}).status_code == 403
    key.refresh_from_db()
    assert (APIKey.objects.count(), key.status, key.key_hash) == (1, "active", before)


def test_another_tenants_key_is_not_there(admin: Client, globex: TenantRef, principal: Principal) -> None:
    with context.entered(globex):
        theirs = made(principal, "Theirs")
    mine = made(principal, "Mine")
    for tail in ("", "rotate/", "revoke/"):
        assert admin.get(f"{LIST}{theirs.id}/{tail}").status_code == 404
        assert admin.get(f"{LIST}{mine.id}/{tail}").status_code == 200
        assert admin.post(f"{LIST}{theirs.id}/{tail}", {"name": "x", "scopes": ["chat:write"]}).status_code == 404
    before = theirs.key_hash
    theirs.refresh_from_db()
    assert (theirs.name, theirs.status, theirs.key_hash) == ("Theirs", "active", before)
    page = admin.get(LIST, {"state": "all"}).content.decode()
    assert "Mine" in page
    assert "Theirs" not in page


def test_a_longer_list_costs_no_more_statements(admin: Client, principal: Principal) -> None:
    counts = []
    for number in (1, 2):
        for _ in range(number):
            made(principal)
        admin.get(LIST)
        with CaptureQueriesContext(connection) as seen:
            admin.get(LIST)
        counts.append(len(seen))
    assert counts[0] == counts[1]
