"""Signing in on pages: passwords, mails, the second factor, and where one is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from threading import Event
from threading import enumerate as enumerate_threads
from typing import Any, ClassVar

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from apikeys import second_factor
from apikeys.models import AccessToken
from tenants import limits, people
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


class _Slow:
    """A mail server that takes until it is told."""

    go = Event()
    sent: ClassVar[list[str]] = []

    def __init__(self, **_: Any) -> None: ...

    def send_messages(self, messages: list[Any]) -> int:
        self.go.wait(20)
        self.sent.extend(message.to[0] for message in messages)
        return len(messages)


def test_a_forgotten_password_is_answered_before_its_mail_is_sent(owner: User, settings: Any) -> None:
    settings.MAIL_LATER, settings.EMAIL_BACKEND = True, f"{__name__}._Slow"
    assert Client().post("/accounts/password/reset/", {"email": EMAIL}).status_code == 302
    assert not _Slow.sent
    _Slow.go.set()
    for thread in enumerate_threads():
        if thread.name == "mail":
            thread.join(20)
    assert _Slow.sent == [EMAIL]


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


def _end(client: Client, session: UserSession) -> int:
    return client.post(f"/accounts/sessions/{session.id}/end/").status_code


def test_one_ends_a_single_place(owner: User) -> None:
    here, there, phone = (Client(headers={"user-agent": name}) for name in ("Here/1", "There/1", "Phone/1"))
    for client in (here, there, phone):
        _sign_in(client)
    assert here.get(f"/accounts/sessions/{UserSession.objects.get(user_agent='There/1').id}/end/").status_code == 405
    assert _end(here, UserSession.objects.get(user_agent="There/1")) == 302
    assert there.get("/dashboard/")["Location"].startswith(LOGIN)
    assert phone.get("/dashboard/")["Location"] == "/dashboard/acme/"
    assert AuditEvent.objects.filter(action="session.end", target=EMAIL).count() == 1
    own = UserSession.objects.get(user_agent="Here/1")
    assert here.post(f"/accounts/sessions/{own.id}/end/")["Location"] == "/accounts/logout/"
    assert here.get("/dashboard/")["Location"] == "/dashboard/acme/"


def test_nobody_ends_somebody_elses_place(owner: User, page_as: Callable[..., Client]) -> None:
    client, stranger = Client(), page_as(Role.VIEWER)
    _sign_in(client)
    token, _ = AccessToken.issue(user=owner)
    assert _end(stranger, UserSession.objects.get(user=owner)) == 404
    assert stranger.post(f"/accounts/sessions/tokens/{token.number}/end/").status_code == 404
    assert stranger.post("/accounts/sessions/7000000000/end/").status_code == 404
    assert Client().post("/accounts/sessions/1/end/")["Location"].startswith(LOGIN)
    assert client.get("/dashboard/")["Location"] == "/dashboard/acme/"
    assert AccessToken.objects.filter(user=owner).exists()


def test_a_token_is_a_place_too(owner: User, acme: TenantRef, anonymous: APIClient) -> None:
    client = Client()
    _sign_in(client)
    tokens = [AccessToken.issue(user=owner, tenant_id=acme.id) for _ in range(3)]
    AccessToken.objects.filter(digest=tokens[2][0].digest).update(password_mark="of an older password")
    page = client.get("/accounts/sessions/").content.decode()
    assert [token.number in page for token, _ in tokens] == [True, True, False]
    assert not [True for token, secret in tokens if token.digest in page or secret in page]

    def status(secret: str) -> int:
        return anonymous.get("/v1/auth/me", headers={"authorization": f"Bearer {secret}"}).status_code

    assert client.post(f"/accounts/sessions/tokens/{tokens[0][0].number}/end/").status_code == 302
    assert [status(secret) for _, secret in tokens[:2]] == [401, 200]
    client.post("/accounts/sessions/")
    assert status(tokens[1][1]) == 401
    assert client.get("/dashboard/")["Location"] == "/dashboard/acme/"


def _at_console(role: str) -> Client:
    client = Client()
    client.force_login(
        User.objects.create_user(email=f"{role or 'nobody'}@parley.example", password=None, platform_role=role)
    )
    return client


def test_staff_turn_off_a_second_factor_that_was_lost(
    owner: User, secret: str, acme: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    there = Client()
    _sign_in(there)
    there.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
    AccessToken.issue(user=owner, tenant_id=acme.id)
    page = f"/console/second-factor/{owner.id}/"
    for stranger in (Client(), _at_console("")):
        assert stranger.post(page).status_code == 302
    assert second_factor.is_on(owner)
    staff = _at_console("admin")
    assert page in staff.get(f"/console/tenants/user/{owner.id}/change/").content.decode()
    assert "signed out everywhere" in staff.get(page).content.decode()
    assert second_factor.is_on(owner)
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(page)["Location"] == f"/console/tenants/user/{owner.id}/change/"
    assert not second_factor.is_on(owner)
    assert not AccessToken.objects.filter(user=owner).exists()
    assert there.get("/dashboard/")["Location"].startswith(LOGIN)
    assert _sign_in(Client())["Location"] == "/dashboard/"
    assert AuditEvent.objects.get(action="second_factor.reset", target=EMAIL).actor == "admin@parley.example"
    assert LogEntry.objects.filter(object_id=str(owner.id)).exists()
    assert (mail.outbox[-1].to, "turned off the second factor" in str(mail.outbox[-1].body)) == ([EMAIL], True)
    assert page not in staff.get(f"/console/tenants/user/{owner.id}/change/").content.decode()
    assert "no second factor to turn off" in staff.post(page, follow=True).content.decode()


def test_a_super_admins_is_turned_off_by_a_super_admin(owner: User, secret: str) -> None:
    owner.platform_role = "super_admin"
    owner.save()
    page = f"/console/second-factor/{owner.id}/"
    refused = _at_console("admin").post(page, follow=True).content.decode()
    assert ("Only a super admin" in refused, second_factor.is_on(owner)) == (True, True)
    own = Client()
    own.force_login(owner)
    assert "page of your account" in own.post(page, follow=True).content.decode()
    assert second_factor.is_on(owner)
    _at_console("super_admin").post(page)
    assert not second_factor.is_on(owner)


def test_staff_who_may_only_look_see_no_hash_and_change_nobody(owner: User) -> None:
    page = f"/console/tenants/user/{owner.id}/change/"
    staff = _at_console("admin")
    seen = staff.get(page).content.decode()
    assert staff.post(page, {"email": "x@x.example"}).status_code == 403
    assert (EMAIL in seen, owner.password in seen, "algorithm" in seen) == (True, False, False)
    assert "algorithm" in _at_console("super_admin").get(page).content.decode()


def test_an_operator_turns_it_off_without_the_console(
    owner: User, secret: str, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("reset_second_factor", EMAIL, stdout=StringIO())
    assert second_factor.is_on(owner)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("reset_second_factor", EMAIL.upper(), "--no-input", stdout=StringIO())
    assert not second_factor.is_on(owner)
    assert AuditEvent.objects.get(action="second_factor.reset").actor == "manage.py"
    assert mail.outbox[-1].to == [EMAIL]
    for email, why in ((EMAIL, "no second factor"), ("nobody@x.example", "no user")):
        with pytest.raises(CommandError, match=why):
            call_command("reset_second_factor", email, "--no-input", stdout=StringIO())


def _wants(person: User, email: str) -> str:
    """Where the link leads by which `person` confirms `email`, which is to be theirs."""
    address = EmailAddress.objects.create(user=person, email=email)
    return f"/accounts/confirm-email/{EmailConfirmationHMAC.create(address).key}/"


def test_an_address_that_two_want_goes_to_who_confirms_it_first(owner: User, member: Callable[..., User]) -> None:
    viewer = member(Role.VIEWER)
    first, second = _wants(viewer, "shared@x.example"), _wants(owner, "shared@x.example")
    assert Client().post(first).status_code == 302
    viewer.refresh_from_db()
    assert viewer.email == "shared@x.example"
    for answer, status in ((Client().get(second), 200), (Client().post(second), 409)):
        assert answer.status_code == status
        assert "is the e-mail of another account" in answer.content.decode()
    owner.refresh_from_db()
    assert owner.email == EMAIL
    assert EmailAddress.objects.filter(user=owner, primary=True, email=EMAIL).exists()


def test_an_address_that_somebody_signs_in_with_stays_theirs(owner: User, member: Callable[..., User]) -> None:
    viewer = member(Role.VIEWER)
    link = _wants(viewer, EMAIL)  # which the owner never confirmed
    answer = Client().post(link)
    assert (answer.status_code, "is the e-mail of another account" in answer.content.decode()) == (409, True)
    for person, email in ((owner, EMAIL), (viewer, "viewer@acme.example")):
        person.refresh_from_db()
        assert person.email == email
    owner.email = "moved@acme.example"
    owner.save()
    assert Client().post(link).status_code == 302
    viewer.refresh_from_db()
    assert viewer.email == EMAIL


def test_two_who_confirm_at_once_are_told_apart(
    owner: User, member: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = _wants(member(Role.VIEWER), EMAIL)
    with monkeypatch.context() as patched:
        patched.setattr(people, "may_have", lambda address: not address.verified)  # looked before the other was there
        assert Client().post(link).status_code == 409
    assert not EmailAddress.objects.filter(user__email="viewer@acme.example", verified=True).exists()


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
