"""Members: who may do what to whom, over the API and on pages, and invitations on their way in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tenants import members
from tenants.enums import Role
from tenants.models import AuditEvent, Invitation, Membership, Tenant, User
from tenants.types import Principal, TenantRef

MEMBERS, INVITATIONS = "/v1/tenant/members", "/v1/tenant/invitations"


@pytest.fixture
def place(member: Callable[..., User]) -> Callable[..., Membership]:
    """A member's place: `place(Role.EDITOR)`."""

    def make(role: Role) -> Membership:
        return Membership.objects.select_related("user", "tenant").get(user=member(role), tenant__slug="acme")

    return make


@pytest.fixture
def invited(principal: Principal, acme: TenantRef, django_capture_on_commit_callbacks: Any) -> Callable[..., str]:
    """Invites an e-mail as an editor; answers with the path of the link in its mail."""

    def make(email: str, role: Role = Role.EDITOR) -> str:
        with django_capture_on_commit_callbacks(execute=True):
            members.invite(by=principal, tenant=acme, email=email, role=role)
        found = re.search(r"https?://[^/]+(/accounts/invitation/\S+/)", str(mail.outbox[-1].body))
        assert found is not None
        return found[1]

    return make


def _answer(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "") if response.content else ""


def test_an_admin_changes_everybody_but_owners(
    api_as: Callable[..., APIClient], place: Callable[..., Membership]
) -> None:
    admin, owner = api_as(Role.ADMIN), api_as(Role.OWNER)
    viewer, boss = f"{MEMBERS}/{place(Role.VIEWER).id}", f"{MEMBERS}/{place(Role.OWNER).id}"
    assert admin.put(viewer, {"role": "editor"}).json()["role"] == "editor"
    assert _answer(admin.put(viewer, {"role": "owner"})) == (403, "owners_only")
    assert _answer(admin.put(boss, {"role": "viewer"})) == (403, "owners_only")
    assert _answer(admin.delete(boss)) == (403, "owners_only")
    assert _answer(api_as(Role.EDITOR).put(viewer, {"role": "viewer"})) == (403, "role_missing")
    assert owner.put(viewer, {"role": "owner"}).json()["role"] == "owner"
    assert AuditEvent.objects.filter(action="member.role", data__role="owner").exists()


def test_anybody_gives_up_their_own_place_and_no_other(
    api_as: Callable[..., APIClient], place: Callable[..., Membership]
) -> None:
    mine, other = f"{MEMBERS}/{place(Role.VIEWER).id}", f"{MEMBERS}/{place(Role.EDITOR).id}"
    viewer = api_as(Role.VIEWER)
    assert _answer(viewer.delete(other)) == (403, "role_missing")
    assert viewer.delete(mine).status_code == 204
    assert viewer.get("/v1/tenant/members").status_code == 401


def test_the_last_owner_stays(api: APIClient, place: Callable[..., Membership]) -> None:
    boss, other = f"{MEMBERS}/{place(Role.OWNER).id}", f"{MEMBERS}/{place(Role.ADMIN).id}"
    assert _answer(api.put(boss, {"role": "admin"})) == (409, "last_owner")
    assert _answer(api.delete(boss)) == (409, "last_owner")
    assert api.put(other, {"role": "owner"}).status_code == 200
    User.objects.filter(email="admin@acme.example").update(is_active=False)
    assert _answer(api.delete(boss)) == (409, "last_owner")
    User.objects.filter(email="admin@acme.example").update(is_active=True)
    assert api.delete(boss).status_code == 204


def test_who_is_removed_can_nothing_any_more(api: APIClient, api_as: Callable[..., APIClient], acme: TenantRef) -> None:
    editor = api_as(Role.EDITOR)
    place = Membership.objects.get(user__email="editor@acme.example")
    assert editor.get(MEMBERS).status_code == 200
    assert api.delete(f"{MEMBERS}/{place.id}").status_code == 204
    assert editor.get(MEMBERS).status_code == 401
    Membership.objects.create(user_id=place.user_id, tenant_id=acme.id, role=Role.EDITOR)
    assert editor.get(MEMBERS).status_code == 401


def test_members_are_found_by_name_and_role(api: APIClient, place: Callable[..., Membership]) -> None:
    place(Role.VIEWER)
    for query, expected in (("search=VIEWER", 1), ("role=owner", 1), ("search=globex", 0), ("", 2)):
        assert api.get(f"{MEMBERS}?{query}").json()["count"] == expected, query
    assert api.get(f"{MEMBERS}?role=king").status_code == 400


def test_invitations_are_sent_once_sent_again_and_withdrawn(
    api: APIClient, api_as: Callable[..., APIClient], place: Callable[..., Membership]
) -> None:
    made = api.post(INVITATIONS, {"email": "Ann@New.example", "role": "editor"}).json()
    assert made["email"] == "ann@new.example"
    assert _answer(api.post(INVITATIONS, {"email": "ann@new.example", "role": "viewer"})) == (409, "already_invited")
    there = {"email": place(Role.VIEWER).user.email, "role": "editor"}
    assert _answer(api.post(INVITATIONS, there)) == (409, "already_member")
    admin = api_as(Role.ADMIN)
    assert _answer(admin.post(INVITATIONS, {"email": "x@new.example", "role": "owner"})) == (403, "owners_only")
    assert admin.post(INVITATIONS, {"email": "x@new.example", "role": "admin"}).status_code == 201
    before = Invitation.objects.get(id=made["id"]).token_hash
    assert api.post(f"{INVITATIONS}/{made['id']}/resend").status_code == 200
    assert Invitation.objects.get(id=made["id"]).token_hash != before
    assert api.delete(f"{INVITATIONS}/{made['id']}").status_code == 204
    assert api.get(INVITATIONS).json()["count"] == 1


def test_a_new_person_joins_by_the_link_and_is_signed_in(invited: Callable[..., str]) -> None:
    link, client = invited("ann@new.example"), Client()
    moved = client.get(link)
    assert (moved["Location"], moved["Referrer-Policy"]) == ("/accounts/invitation/", "no-referrer")
    token = link.split("/")[-2]
    assert token not in str(dict(client.session))
    shown = client.get("/accounts/invitation/")
    assert "ann@new.example" in shown.content.decode()
    assert shown["Referrer-Policy"] == "same-origin"  # with none a browser sends no Origin, and the form is refused
    weak = client.post("/accounts/invitation/", {"name": "Ann", "password": "12345"})
    assert weak.status_code == 422
    done = client.post("/accounts/invitation/", {"name": "Ann", "password": "another good phrase"})
    assert done["Location"] == "/dashboard/acme/"
    ann = User.objects.get(email="ann@new.example")
    assert (ann.name, ann.memberships.get().role) == ("Ann", "editor")
    assert EmailAddress.objects.get(user=ann).verified
    assert client.get("/dashboard/")["Location"] == "/dashboard/acme/"
    assert Client().get(link, follow=True).status_code == 404


def test_who_has_an_account_signs_in_and_joins(invited: Callable[..., str]) -> None:
    User.objects.create_user(email="ben@new.example", password="another good phrase")
    client = Client()
    asked = client.get(invited("ben@new.example"), follow=True).content.decode()
    assert "Sign in, and you can join" in asked
    assert client.post("/accounts/invitation/", {"name": "B", "password": "yet another phrase"}).status_code == 200
    assert not Membership.objects.filter(user__email="ben@new.example").exists()
    form = {"login": "ben@new.example", "password": "another good phrase", "next": "/accounts/invitation/"}
    assert client.post("/accounts/login/", form)["Location"] == "/accounts/invitation/"
    assert client.post("/accounts/invitation/")["Location"] == "/dashboard/acme/"
    assert Membership.objects.get(user__email="ben@new.example").role == Role.EDITOR


def test_an_invitation_is_for_its_own_e_mail(invited: Callable[..., str], page_as: Callable[..., Client]) -> None:
    client = page_as(Role.VIEWER)
    assert "You are signed in as" in client.get(invited("ann@new.example"), follow=True).content.decode()
    assert client.post("/accounts/invitation/").status_code == 422
    assert Membership.objects.get(user__email="viewer@acme.example").role == Role.VIEWER


@pytest.mark.parametrize("how", ["over", "withdrawn", "resent", "suspended", "unknown"])
def test_an_invitation_that_is_over_lets_nobody_in(
    invited: Callable[..., str], principal: Principal, acme: TenantRef, how: str
) -> None:
    link = invited("ann@new.example")
    row = Invitation.objects.select_related("tenant").get(email="ann@new.example")
    if how == "over":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    elif how == "withdrawn":
        members.withdraw(by=principal, invitation=row)
    elif how == "resent":
        members.resend(by=principal, invitation=row)
    elif how == "suspended":
        Tenant.objects.filter(id=acme.id).update(is_active=False)
    else:
        link = "/accounts/invitation/nothing/"
    client = Client()
    assert client.get(link, follow=True).status_code == 404
    assert not Session.objects.exists()
    form = {"name": "Ann", "password": "another good phrase"}
    assert client.post("/accounts/invitation/", form).status_code == 404
    assert not User.objects.filter(email="ann@new.example").exists()


def test_an_invitation_takes_no_role_away(owner: User, acme: TenantRef) -> None:
    made = members.send_invitation(tenant=Tenant.objects.get(id=acme.id), email=owner.email, role=Role.VIEWER)
    assert members.accept(token_hash=made.token_hash, user=owner).role == Role.OWNER


def test_the_page_lets_each_role_do_what_it_may(
    page_as: Callable[..., Client], place: Callable[..., Membership], globex: TenantRef
) -> None:
    viewer = f"/dashboard/acme/members/{place(Role.VIEWER).id}"
    boss = f"/dashboard/acme/members/{place(Role.OWNER).id}"
    for role, status in ((Role.VIEWER, 403), (Role.EDITOR, 403), (Role.ADMIN, 200)):
        client = page_as(role)
        assert client.get("/dashboard/acme/members/").status_code == 200
        assert client.get("/dashboard/acme/members/invite/").status_code == status
        assert client.get(f"{viewer}/remove/").status_code == status
        assert client.get("/dashboard/acme/settings/").status_code == status
        assert client.get("/dashboard/acme/audit-log/").status_code == status
        assert client.get("/dashboard/acme/usage/").status_code == 200
        assert client.get("/dashboard/acme/settings/delete/").status_code == 403
    admin = page_as(Role.ADMIN)
    admin.post(f"{viewer}/role/", {"role": "editor"})
    admin.post(f"{boss}/role/", {"role": "viewer"})
    admin.post(f"{viewer}/role/", {"role": "owner"})
    assert place(Role.VIEWER).role == Role.EDITOR
    assert place(Role.OWNER).role == Role.OWNER
    strange = page_as(Role.OWNER, tenant=globex)
    assert strange.post(f"{viewer}/remove/").status_code == 404
    other = viewer.replace("acme", "globex")
    assert strange.get(f"{other}/remove/").status_code == 404
    assert place(Role.VIEWER).role == Role.EDITOR
    assert admin.post(f"{viewer}/remove/").status_code == 302
    assert not Membership.objects.filter(user__email="viewer@acme.example").exists()


def test_people_are_invited_on_the_page(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.ADMIN)
    address = "/dashboard/acme/members/invite/"
    assert client.post(address, {"email": "ann@new.example", "role": "owner"}).status_code == 422
    assert client.post(address, {"email": "ann@new.example", "role": "editor"}).status_code == 302
    assert client.post(address, {"email": "ann@new.example", "role": "editor"}).status_code == 422
    row = Invitation.objects.get(email="ann@new.example")
    assert "ann@new.example" in client.get("/dashboard/acme/members/").content.decode()
    assert client.post(f"/dashboard/acme/invitations/{row.id}/resend/").status_code == 302
    assert client.post(f"/dashboard/acme/invitations/{row.id}/withdraw/").status_code == 302
    assert not Invitation.objects.filter(email="ann@new.example").exists()


def test_everybody_may_leave_but_the_last_owner(page_as: Callable[..., Client]) -> None:
    assert page_as(Role.VIEWER).post("/dashboard/acme/members/leave/")["Location"] == "/dashboard/"
    assert not Membership.objects.filter(user__email="viewer@acme.example").exists()
    page_as(Role.OWNER).post("/dashboard/acme/members/leave/")
    assert Membership.objects.filter(user__email="owner@acme.example", tenant__slug="acme").exists()


def test_the_list_asks_as_much_for_many_as_for_few(
    page_as: Callable[..., Client], place: Callable[..., Membership]
) -> None:
    client, counts = page_as(Role.ADMIN), []
    for role in (Role.ADMIN, Role.VIEWER):
        place(role)
        if role == Role.VIEWER:
            place(Role.EDITOR)
        with CaptureQueriesContext(connection) as asked:
            client.get("/dashboard/acme/members/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_owner_deletes_the_organisation_by_typing_its_name(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.OWNER)
    assert client.post("/dashboard/acme/settings/delete/", {"typed": "acm"}).status_code == 422
    assert Tenant.objects.filter(slug="acme").exists()
    assert client.post("/dashboard/acme/settings/delete/", {"typed": "acme"})["Location"] == "/dashboard/"
    assert not Tenant.objects.filter(slug="acme").exists()
    assert Tenant.objects.filter(slug="globex").exists()


def test_settings_are_kept(page_as: Callable[..., Client]) -> None:
    client = page_as(Role.ADMIN)
    assert client.post("/dashboard/acme/settings/", {"name": "", "description": "x"}).status_code == 422
    client.post("/dashboard/acme/settings/", {"name": "Acme Ltd", "description": "A shop"})
    assert Tenant.objects.get(slug="acme").name == "Acme Ltd"


def test_the_audit_is_the_tenants_own(
    api_as: Callable[..., APIClient], page_as: Callable[..., Client], principal: Principal, globex: TenantRef
) -> None:
    AuditEvent.objects.create(tenant_id=globex.id, actor_kind="user", actor="spy@globex.example", action="bot.create")
    AuditEvent.objects.create(
        tenant_id=principal.tenant.id if principal.tenant else None, actor_kind="user", actor="ann@acme.example",
        action="bot.update", target="Guard", data={"changed": ["name", "greeting"]},
    )  # fmt: skip
    admin, page = api_as(Role.ADMIN), page_as(Role.ADMIN)
    assert _answer(api_as(Role.EDITOR).get("/v1/tenant/audit")) == (403, "role_missing")
    today = timezone.now().date()
    for query, expected in (
        ("action=bot.update", 1), ("actor=ann", 1), ("action=bot.create", 0), (f"actor=ann&since={today}", 1),
        (f"actor=ann&until={today - timedelta(days=1)}", 0),
    ):  # fmt: skip
        assert admin.get(f"/v1/tenant/audit?{query}").json()["count"] == expected, query
        shown = page.get(f"/dashboard/acme/audit-log/?{query}").content.decode()
        assert ("name, greeting" in shown) == bool(expected), query
        assert "spy@globex.example" not in shown


def test_without_a_mail_server_who_invites_gets_the_link(
    page_as: Callable[..., Client], settings: Any, acme: TenantRef
) -> None:
    client, form = page_as(Role.ADMIN), {"email": "new@x.example", "role": "editor"}
    assert client.post("/dashboard/acme/members/invite/", {**form, "email": "a@x.example"}).status_code == 302
    settings.MAIL_LEAVES = False
    shown = client.post("/dashboard/acme/members/invite/", form).content.decode()
    first = re.search(r"https?://[^/]+(/accounts/invitation/[\w-]+/)", shown)
    assert first is not None
    invitation = Invitation.objects.get(email="new@x.example")
    again = client.post(f"/dashboard/acme/invitations/{invitation.id}/resend/").content.decode()
    second = re.search(r"https?://[^/]+(/accounts/invitation/[\w-]+/)", again)
    assert second is not None
    assert Client().get(first[1]).status_code == 404
    joining = Client()
    joining.get(second[1])
    joining.post("/accounts/invitation/", {"name": "New", "password": "correct horse battery"})
    assert Membership.objects.filter(tenant_id=acme.id, user__email="new@x.example").exists()
    assert not EmailAddress.objects.get(email="new@x.example").verified  # no mail was seen to arrive
