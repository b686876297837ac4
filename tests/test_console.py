"""The operator's console: every page opens for staff, none for others, and no secret is on any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apikeys import services as key_services
from apikeys.models import APIKey
from tenants import context, limits
from tenants.enums import PlatformRole, Role
from tenants.models import AuditEvent, GlobalAIProvider, Plan, SystemSetting, Tenant, TenantRoute, User
from tenants.types import Principal, TenantRef

MODELS = [m for m in admin.site._registry if m._meta.app_label in {"tenants", "apikeys"}]


def _at_console(role: str) -> Client:
    user = User.objects.create_user(email=f"{role or 'nobody'}@parley.example", password="x" * 12, platform_role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def console(db: None) -> Client:
    return _at_console(PlatformRole.SUPER_ADMIN)


@pytest.fixture
def rows(acme: TenantRef, principal: Principal, member: Callable[..., User]) -> None:
    """A row of every kind."""
    key_services.create_key(by=principal, name="Website", scopes=["chat:read"])
    key_services.sign_in(email="owner@acme.example", password="correct horse battery")
    TenantRoute.objects.create(id=acme.id, tenant_id=acme.id)
    SystemSetting.objects.create(key="audit_logging", value={"enabled": True})
    member(Role.VIEWER)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_page_opens(console: Client, rows: None, model: type[Model]) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listed = console.get(reverse(f"{name}_changelist"), {"q": "acme"})
    assert listed.status_code == 200
    console.get(reverse(f"{name}_changelist"))
    row = model._default_manager.first()
    if row is not None:
        page = console.get(reverse(f"{name}_change", args=[row.pk]))
        assert page.status_code == 200
        for secret in APIKey.objects.values_list("key_hash", flat=True):
            assert secret not in page.content.decode()
        assert console.get(reverse(f"{name}_history", args=[row.pk])).status_code == 200
    if admin.site._registry[model].has_add_permission(_request(console)):
        assert console.get(reverse(f"{name}_add")).status_code == 200


def _request(client: Client) -> Any:
    return client.get(reverse("admin:index")).wsgi_request


def test_the_front_page_opens_for_staff_alone(console: Client, api_as: Any, member: Callable[..., User]) -> None:
    assert console.get("/console/").status_code == 200
    stranger = Client()
    stranger.force_login(member(Role.OWNER))
    assert stranger.get("/console/").status_code == 302
    assert Client().get("/console/").status_code == 302


def test_staff_sign_in_with_email_and_are_slowed_when_guessing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_INS_A_MINUTE", 2)
    User.objects.create_user(email="s@parley.example", password="correct horse", platform_role="admin")
    form = {"login": "s@parley.example", "password": "correct horse"}
    door = Client().get("/console/login/", {"next": "/console/"})
    assert door["Location"] == "/accounts/login/?next=/console/"
    assert Client().post(door["Location"], form)["Location"] == "/console/"
    assert Client().post("/accounts/login/", {**form, "password": "wrong"}).status_code == 200
    slowed = Client().post("/accounts/login/", form)
    assert slowed.status_code == 200
    assert "try again in" in slowed.content.decode()


def test_a_tenant_is_made_and_changed_at_the_console(console: Client) -> None:
    plan = Plan.objects.get(slug="free")
    form = {
        "name": "Initech", "slug": "initech", "description": "", "plan": plan.id,
        "email": "boss@initech.example", "password": "correct horse battery",
    }  # fmt: skip
    weak = console.post(reverse("admin:tenants_tenant_add"), {**form, "password": "123"})
    assert (weak.status_code, Tenant.objects.filter(slug="initech").exists()) == (200, False)
    taken = console.post(reverse("admin:tenants_tenant_add"), {**form, "email": "owner@acme.example", "password": "x"})
    assert (taken.status_code, Tenant.objects.filter(slug="initech").exists()) == (200, False)
    made = console.post(reverse("admin:tenants_tenant_add"), form)
    assert made.status_code == 302
    tenant = Tenant.objects.get(slug="initech")
    assert tenant.memberships.get().user.email == "boss@initech.example"
    assert AuditEvent.objects.filter(action="tenant.create", actor="super_admin@parley.example").exists()
    change = {
        "name": "Initech Ltd", "description": "", "plan": plan.id, "is_active": "",
        **{f"{inline}-{field}": "0" for inline in ("memberships", "domains")
           for field in ("TOTAL_FORMS", "INITIAL_FORMS")},
    }  # fmt: skip
    assert console.post(reverse("admin:tenants_tenant_change", args=[tenant.id]), change).status_code == 302
    tenant.refresh_from_db()
    assert (tenant.name, tenant.is_active) == ("Initech Ltd", False)


def test_rows_saved_at_the_console_are_audited(console: Client) -> None:
    form = {"name": "Local", "provider_type": "openai_compatible", "config": "{}", "is_active": "on"}
    assert console.post(reverse("admin:tenants_globalaiprovider_add"), form).status_code == 302
    assert GlobalAIProvider.objects.filter(name="Local").exists()
    assert AuditEvent.objects.filter(action="global_provider.create").exists()


def test_a_setting_of_the_wrong_shape_is_refused(console: Client) -> None:
    form = {"key": "audit_logging", "value": '{"enabled": "maybe"}'}
    assert console.post(reverse("admin:tenants_systemsetting_add"), form).status_code == 200
    assert not SystemSetting.objects.exists()
    form["value"] = '{"enabled": false}'
    assert console.post(reverse("admin:tenants_systemsetting_add"), form).status_code == 302
    assert SystemSetting.objects.get().value["retention_days"] == 90


def test_the_audit_is_for_reading(console: Client) -> None:
    event = AuditEvent.objects.create(actor_kind="user", actor="x", action="test.deed")
    page = reverse("admin:tenants_auditevent_change", args=[event.id])
    assert console.post(page, {"action": "forged"}).status_code == 403
    assert console.post(reverse("admin:tenants_auditevent_delete", args=[event.id]), {"post": "yes"}).status_code == 403
    assert console.get(reverse("admin:tenants_auditevent_add")).status_code == 403
    event.refresh_from_db()
    assert event.action == "test.deed"


def test_only_super_admins_change_people(db: None) -> None:
    admin_client = _at_console(PlatformRole.ADMIN)
    assert admin_client.get(reverse("admin:tenants_user_add")).status_code == 403
    assert admin_client.get(reverse("admin:tenants_plan_add")).status_code == 200


def test_people_and_their_places_changed_at_the_console_are_audited(console: Client) -> None:
    person = User.objects.get(email="owner@acme.example")
    page = reverse("admin:auth_user_password_change", args=[person.id])
    secret = "another horse battery"
    assert console.post(page, {"password1": secret, "password2": secret}).status_code == 302
    member = {"user": person.id, "tenant": Tenant.objects.get(slug="globex").id, "role": "owner"}
    assert console.post(reverse("admin:tenants_membership_add"), member).status_code == 302
    place = person.memberships.get(tenant__slug="globex")
    assert console.post(reverse("admin:tenants_membership_delete", args=[place.id]), {"post": "yes"}).status_code == 302
    events = AuditEvent.objects.filter(actor="super_admin@parley.example")
    globex = Tenant.objects.get(slug="globex")
    inline = {
        "name": "Globex", "description": "", "plan": globex.plan_id, "is_active": "on",
        **{f"{of}-{field}": "0" for of in ("memberships", "domains") for field in ("TOTAL_FORMS", "INITIAL_FORMS")},
        "memberships-TOTAL_FORMS": "1", "memberships-0-tenant": globex.id, "memberships-0-user": person.id,
        "memberships-0-role": "viewer",
    }  # fmt: skip
    assert console.post(reverse("admin:tenants_tenant_change", args=[globex.id]), inline).status_code == 302
    assert person.memberships.get(tenant=globex).role == "viewer"
    assert events.filter(action="tenant.update", data__changes__0__added__name="membership").exists()
    assert {"user.update", "member.create", "member.delete"} <= set(events.values_list("action", flat=True))
    assert events.get(action="member.create").tenant_id == member["tenant"]
    assert secret not in str(list(events.values()))


def test_a_key_is_revoked_at_the_console(console: Client, rows: None) -> None:
    key = APIKey.objects.get()
    form = {"action": "revoke", "_selected_action": [str(key.id)]}
    assert console.post(reverse("admin:apikeys_apikey_changelist"), form).status_code == 302
    key.refresh_from_db()
    assert key.status == "revoked"


def test_a_tenant_with_keys_and_routes_is_deleted_at_the_console(console: Client, rows: None, acme: TenantRef) -> None:
    page = reverse("admin:tenants_tenant_delete", args=[acme.id])
    assert b"conversations" in console.get(page).content
    with context.entered(TenantRef(id=acme.id, slug="", schema="public")):
        assert console.post(page, {"post": "yes"}).status_code == 302
    assert not Tenant.objects.filter(id=acme.id).exists()
