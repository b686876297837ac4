"""Credentials: API keys of tenants, and the tokens people get when they sign in. Public; only hashes are kept."""

from __future__ import annotations

import hashlib
import uuid
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager

from apikeys.enums import Scope
from tenants.models import Tenant, User


class APIKey(models.Model):
    """A key of a tenant's. `rate_limit` is in requests an hour; empty means the plan's, which is also the most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200)
    key_prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope))
    rate_limit = models.PositiveIntegerField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "API key", "API keys"

    def __str__(self) -> str:
        return f"{self.name} ({self.key_prefix}…)"

    @property
    def status(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return "expired"
        return "active"


class AccessToken(AbstractAuthToken):
    """What a sign-in gives: a bearer token of a user, in one tenant or (for staff) in none.

    `password_mark` is the mark of the password it was got with (`User.get_session_auth_hash`); when that changes,
    however it is changed, the token is worth nothing, as a session of the console is.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="access_tokens")
    password_mark = models.CharField(max_length=64, default="")

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    @classmethod
    def issue(cls, *, user: User, tenant_id: UUID | None = None) -> tuple[AccessToken, str]:
        """A new token and its secret, of which only a hash is kept."""
        mark = user.get_session_auth_hash()
        token, secret = cls.objects.create(user=user, tenant_id=tenant_id, password_mark=mark)  # type: ignore[no-untyped-call]  # knox's own
        return token, secret

    def __str__(self) -> str:
        return f"token of {self.user_id}"

    @property
    def number(self) -> str:
        """What names it to its owner in an address: neither the secret nor the hash that is kept."""
        return hashlib.sha256(self.digest.encode()).hexdigest()[:16]
