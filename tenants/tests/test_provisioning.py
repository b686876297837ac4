"""A tenant comes whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from rest_framework.test import APIClient

from tenants import limits, members, people, services
from tenants.errors import Invalid, NotFound
from tenants.models import Invitation, Membership, Tenant, TenantRoute, User
from tenants.provisioning import schema
from tenants.types import Principal, TenantRef

NOBODY = Principal()
WHOLE: dict[str, Any] = {
    "name": "Initech",
    "slug": "initech",
    "email": "boss@initech.example",
    "password": "correct horse battery",
}


def _schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 't\\_%%'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_a_tenant_gets_a_schema_an_owner_and_an_invitation(
    django_capture_on_commit_callbacks: Any,
) -> None:
    before = _schemas()
    with django_capture_on_commit_callbacks(execute=True):
        tenant = services.create_tenant(by=NOBODY, **WHOLE, owner_email="owner@initech.example")
    assert _schemas() - before == {tenant.schema_name}
    assert tenant.schema_name == f"t_{tenant.id.hex}"
    assert Membership.objects.get(tenant=tenant).user.email == "boss@initech.example"
    assert Invitation.objects.get(tenant=tenant).email == "owner@initech.example"
    assert mail.outbox[0].to == ["owner@initech.example"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"slug": "acme"}, services.SlugTaken),
        ({"plan": "platinum"}, Invalid),
        ({"password": "password"}, Invalid),
        ({"email": "owner@acme.example", "password": "not the right one"}, people.EmailTaken),
    ],
)
def test_a_refused_tenant_leaves_nothing(wrong: dict[str, str], refused: type[Exception]) -> None:
    with pytest.raises(refused):
        services.create_tenant(by=NOBODY, **{**WHOLE, "email": "new@initech.example", **wrong})
    assert not Tenant.objects.filter(slug="initech").exists()
    assert not User.objects.filter(email="new@initech.example").exists()
    assert len(_schemas()) == Tenant.objects.count()


@pytest.mark.django_db
def test_a_failing_migration_leaves_no_row_and_no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = schema.create

    def create_and_fail(tenant: Tenant) -> None:
        whole(tenant)
        raise RuntimeError("a migration failed")

    monkeypatch.setattr(schema, "create", create_and_fail)
    with pytest.raises(RuntimeError):
        services.create_tenant(by=NOBODY, **WHOLE)
    assert not Tenant.objects.filter(slug="initech").exists()
    assert not User.objects.filter(email=WHOLE["email"]).exists()
    assert len(_schemas()) == Tenant.objects.count()


@pytest.mark.django_db
def test_deleting_a_tenant_takes_its_schema_and_routes_and_leaves_the_others() -> None:
    tenant = services.create_tenant(by=NOBODY, **WHOLE)
    TenantRoute.objects.create(id=tenant.id, tenant=tenant)
    others = _schemas() - {tenant.schema_name}
    services.delete_tenant(by=NOBODY, tenant=tenant)
    assert _schemas() == others
    assert not TenantRoute.objects.exists()


@pytest.mark.django_db
def test_an_invited_person_joins_once(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        services.create_tenant(by=NOBODY, **WHOLE, owner_email="owner@initech.example")
    link = next(line for line in str(mail.outbox[0].body).splitlines() if "/accounts/invitation/" in line)
    token = members.fingerprint(link.rstrip("/").rsplit("/", 1)[1])
    joined = members.accept(token_hash=token, password="another good phrase", name="Ann")
    assert (joined.user.email, joined.role, joined.user.name) == ("owner@initech.example", "owner", "Ann")
    with pytest.raises(NotFound):
        members.accept(token_hash=token, password="another good phrase")


def test_signup_follows_the_setting(anonymous: APIClient, staff: APIClient, settings: Any) -> None:
    settings.TENANT_SIGNUP = "staff"
    refused = anonymous.post("/admin/tenants/", WHOLE)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff_only")
    assert staff.post("/admin/tenants/", WHOLE).status_code == 201
    settings.TENANT_SIGNUP = "open"
    other = {**WHOLE, "slug": "initrode", "email": "boss@initrode.example"}
    assert anonymous.post("/admin/tenants/", other).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "Not A Slug"}, "slug"),
        ({"email": "nobody"}, "email"),
        ({"name": "x" * 201}, "name"),
        ({"name": 7.5, "is_active": True}, "is_active"),
        ({"plan": "platinum"}, "plan"),
        ({"password": "12345"}, "password"),
    ],
)
def test_bad_tenants_are_refused_by_field(anonymous: APIClient, change: dict[str, Any], field: str) -> None:
    answer = anonymous.post("/admin/tenants/", {**WHOLE, **change})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert not Tenant.objects.filter(slug=WHOLE["slug"]).exists()


def test_a_stranger_cannot_guess_a_password_by_asking_for_tenants(
    anonymous: APIClient, staff: APIClient, globex: TenantRef, settings: Any
) -> None:
    settings.TENANT_SIGNUP = "open"
    guess = {**WHOLE, "email": "owner@globex.example", "password": "not this horse"}
    answers = [anonymous.post("/admin/tenants/", guess).status_code for _ in range(limits.SIGN_UPS_AN_HOUR + 1)]
    assert answers == [409] * limits.SIGN_UPS_AN_HOUR + [429]
    assert anonymous.post("/admin/tenants/", {**guess, "password": "correct horse battery"}).status_code == 429
    assert staff.post("/admin/tenants/", WHOLE).status_code == 201
