"""Nothing of a tenant stays behind, nothing of the audit stays too long, and no body is too large."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from rest_framework.test import APIClient

from tenants import keys, services, tasks
from tenants.models import AuditEvent, Tenant
from tenants.types import Principal, TenantRef


def _file_of(tenant: TenantRef, *parts: str) -> str:
    return default_storage.save(keys.file_key(tenant, *parts), ContentFile(b"kept"))


def test_a_deleted_tenant_takes_its_files_and_no_others(
    globex: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    acme = Tenant.objects.get(slug="acme").ref
    theirs = [_file_of(globex, "documents", "a"), _file_of(globex, "b")]
    ours = _file_of(acme, "documents", "a")
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_tenant(by=Principal(), tenant=Tenant.objects.get(id=globex.id))
    assert not any(default_storage.exists(name) for name in [*theirs, f"t/{globex.id}"])
    assert default_storage.exists(ours)
    default_storage.delete(ours)


@pytest.mark.django_db
def test_the_audit_is_kept_as_long_as_the_setting_says() -> None:
    now = timezone.now()
    services.set_setting(by=Principal(), key="audit_logging", value={"retention_days": 30})
    AuditEvent.objects.all().delete()
    for days in (31, 29):
        AuditEvent.objects.create(at=now - timedelta(days=days), actor_kind="user", actor="x", action=f"{days}.days")
    assert tasks.purge_audit() == 1
    assert AuditEvent.objects.get().action == "29.days"


def test_sessions_that_are_over_are_deleted(db: None) -> None:
    for key, hours in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, expire_date=timezone.now() + timedelta(hours=hours))
    assert tasks.purge_sessions() == 1
    assert Session.objects.get().session_key == "new"


def test_a_body_has_a_bound_and_a_text_a_wider_one(api: APIClient) -> None:
    large = "word " * 250_000
    refused = api.post("/v1/auth/login", {"email": large, "password": "x"})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert api.post("/v1/auth/login", {"email": "a@b.example", "password": "x"}).json()["code"] == "invalid_credentials"
    dataset = api.post("/v1/tenant/datasets", {"name": "Books"}).json()["id"]
    text = {"title": "Book", "content": large, "source_type": "text"}
    assert api.post(f"/v1/tenant/datasets/{dataset}/documents", text).status_code == 201
