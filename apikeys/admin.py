"""The operator's view of credentials: never their secrets; a key can be revoked, a token ended."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from knox.models import AuthToken
from unfold.admin import ModelAdmin

from apikeys import services
from apikeys.models import AccessToken, APIKey
from tenants.models import User
from tenants.types import Principal

if admin.site.is_registered(AuthToken):
    admin.site.unregister(AuthToken)


class _Looked(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(APIKey)
class APIKeyAdmin(_Looked):
    list_display = ("name", "key_prefix", "tenant", "status", "rate_limit", "expires_at", "last_used_at")
    list_filter = ("tenant", "revoked_at")
    search_fields = ("name", "key_prefix", "tenant__name", "tenant__slug")
    list_select_related = ("tenant",)
    exclude = ("key_hash",)
    ordering = ("-created_at",)
    actions = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.action(description="Revoke the chosen keys")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        user = request.user
        assert isinstance(user, User)
        by = Principal(kind="user", user_id=user.id, email=user.email, platform_role=user.platform_role)
        for key in queryset.select_related("tenant"):
            services.revoke_key(by=by, key=key)


@admin.register(AccessToken)
class AccessTokenAdmin(_Looked):
    """Deleting a token signs its user out."""

    list_display = ("user", "tenant", "created", "expiry")
    list_filter = ("tenant",)
    search_fields = ("user__email",)
    list_select_related = ("user", "tenant")
    fields = ("user", "tenant", "created", "expiry")
    ordering = ("-created",)
