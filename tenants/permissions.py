"""Who may pass: staff of the operator, or a member or key of a tenant. Denied unless a view says otherwise."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.enums import Role
from tenants.errors import Forbidden, Unauthenticated
from tenants.types import Principal


def principal_of(request: Request) -> Principal:
    """The caller as the credential proved it; anonymous without one."""
    return request.auth if isinstance(request.auth, Principal) else Principal()


class Closed(BasePermission):
    """The default of every view: a view that names no permission lets nobody in."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401 -- DRF's signature
        return False


class Anyone(BasePermission):
    """For the few doors that stand open, each with checks of its own."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401 -- DRF's signature
        return True


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401 -- DRF's signature
        if principal_of(request).kind == "anonymous":
            raise Unauthenticated
        return True


class IsPlatformStaff(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401 -- DRF's signature
        principal = principal_of(request)
        if principal.kind == "anonymous":
            raise Unauthenticated
        if not principal.platform_role:
            raise Forbidden("This is for staff of the operator.", code="staff_only")
        return True


class IsOfTenant(BasePermission):
    """A member whose role, or a key whose scopes, reach what the view asks of this method (`roles`, `scopes`)."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401 -- DRF's signature
        principal = principal_of(request)
        if principal.kind == "anonymous":
            raise Unauthenticated
        if principal.tenant is None:
            raise Forbidden("Sign in to a tenant for this.", code="tenant_required")
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        if principal.kind == "key":
            _check_scope(principal, view.scopes.get(method))
        else:
            _check_role(principal, view.roles.get(method, Role.OWNER))
        return True


def _check_scope(principal: Principal, scope: str | None) -> None:
    if scope is None:
        raise Forbidden("API keys cannot do this; sign in.", code="key_not_allowed")
    if scope not in principal.scopes:
        raise Forbidden(f"This key lacks the scope {scope}.", code="scope_missing")


def _check_role(principal: Principal, needed: Role) -> None:
    if principal.role is None or not principal.role.covers(needed):
        raise Forbidden(f"This needs the role {needed.value} or above.", code="role_missing")
