"""Signing in on pages: passwords, mails, the second factor, and where one is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from apikeys import second_factor
from apikeys.models import AccessToken
from tenants import limits
from tenants.enums import Role
from tenants.models import AuditEvent, User
from tenants.types import TenantRef

EMAIL, PASSWORD = "owner@acme.example", "correct horse battery"
LOGIN = "/accounts/login/"


def _sign_in(client: Client, password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": EMAIL, "password": password, **more})


def _link(path: str) -> str:
    found = re.search(rf"https?://[^/]+({path}\S+)", str(mail.outbox[-1].body))
    assert found is not None, mail.outbox[-1].body
    return str(found[1])


def _code(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()) + 1)))


@pytest.fixture
def secret(owner: User) -> str:
    """The owner has a second factor; this is the app's secret."""
    made = str(totp.generate_totp_secret())
    totp.TOTP.activate(owner, made)
    RecoveryCodes.activate(owner)
    return made


def _recovery_code(user: User) -> str:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return str(RecoveryCodes(row).get_unused_codes()[0])


def test_people_sign_in_with_their_e_mail_and_land_in_their_organisation(acme: TenantRef) -> None:
    client = Client()
    assert _sign_in(client, "wrong").status_code == 200
    assert client.get("/dashboard/")["Location"].startswith(LOGIN)
    assert _sign_in(client)["Location"] == "/dashboard/"
    assert client.get("/dashboard/")["Location"] == "/dashboard/acme/"
    assert client.get("/")["Location"] == "/dashboard/"
    assert AuditEvent.objects.filter(action="session.start", actor=EMAIL).exists()


def test_what_was_asked_for_comes_after_signing_in_and_nothing_elsewhere(acme: TenantRef) -> None:
    assert _sign_in(Client(), next="/dashboard/acme/members/")["Location"] == "/dashboard/acme/members/"
    assert _sign_in(Client(), next="https://evil.example/")["Location"] == "/dashboard/"


def test_pages_and_api_count_tries_together(
    acme: TenantRef, anonymous: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SIGN_INS_A_MINUTE", 2)
    assert _sign_in(Client(), "wrong").status_code == 200
    assert anonymous.post("/v1/auth/login", {"email": EMAIL, "password": "wrong"}).status_code == 401
    assert anonymous.post("/v1/auth/login", {"email": EMAIL, "password": PASSWORD}).status_code == 429
    slowed = _sign_in(Client())
    assert (slowed.status_code, "try again in" in slowed.content.decode()) == (200, True)


def test_who_is_locked_out_stays_out(owner: User) -> None:
    owner.is_active = False
    owner.save()
    client = Client()
    _sign_in(client)
    assert client.get("/dashboard/").status_code == 302
    assert client.get("/dashboard/")["Location"].startswith(LOGIN)


def test_a_second_factor_is_asked_for(owner: User, secret: str) -> None:
    client = Client()
    assert _sign_in(client)["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/dashboard/")["Location"].startswith(LOGIN)
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})["Location"] == "/dashboard/"
    assert client.get("/dashboard/")["Location"] == "/dashboard/acme/"


def test_a_recovery_code_opens_once(owner: User, secret: str) -> None:
    code = _recovery_code(owner)
    answers = []
    for _ in range(2):
        client = Client()
        _sign_in(client)
        answers.append(client.post("/accounts/2fa/authenticate/", {"code": code}).status_code)
    assert answers == [302, 200]


def test_guessing_codes_is_slowed(owner: User, secret: str) -> None:
    client = Client()
    _sign_in(client)
    for number in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"})
    assert client.post("/accounts/2fa/authenticate/", {"code": _code(secret)}).status_code == 200


def test_the_console_has_the_same_door(secret: str, owner: User) -> None:
    owner.platform_role = "admin"
    owner.save()
    client = Client()
    assert client.get("/console/")["Location"] == "/console/login/?next=/console/"
    assert client.get("/console/login/?next=/console/")["Location"] == f"{LOGIN}?next=/console/"
    client.post("/console/login/", {"username": EMAIL, "password": PASSWORD})
    assert client.get("/console/").status_code == 302
    _sign_in(client, next="/console/")
    assert client.get("/console/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": _code(secret)})["Location"] == "/console/"
    assert client.get("/console/").status_code == 200


def test_staff_land_in_the_console_and_strangers_are_told(db: None) -> None:
    for role, status in (("admin", 302), ("", 200)):
        client = Client()
        client.force_login(User.objects.create_user(email=f"x{role}@x.example", password=None, platform_role=role))
        answer = client.get("/dashboard/")
        assert answer.status_code == status
        if role:
            assert answer["Location"] == "/console/"
        else:
            assert "member of no organisation" in answer.content.decode()
            assert client.get("/console/login/")["Location"] == "/dashboard/"


def test_the_api_asks_for_the_second_factor_too(owner: User, secret: str, anonymous: APIClient) -> None:
    def answer(**more: str) -> tuple[int, str | None]:
        found = anonymous.post("/v1/auth/login", {"email": EMAIL, "password": PASSWORD, **more})
        return found.status_code, found.json().get("code")

    assert answer() == (401, "second_factor_required")
    assert answer(tenant="globex") == (401, "second_factor_required")
    assert answer(code="000000") == (401, "second_factor_wrong")
    assert answer(code=_code(secret))[0] == 200
    assert answer(code=_code(secret)) == (401, "second_factor_wrong")
    recovery = _recovery_code(owner)
    assert answer(code=recovery)[0] == 200
    assert answer(code=recovery) == (401, "second_factor_wrong")


def test_turning_it_on_ends_tokens_and_needs_a_confirmed_e_mail(
    owner: User, django_capture_on_commit_callbacks: Any
) -> None:
    AccessToken.issue(user=owner)
    client = Client()
    _sign_in(client)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 302  # the e-mail is not confirmed
    EmailAddress.objects.filter(user=owner).update(verified=True)
    asked = client.get("/accounts/2fa/totp/activate/")["Location"]
    assert asked.startswith("/accounts/reauthenticate/")
    assert client.post(asked, {"password": "wrong"}).status_code == 200
    client.post(asked, {"password": PASSWORD})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    made = client.session[totp.SECRET_SESSION_KEY]
    with django_capture_on_commit_callbacks() as after:
        done = client.post("/accounts/2fa/totp/activate/", {"code": _code(made)})
    with request_context(done.wsgi_request):  # as it is when the transaction is not a test's
        for callback in after:
            callback()
    assert done.status_code == 302
    assert not AccessToken.objects.filter(user=owner).exists()
    row = Authenticator.objects.get(user=owner, type=Authenticator.Type.TOTP)
    assert made not in str(row.data)
    assert AuditEvent.objects.filter(action="second_factor.on", actor=EMAIL).exists()
    assert mail.outbox[-1].subject.startswith("[Parley] ")


def test_its_secrets_move_under_a_new_key(owner: User, secret: str, settings: Any) -> None:
    assert second_factor.rotate() == {"kept": 2}
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert second_factor.rotate() == {"rotated": 2}
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert second_factor.holds(owner, code=_code(secret))
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert second_factor.rotate() == {"unreadable": 2}


def test_a_forgotten_password_is_chosen_anew_and_ends_the_other_sessions(owner: User) -> None:
    elsewhere = Client()
    _sign_in(elsewhere)
    client = Client()
    asked = client.post("/accounts/password/reset/", {"email": EMAIL})
    assert client.post("/accounts/password/reset/", {"email": "nobody@x.example"})["Location"] == asked["Location"]
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    there = client.get(_link("/accounts/password/reset/key/"), follow=True)
    new = {"password1": "another good phrase", "password2": "another good phrase"}
    assert client.post(there.request["PATH_INFO"], new).status_code == 302
    assert EmailAddress.objects.get(user=owner).verified
    assert elsewhere.get("/dashboard/")["Location"].startswith(LOGIN)
    assert _sign_in(Client()).status_code == 200
    assert _sign_in(Client(), "another good phrase").status_code == 302


def test_a_new_e_mail_takes_the_old_ones_place_once_it_is_confirmed(owner: User) -> None:
    EmailAddress.objects.filter(user=owner).update(verified=True)
    client = Client()
    _sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "new@acme.example"})
    owner.refresh_from_db()
    assert owner.email == EMAIL
    assert client.get("/accounts/email/").status_code == 200
    client.post(_link("/accounts/confirm-email/"))
    owner.refresh_from_db()
    assert owner.email == "new@acme.example"
    rows = EmailAddress.objects.filter(user=owner).values_list("email", "verified", "primary")
    assert list(rows) == [("new@acme.example", True, True)]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("login/", ("E-mail", "Password", "Stay signed in")),
        ("password/reset/", ("E-mail",)),
    ],
)
def test_fields_before_signing_in_speak_our_words(db: None, path: str, said: tuple[str, ...]) -> None:
    page = Client().get(f"/accounts/{path}").content.decode()
    assert [label for label in ("E-mail", "Password", "Stay signed in") if f">{label}" in page] == list(said)
    assert "Remember Me" not in page
    assert 'placeholder="' not in page


def test_who_never_confirmed_an_e_mail_signs_in_with_it_until_another_is(owner: User) -> None:
    client = Client()
    _sign_in(client)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "", "email": "wrong@acme.example"})
    client.post("/accounts/email/", {"action_add": "", "email": "new@acme.example"})
    owner.refresh_from_db()
    assert owner.email == EMAIL
    client.post("/accounts/email/", {"action_remove": "", "email": EMAIL})
    assert _sign_in(Client()).status_code == 302
    page = client.get("/accounts/email/").content.decode()
    assert EMAIL in page
    assert "new@acme.example" in page
    client.post(_link("/accounts/confirm-email/"))
    owner.refresh_from_db()
    assert owner.email == "new@acme.example"
    assert [row.email for row in EmailAddress.objects.filter(user=owner)] == ["new@acme.example"]


def test_a_new_e_mail_asks_who_one_is(owner: User) -> None:
    client = Client()
    _sign_in(client)
    asked = client.post("/accounts/email/", {"action_add": "", "email": "new@acme.example"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="new@acme.example").exists()
    client.post(asked["Location"], {"password": PASSWORD})
    assert EmailAddress.objects.filter(user=owner, email="new@acme.example").exists()


def test_a_reset_takes_the_account_from_who_had_it_before(owner: User) -> None:
    EmailAddress.objects.filter(user=owner).update(verified=True)
    before = Client()
    _sign_in(before)
    before.post("/accounts/reauthenticate/", {"password": PASSWORD})
    before.post("/accounts/email/", {"action_add": "", "email": "other@x.example"})
    theirs = _link("/accounts/confirm-email/")
    client = Client()
    client.post("/accounts/password/reset/", {"email": EMAIL})
    there = client.get(_link("/accounts/password/reset/key/"), follow=True)
    new = {"password1": "another good phrase", "password2": "another good phrase"}
    assert client.post(there.request["PATH_INFO"], new).status_code == 302
    before.post(theirs)
    owner.refresh_from_db()
    assert owner.email == EMAIL
    assert [row.email for row in EmailAddress.objects.filter(user=owner)] == [EMAIL]


def test_one_sees_where_one_is_signed_in_and_ends_the_others(owner: User) -> None:
    here, there = Client(headers={"user-agent": "Here/1"}), Client(headers={"user-agent": "There/1"})
    _sign_in(here)
    _sign_in(there)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Here/1" in page
    assert "There/1" in page
    here.post("/accounts/sessions/")
    assert there.get("/dashboard/")["Location"].startswith(LOGIN)
    assert here.get("/dashboard/")["Location"] == "/dashboard/acme/"
    assert UserSession.objects.filter(user=owner).count() == 1


PAGES = [
    "", "email/", "password/change/", "2fa/", "2fa/totp/activate/", "2fa/recovery-codes/", "sessions/", "logout/",
    "reauthenticate/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_account_is_drawn_as_ours(owner: User, path: str) -> None:
    EmailAddress.objects.filter(user=owner).update(verified=True)
    if "recovery" in path:
        totp.TOTP.activate(owner, totp.generate_totp_secret())
        RecoveryCodes.activate(owner)
    client = Client()
    client.force_login(owner)
    answer = client.get(f"/accounts/{path}", follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="gate"' in page
    assert "style=" not in page
    assert "<script>" not in page
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["login/", "password/reset/", "password/reset/done/", "inactive/", "confirm-email/x/"])
def test_so_is_every_page_before_it(db: None, path: str) -> None:
    answer = Client().get(f"/accounts/{path}")
    assert answer.status_code == 200
    assert 'class="gate"' in answer.content.decode()


def test_the_api_never_meets_allauth(api_as: Callable[..., APIClient]) -> None:
    answer = api_as(Role.VIEWER).get("/v1/auth/me")
    assert answer.status_code == 200
    assert not hasattr(answer.wsgi_request, "allauth")
