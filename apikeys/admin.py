"""The operator's view of credentials: never their secrets; a key can be revoked, a token ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from knox.models import AuthToken
from unfold.admin import ModelAdmin

from apikeys import services
from apikeys.models import AccessToken, APIKey
from tenants.errors import Problem
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


def reset_second_factor(request: HttpRequest, user_id: UUID) -> HttpResponseBase:
    """For somebody who lost phone and recovery codes: asks, naming what goes; the POST does it."""
    staff, user = request.user, get_object_or_404(User, id=user_id)
    assert isinstance(staff, User)
    by = Principal(kind="user", user_id=staff.id, email=staff.email, platform_role=staff.platform_role)
    page = reverse("admin:tenants_user_change", args=[user.id])
    try:
        services.check_may_reset(by=by, user=user)
        if request.method == "POST":
            services.reset_second_factor(by=by, user=user)
            said = "Second factor turned off; signed out everywhere."
            LogEntry.objects.log_actions(staff.id, [user], CHANGE, said, single_object=True)
            messages.success(request, f"{user.email} has no second factor any more, and was told by mail.")
            return redirect(page)
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect(page)
    values = {**admin.site.each_context(request), "title": "Turn off the second factor", "person": user, "page": page}
    return render(request, "admin/reset_second_factor.html", values)


@admin.register(AccessToken)
class AccessTokenAdmin(_Looked):
    """Deleting a token signs its user out."""

    list_display = ("user", "tenant", "created", "expiry")
    list_filter = ("tenant",)
    search_fields = ("user__email",)
    list_select_related = ("user", "tenant")
    fields = ("user", "tenant", "created", "expiry")
    ordering = ("-created",)
