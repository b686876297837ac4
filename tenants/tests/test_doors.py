"""The doors before the dashboard: a new organisation, several of them, one's own account, the language."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from rest_framework.test import APIClient

from tenants import limits
from tenants.enums import Role
from tenants.models import AuditEvent, Invitation, Membership, Tenant, User
from tenants.types import TenantRef

WHOLE = {
    "organisation": "Initech Ltd", "slug": "", "name": "Bill", "email": "bill@initech.example",
    "password": "correct horse battery",
}  # fmt: skip


@pytest.fixture
def open_door(db: None, settings: Any) -> None:
    settings.TENANT_SIGNUP = "open"


def test_anyone_creates_an_organisation_where_the_operator_lets_them(open_door: None) -> None:
    client = Client()
    assert "/welcome/" in client.get("/accounts/login/").content.decode()
    weak = client.post("/welcome/", {**WHOLE, "password": "12345"})
    assert (weak.status_code, "Initech Ltd" in weak.content.decode()) == (422, True)
    assert client.post("/welcome/", WHOLE)["Location"] == "/dashboard/initech-ltd/"
    bill = User.objects.get(email="bill@initech.example")
    assert (bill.name, bill.memberships.get().role) == ("Bill", "owner")
    assert not EmailAddress.objects.get(user=bill).verified
    assert "/accounts/confirm-email/" in str(mail.outbox[-1].body)
    assert client.get("/dashboard/")["Location"] == "/dashboard/initech-ltd/"


def test_nobody_does_where_the_operator_does_not(db: None, settings: Any) -> None:
    settings.TENANT_SIGNUP = "staff"
    client = Client()
    assert "/welcome/" not in client.get("/accounts/login/").content.decode()
    assert client.get("/welcome/").status_code == 403
    assert client.post("/welcome/", WHOLE).status_code == 403
    assert not Tenant.objects.filter(slug="initech-ltd").exists()


def test_a_short_name_is_free_or_refused(open_door: None) -> None:
    taken = Client().post("/welcome/", {**WHOLE, "slug": "acme"})
    assert (taken.status_code, "with this slug" in taken.content.decode()) == (422, True)
    assert Client().post("/welcome/", {**WHOLE, "organisation": "Acme"})["Location"] == "/dashboard/acme-2/"


def test_a_stranger_makes_so_many_an_hour(open_door: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_UPS_AN_HOUR", 1)
    assert Client().post("/welcome/", {**WHOLE, "slug": "acme"}).status_code == 422
    slowed = Client().post("/welcome/", WHOLE)
    assert (slowed.status_code, "try again in" in slowed.content.decode()) == (422, True)


def test_somebodys_e_mail_needs_their_password(open_door: None) -> None:
    wrong = Client().post("/welcome/", {**WHOLE, "email": "owner@acme.example", "password": "another good phrase"})
    assert wrong.status_code == 422
    right = Client().post("/welcome/", {**WHOLE, "email": "owner@acme.example"})
    assert right["Location"] == "/dashboard/initech-ltd/"
    assert Membership.objects.filter(user__email="owner@acme.example").count() == 2


@pytest.fixture
def confirming(open_door: None, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def _answer(**given: str) -> tuple[int, str, set[str], list[str]]:
    """What a stranger sees of an answer: its status, where it leads, its cookies, what the next page says."""
    client = Client()
    answer = client.post("/welcome/", {**WHOLE, **given})
    said = client.get(answer["Location"]).content.decode() if answer.has_header("Location") else ""
    notices = re.findall(r"<h1>.*?</h1>|<p.*?</p>", said, re.DOTALL)
    shown = [notice.replace(given.get("email", WHOLE["email"]), "it") for notice in notices]
    return answer.status_code, answer.headers.get("Location", ""), set(client.cookies), shown


def test_where_e_mails_are_confirmed_nobody_learns_who_has_an_account(confirming: None) -> None:
    new = _answer()
    assert new[:2] == (302, "/accounts/confirm-email/")
    assert "/accounts/confirm-email/" in str(mail.outbox[-1].body)
    known = _answer(email="owner@acme.example", password="another good phrase", organisation="Initrode")
    assert known == new
    assert not Tenant.objects.filter(slug="initrode").exists()
    assert mail.outbox[-1].to == ["owner@acme.example"]
    assert "/accounts/login/?next=/welcome/" in str(mail.outbox[-1].body)
    weak = [_answer(password="12345", email=email)[0] for email in ("owner@acme.example", "new@x.example")]
    assert weak == [422, 422]


def test_where_e_mails_are_confirmed_the_link_lets_in(confirming: None, anonymous: APIClient) -> None:
    client = Client()
    client.post("/welcome/", WHOLE)
    assert client.get("/dashboard/")["Location"].startswith("/accounts/login/")
    sign_in = {"email": WHOLE["email"], "password": WHOLE["password"]}
    assert anonymous.post("/v1/auth/login", sign_in).json()["code"] == "email_not_confirmed"
    wrong = {**sign_in, "password": "another good phrase"}
    assert anonymous.post("/v1/auth/login", wrong).json()["code"] == "invalid_credentials"
    link = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    client.post(link[1])
    assert client.get("/dashboard/")["Location"] == "/dashboard/initech-ltd/"
    assert anonymous.post("/v1/auth/login", sign_in).status_code == 200


def test_where_e_mails_are_confirmed_an_own_password_still_adds_one(confirming: None) -> None:
    EmailAddress.objects.filter(email="owner@acme.example").update(verified=True)
    assert _answer(email="owner@acme.example")[1] == "/dashboard/initech-ltd/"


def test_where_e_mails_are_confirmed_strangers_use_the_page(
    confirming: None, anonymous: APIClient, staff: APIClient
) -> None:
    wanted = {"name": "Initech", "slug": "initech", "email": "bill@initech.example", "password": WHOLE["password"]}
    assert anonymous.post("/admin/tenants/", wanted).json()["code"] == "use_the_page"
    assert staff.post("/admin/tenants/", wanted).status_code == 201


def test_who_is_signed_in_adds_one_and_chooses(open_door: None) -> None:
    client = Client()
    client.force_login(User.objects.get(email="owner@acme.example"))
    assert client.post("/welcome/", {"organisation": "Initech", "slug": ""})["Location"] == "/dashboard/initech/"
    chooser = client.get("/dashboard/").content.decode()
    assert "/dashboard/acme/" in chooser
    assert "/dashboard/initech/" in chooser
    assert "globex" not in chooser


def test_one_changes_ones_name(page_as: Callable[..., Client], acme: TenantRef) -> None:
    client = page_as(Role.VIEWER)
    assert client.post("/accounts/", {"name": " Vera "})["Location"] == "/accounts/"
    assert "Vera" in client.get("/accounts/").content.decode()
    assert AuditEvent.objects.filter(action="user.name").exists()
    assert Client().get("/accounts/")["Location"].startswith("/accounts/login/")


def test_a_language_is_kept(db: None) -> None:
    client = Client()
    with translation.override("en"):  # a page leaves its language to the thread, which is the next test's, too
        client.post("/language/", {"language": "de", "next": "/accounts/login/"})
        assert '<html lang="de"' in client.get("/accounts/login/").content.decode()


def test_every_users_e_mail_is_known_however_they_are_made(db: None) -> None:
    user = User.objects.create_user(email="a@x.example", password=None)
    EmailAddress.objects.filter(user=user).update(verified=True)
    user.email = "b@x.example"
    user.save()
    rows = EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")
    assert list(rows) == [("b@x.example", False, True)]


def test_people_from_before_are_taken_over(db: None) -> None:
    invited = User.objects.create_user(email="invited@x.example", password=None)
    staff = User.objects.create_user(email="staff@x.example", password=None, platform_role="admin")
    stranger = User.objects.create_user(email="stranger@x.example", password=None)
    Invitation.objects.create(
        tenant=Tenant.objects.get(slug="acme"), email=invited.email, role=Role.VIEWER, token_hash="x",
        expires_at=timezone.now(), accepted_at=timezone.now(),
    )  # fmt: skip
    EmailAddress.objects.all().delete()
    migration = import_module("tenants.migrations.0005_addresses")
    for _ in range(2):
        migration.keep_addresses(apps, None)
    confirmed = dict(EmailAddress.objects.filter(primary=True).values_list("user_id", "verified"))
    assert len(confirmed) == User.objects.count()
    assert [confirmed[user.id] for user in (invited, staff, stranger)] == [True, True, False]
