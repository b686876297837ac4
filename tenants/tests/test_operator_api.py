"""The operator's API: staff may, everybody else may not, and a mistake has its name."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from tenants.enums import Role
from tenants.models import AuditEvent, GlobalAIProvider, Plan, Tenant
from tenants.types import TenantRef

PATHS = [
    "/admin/tenants/", "/admin/plans/", "/admin/ai-providers/", "/admin/model-prices/", "/admin/settings/system",
    "/admin/audit/",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_staff_only(path: str, anonymous: APIClient, staff: APIClient, api_as: Callable[..., APIClient]) -> None:
    assert anonymous.get(path).status_code == 401
    refused = api_as(Role.OWNER).get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "staff_only")
    allowed = staff.get(path)
    assert allowed.status_code == 200
    assert set(allowed.json()) == {"count", "next", "previous", "results"}


def test_a_trailing_slash_changes_nothing(staff: APIClient) -> None:
    assert staff.get("/admin/plans").json() == staff.get("/admin/plans/").json()


def test_a_tenant_is_changed_in_part_suspended_and_deleted(staff: APIClient, globex: TenantRef) -> None:
    path = f"/admin/tenants/{globex.id}"
    changed = staff.put(path, {"plan": "free", "is_active": False}).json()
    assert (changed["name"], changed["plan"], changed["is_active"]) == ("Globex", "free", False)
    assert staff.get(path).json() == changed
    assert staff.delete(path).status_code == 204
    assert staff.get(path).status_code == 404
    assert not Tenant.objects.filter(id=globex.id).exists()


def test_tenants_are_searched(staff: APIClient, globex: TenantRef) -> None:
    found = staff.get("/admin/tenants/", {"search": "glob"}).json()
    assert [row["slug"] for row in found["results"]] == ["globex"]


def test_plans_and_providers_are_kept(staff: APIClient) -> None:
    plan = staff.post("/admin/plans/", {"slug": "team", "name": "Team", "bots": 5})
    assert (plan.status_code, plan.json()["bots"]) == (201, 5)
    again = staff.post("/admin/plans/", {"slug": "team", "name": "Team 2"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    changed = staff.put(f"/admin/plans/{plan.json()['id']}", {"is_default": True})
    assert changed.json()["is_default"] is True
    assert Plan.objects.get(is_default=True).slug == "team"
    assert staff.delete(f"/admin/plans/{plan.json()['id']}").status_code == 204
    provider = staff.post("/admin/ai-providers/", {"name": "Local", "provider_type": "openai_compatible"})
    assert provider.status_code == 201
    bad = staff.post("/admin/ai-providers/", {"name": "X", "provider_type": "abacus"})
    assert "provider_type" in bad.json()["errors"]
    assert GlobalAIProvider.objects.filter(name="Local").count() == 1


def test_a_plan_in_use_stays(staff: APIClient, globex: TenantRef) -> None:
    plan = Plan.objects.get(slug="enterprise")
    refused = staff.delete(f"/admin/plans/{plan.id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_in_use")


def test_the_audit_setting_takes_effect_at_once(staff: APIClient) -> None:
    guide = {"enabled": True, "log_conversations": True, "log_knowledge_retrieval": True, "retention_days": 90}
    answer = staff.post("/admin/settings/system", {"key": "audit_logging", "value": guide})
    assert (answer.status_code, answer.json()["value"]) == (200, guide)
    staff.post("/admin/settings/system", {"key": "audit_logging", "value": {"enabled": False}})
    before = AuditEvent.objects.count()
    staff.post("/admin/plans/", {"slug": "silent", "name": "Silent"})
    assert AuditEvent.objects.count() == before
    staff.post("/admin/settings/system", {"key": "audit_logging", "value": {"enabled": True}})
    staff.post("/admin/plans/", {"slug": "loud", "name": "Loud"})
    assert AuditEvent.objects.filter(action="plan.create").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": "colour", "value": {}}, "key"),
        ({"key": "audit_logging", "value": []}, "value"),
        ({"key": "audit_logging", "value": {"enabled": "yes"}}, "value.enabled"),
        ({"key": "audit_logging", "value": {"retention_days": 0}}, "value.retention_days"),
        ({"key": "audit_logging", "value": {"retention_days": True}}, "value.retention_days"),
        ({"key": "audit_logging", "value": {"louder": True}}, "value.louder"),
    ],
)
def test_bad_settings_are_refused_by_field(staff: APIClient, body: dict[str, object], field: str) -> None:
    answer = staff.post("/admin/settings/system", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_the_audit_is_filtered(staff: APIClient, globex: TenantRef) -> None:
    staff.put(f"/admin/tenants/{globex.id}", {"description": "Widgets"})
    rows = staff.get("/admin/audit/", {"tenant": "globex", "action": "tenant.update"}).json()["results"]
    assert [(row["actor"], row["data"]) for row in rows] == [("root@parley.example", {"changed": ["description"]})]


def test_unknown_things_and_bodies(staff: APIClient) -> None:
    assert staff.get(f"/admin/tenants/{uuid4()}").json()["code"] == "not_found"
    assert staff.get("/admin/tenants/not-an-id").json()["code"] == "not_found"
    malformed = staff.generic("POST", "/admin/plans/", "{", content_type="application/json")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "malformed")
    form = staff.generic("POST", "/admin/plans/", "a=b", content_type="application/x-www-form-urlencoded")
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    assert staff.patch("/admin/plans/", {}).json()["code"] == "method_not_allowed"
    unknown = staff.post("/admin/plans/", {"slug": "a", "name": "A", "colour": "red"})
    assert unknown.json()["errors"] == {"colour": ["There is no such field."]}
