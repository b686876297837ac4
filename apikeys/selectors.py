"""The one resolver of credentials: whatever form one comes in, it ends here. And a tenant's keys, for its people."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.crypto import hash_token

from apikeys import tokens
from apikeys.models import AccessToken, APIKey
from tenants import context
from tenants.enums import Role
from tenants.errors import Forbidden, NotFound, Unauthenticated
from tenants.models import Membership, User
from tenants.types import Principal

# Writing "last used" on every request would cost a row version each; this is fine enough for people.
LAST_USED_PRECISION = timedelta(minutes=5)


class BadCredential(Unauthenticated):
    """One answer for every credential that is not known, so that nothing can be learnt by trying."""

    code, title = "invalid_credential", "The credential is not valid"


def keys() -> QuerySet[APIKey]:
    """The current tenant's keys, the newest first."""
    return APIKey.objects.filter(tenant_id=context.current().id).order_by("-created_at", "id")


def key(key_id: UUID) -> APIKey:
    """The current tenant's key of this id. Raises `NotFound`."""
    found = keys().filter(id=key_id).first()
    if found is None:
        raise NotFound(_("There is no such key."))
    return found


def resolve(credential: str) -> tuple[Principal, User | None, APIKey | None]:
    """Who a bearer token or an API key belongs to. Raises `Unauthenticated` (or a kind of it), `Forbidden`."""
    if tokens.looks_like_key(credential):
        held = _key(credential)
        return _principal_of_key(held), None, held
    token = _token(credential)
    return _principal_of_token(token), token.user, None


def _key(credential: str) -> APIKey:
    key = APIKey.objects.select_related("tenant__plan").filter(key_hash=tokens.hash_of(credential)).first()
    if key is None:
        raise BadCredential
    if key.status == "revoked":
        raise BadCredential("This key was revoked.", code="key_revoked")
    if key.status == "expired":
        raise BadCredential("This key has expired.", code="key_expired")
    if not key.tenant.is_active:
        raise Forbidden("This tenant is suspended.", code="tenant_suspended")
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_PRECISION:
        APIKey.objects.filter(id=key.id).update(last_used_at=now)
    return key


def _principal_of_key(key: APIKey) -> Principal:
    return Principal(kind="key", key_id=key.id, tenant=key.tenant.ref, scopes=frozenset(key.scopes))


def _token(credential: str) -> AccessToken:
    token: AccessToken | None = (
        AccessToken.objects.select_related("user", "tenant")
        .filter(digest=hash_token(credential), expiry__gt=timezone.now())
        .first()
    )
    if token is None or not token.user.is_active or token.password_mark != token.user.get_session_auth_hash():
        raise BadCredential
    return token


def _principal_of_token(token: AccessToken) -> Principal:
    user, tenant = token.user, token.tenant
    staff = Principal(kind="user", user_id=user.id, email=user.email, platform_role=user.platform_role)
    if tenant is None:
        return staff
    if not tenant.is_active:
        raise Forbidden("This tenant is suspended.", code="tenant_suspended")
    member = Membership.objects.filter(user=user, tenant=tenant).first()
    if member is None:
        raise BadCredential
    return Principal(
        kind="user",
        user_id=user.id,
        email=user.email,
        tenant=tenant.ref,
        role=Role(member.role),
    )
