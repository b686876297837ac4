"""Credentials of a request: `Authorization: Bearer …` (a token or a key) or `X-API-Key: …`, one path for all."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apikeys.models import APIKey
from apikeys.selectors import BadCredential, resolve
from tenants import limits
from tenants.errors import TooManyRequests, Unavailable
from tenants.keys import redis_key
from tenants.models import User
from tenants.types import Principal, RateLimit

# On a request whose try was not even looked at: why.
SLOWED = "_parley_slowed"


def credential_of(request: HttpRequest | Request) -> str:
    """The credential sent, or an empty string. A header that is there but malformed is refused, never ignored."""
    header = request.headers.get("Authorization", "")
    other = request.headers.get("X-API-Key", "").strip()
    if not header:
        return other
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "bearer" or not credential.strip() or " " in credential.strip():
        raise BadCredential("Send it as `Authorization: Bearer <token>`.")
    if other and other != credential.strip():
        raise BadCredential("Send one credential, not two.")
    return credential.strip()


def identify(credential: str) -> tuple[Principal, User | None, RateLimit | None]:
    """Who calls, and where a key stands with its limit, counting this request. Raises `TooManyRequests`."""
    if not credential:
        return Principal(), None, None
    principal, user, key = resolve(credential)
    return principal, user, _count(key) if key else None


def _count(key: APIKey) -> RateLimit | None:
    """A key's own limit may be lower than its plan's, never higher."""
    given = [limit for limit in (key.rate_limit, key.tenant.plan.requests_hour) if limit is not None]
    return limits.hit_hourly(key=redis_key(key.tenant.ref, "key", key.id), limit=min(given)) if given else None


class CredentialAuthentication(BaseAuthentication):
    """DRF's door: `request.auth` is the `Principal`, `request.user` the user behind it, if there is one."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Principal] | None:
        credential = credential_of(request)
        if not credential:
            return None
        principal, user, limit = identify(credential)
        request.rate_limit = limit  # type: ignore[attr-defined]  # read by tenants.http.BaseView
        return user or AnonymousUser(), principal

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class LimitedBackend(ModelBackend):
    """E-mail and password, on every page that asks for them, slowed against guessing together with the API's."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,  # noqa: ANN401 -- Django's signature
    ) -> User | None:
        email = str(kwargs.pop("email", None) or username or "")
        ip = request.META.get("REMOTE_ADDR", "") if request else ""
        try:
            limits.hit_sign_in(ip=ip, email=email)
        except (TooManyRequests, Unavailable) as error:  # nobody comes in either, while Redis is away
            if request is not None:
                setattr(request, SLOWED, error.detail)
            raise PermissionDenied from error
        user = super().authenticate(request, username=email, password=password, **kwargs)
        return user if isinstance(user, User) else None
