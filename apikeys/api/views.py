"""`/v1/auth/…` and `/v1/tenant/api-keys/`."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apikeys import selectors, services
from apikeys.api import serializers as shapes
from apikeys.authentication import credential_of
from apikeys.models import APIKey
from tenants import limits, members
from tenants.enums import Role
from tenants.http import BaseView, TenantView
from tenants.keys import platform_key
from tenants.models import Tenant
from tenants.permissions import Anyone, IsSignedIn


class _OpenView(BaseView):
    """A view that stands open; it looks at no credential, so that a stale one does not shut people out."""

    authentication_classes = ()
    permission_classes: ClassVar[list[type[BasePermission]]] = [Anyone]  # type: ignore[misc]  # DRF leaves it an instance's


class SignInView(_OpenView):
    @extend_schema(request=shapes.SignIn, responses=shapes.SignedIn)
    def post(self, request: Request) -> Response:
        token, secret = services.sign_in(ip=self.ip, **self.data(shapes.SignIn))
        answer = {"token": secret, "expires_at": token.expiry, "user": token.user, "tenant": token.tenant}
        return Response(shapes.SignedIn(answer).data)


class SignOutView(BaseView):
    permission_classes: ClassVar[list[type[BasePermission]]] = [IsSignedIn]  # type: ignore[misc]  # same

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        services.sign_out(by=self.principal, token=credential_of(request))
        return Response(status=204)


class MeView(BaseView):
    permission_classes: ClassVar[list[type[BasePermission]]] = [IsSignedIn]  # type: ignore[misc]  # same

    @extend_schema(responses=shapes.Me)
    def get(self, request: Request) -> Response:
        who = self.principal
        answer = {
            "kind": who.kind,
            "user": request.user if who.kind == "user" else None,
            "tenant": Tenant.objects.get(id=who.tenant.id) if who.tenant else None,
            "role": who.role,
            "scopes": sorted(who.scopes),
        }
        return Response(shapes.Me(answer).data)


class AcceptInvitationView(_OpenView):
    @extend_schema(request=shapes.Acceptance, responses=shapes.Accepted)
    def post(self, request: Request) -> Response:
        limits.hit_minutely(key=platform_key("invitation", self.ip or "unknown"), limit=10)
        data = self.data(shapes.Acceptance)
        member = members.accept(token_hash=members.fingerprint(data.pop("token")), **data)
        answer = {"email": member.user.email, "tenant": member.tenant, "role": member.role}
        return Response(shapes.Accepted(answer).data)


class KeysView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(responses=shapes.KeyOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(selectors.keys(), shapes.KeyOut)

    @extend_schema(request=shapes.KeyIn, responses={201: shapes.KeyCreated})
    def post(self, request: Request) -> Response:
        key, secret = services.create_key(by=self.principal, **self.data(shapes.KeyIn))
        return _with_secret(key, secret, status=201)


class KeyView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "PUT": Role.ADMIN, "DELETE": Role.ADMIN}

    @extend_schema(responses=shapes.KeyOut)
    def get(self, request: Request, key_id: UUID) -> Response:
        return Response(shapes.KeyOut(selectors.key(key_id)).data)

    @extend_schema(request=shapes.KeyIn, responses=shapes.KeyOut)
    def put(self, request: Request, key_id: UUID) -> Response:
        key = services.update_key(by=self.principal, key=selectors.key(key_id), **self.data(shapes.KeyIn))
        return Response(shapes.KeyOut(key).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        services.revoke_key(by=self.principal, key=selectors.key(key_id))
        return Response(status=204)


class RotateView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(request=None, responses=shapes.KeyCreated)
    def post(self, request: Request, key_id: UUID) -> Response:
        key = selectors.key(key_id)
        return _with_secret(key, services.rotate_key(by=self.principal, key=key), status=200)


def _with_secret(key: APIKey, secret: str, *, status: int) -> Response:
    return Response({**shapes.KeyOut(key).data, "key": secret}, status=status)
