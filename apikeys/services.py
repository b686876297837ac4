"""Signing in and out, and the life of an API key. Each is one transaction with its audit row."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from knox.crypto import hash_token

from apikeys import places, second_factor, tokens
from apikeys.models import AccessToken, APIKey
from apikeys.selectors import BadCredential
from tenants import audit, context, limits, people, plans
from tenants.enums import PlatformRole
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Tenant, User
from tenants.types import Principal


class BadSignIn(BadCredential):
    """One answer for an unknown e-mail, a wrong password and a user who was locked out."""

    code, title = "invalid_credentials", "E-mail or password is wrong"


class EmailNotConfirmed(BadCredential):
    """E-mail and password are right, and the operator wants the e-mail confirmed."""

    code, title = "email_not_confirmed", "The e-mail is not confirmed yet"


class SecondFactorRequired(BadCredential):
    """E-mail and password are right, and the account asks for a code besides."""

    code, title = "second_factor_required", "A code of the second factor is needed"


class SecondFactorWrong(BadCredential):
    code, title = "second_factor_wrong", "The code of the second factor is wrong, or was used before"


class KeyRevoked(Conflict):
    code, title = "key_revoked", gettext_lazy("The key was revoked")


def sign_in(*, email: str, password: str, tenant: str = "", code: str = "", ip: str = "") -> tuple[AccessToken, str]:
    """A new token and its secret, shown this once. `tenant` (a slug) is needed where the user has several.

    Raises `SecondFactorRequired` where the account has a second factor and no `code` came, before anything is said
    about its tenants; and `SecondFactorWrong`.
    """
    limits.hit_sign_in(ip=ip, email=email)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        make_password(password)  # as long as a real check takes, so that nothing shows by the clock
        raise BadSignIn
    if not user.check_password(password):
        raise BadSignIn
    if people.must_confirm() and not people.is_confirmed(user):
        raise EmailNotConfirmed("Open the link in the mail that came; the page for signing in sends another.")
    if second_factor.is_on(user):
        _check_code(user, code)
    place = _place(user=user, slug=tenant)
    with transaction.atomic():
        token, secret = AccessToken.issue(user=user, tenant_id=place.id if place else None)
        audit.record(
            by=Principal(kind="user", user_id=user.id, email=user.email),
            action="session.start",
            tenant=place.ref if place else None,
        )
    return token, secret


def _check_code(user: User, code: str) -> None:
    if not code:
        raise SecondFactorRequired("Send a code of your authenticator app, or a recovery code, as `code`.")
    if not second_factor.holds(user, code=code.strip()):
        raise SecondFactorWrong


def _place(*, user: User, slug: str) -> Tenant | None:
    found = list(Tenant.objects.filter(memberships__user=user, is_active=True).order_by("created_at", "id"))
    if slug:
        chosen = next((tenant for tenant in found if tenant.slug == slug), None)
        if chosen is None:
            raise BadSignIn("E-mail, password or tenant is wrong.")
        return chosen
    if user.platform_role or not found:
        if not user.platform_role:
            raise BadSignIn("This user belongs to no active tenant.", code="no_tenant")
        return None
    if len(found) > 1:
        raise Invalid(
            "You belong to several tenants: say which.",
            code="tenant_needed",
            errors={"tenant": [f"One of {', '.join(tenant.slug for tenant in found)}."]},
        )
    return found[0]


def sign_out(*, by: Principal, token: str) -> None:
    """Forget the token; it is worth nothing from now on."""
    with transaction.atomic():
        AccessToken.objects.filter(digest=hash_token(token)).delete()
        audit.record(by=by, action="session.end")


def reset_second_factor(*, by: Principal, user: User, by_operator: bool = False) -> None:
    """Turn off the second factor of somebody who lost it, sign them out everywhere, and tell them by mail.

    `by_operator` says that whoever asks has the machine itself; else it is for staff, and a super admin's is for super
    admins alone. Raises `Forbidden`, `Conflict` where there is no second factor.
    """
    if not by_operator:
        check_may_reset(by=by, user=user)
    with transaction.atomic():
        if not second_factor.remove(user):
            raise Conflict("There is no second factor to turn off.")
        places.end_all(user)
        audit.record(by=by, action="second_factor.reset", target=user.email)
        transaction.on_commit(lambda: _tell_of_reset(user))


def check_may_reset(*, by: Principal, user: User) -> None:
    """Raise `Forbidden` where this caller may not turn off this person's second factor."""
    if not by.platform_role:
        raise Forbidden("Only staff of the operator do this.", code="staff_only")
    if user.platform_role == PlatformRole.SUPER_ADMIN != by.platform_role:
        raise Forbidden("Only a super admin does this for a super admin.")
    if user.id == by.user_id:
        raise Forbidden("Turn your own off on the page of your account.")


def _tell_of_reset(user: User) -> None:
    words = {"email": user.email, "address": f"{settings.PUBLIC_URL}/accounts/2fa/", "site": settings.PUBLIC_URL}
    send_mail(
        subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + _("Your second factor was turned off"),
        message=render_to_string("mfa/email/second_factor_reset.txt", words).strip() + "\n",
        from_email=None, recipient_list=[user.email], fail_silently=True,
    )  # fmt: skip


def create_key(*, by: Principal, name: str, scopes: list[str], **fields: Any) -> tuple[APIKey, str]:  # noqa: ANN401 -- the key's fields
    """A new key of the current tenant and its secret, shown this once.

    An expiry in the past is taken as it is: the key is made and is expired (docs/decisions).
    """
    tenant = context.current()
    secret = tokens.new_key()
    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(id=tenant.id)  # two at once may not share the last place
        live = APIKey.objects.filter(tenant_id=tenant.id, revoked_at=None).count()
        plans.check("api_keys", used=live)
        key = APIKey.objects.create(
            tenant_id=tenant.id,
            name=name,
            scopes=sorted(set(scopes)),
            key_prefix=tokens.prefix_of(secret),
            key_hash=tokens.hash_of(secret),
            created_by=by.user_id,
            **fields,
        )
        audit.record(by=by, action="api_key.create", target=key.id, data={"name": key.name, "scopes": key.scopes})
    return key, secret


def update_key(*, by: Principal, key: APIKey, **changes: Any) -> APIKey:  # noqa: ANN401 -- the key's fields
    with transaction.atomic():
        for field, value in changes.items():
            setattr(key, field, value)
        key.save(update_fields=[*changes, "updated_at"])
        audit.record(by=by, action="api_key.update", target=key.id, data={"name": key.name, "changed": sorted(changes)})
    return key


def rotate_key(*, by: Principal, key: APIKey) -> str:
    """A new secret for the same key; the old one is worth nothing from now on. Raises `KeyRevoked`."""
    if key.revoked_at is not None:
        raise KeyRevoked(_("This key was revoked, and stays so; make another."))
    secret = tokens.new_key()
    with transaction.atomic():
        key.key_prefix, key.key_hash = tokens.prefix_of(secret), tokens.hash_of(secret)
        key.save(update_fields=["key_prefix", "key_hash", "updated_at"])
        audit.record(by=by, action="api_key.rotate", target=key.id, data={"name": key.name})
    return secret


def revoke_key(*, by: Principal, key: APIKey) -> None:
    """The key stops working at once; its row stays for the record."""
    with transaction.atomic():
        key.revoked_at = key.revoked_at or timezone.now()
        key.save(update_fields=["revoked_at", "updated_at"])
        audit.record(by=by, action="api_key.revoke", target=key.id, data={"name": key.name})
