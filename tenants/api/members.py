"""`/v1/tenant/members/`, `/v1/tenant/invitations/`, `/v1/tenant/audit/`."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import audit, members
from tenants.api.serializers import AuditOut
from tenants.enums import Role
from tenants.errors import NotFound
from tenants.http import StrictSerializer, TenantView
from tenants.models import Invitation, Membership


class MemberOut(serializers.ModelSerializer[Membership]):
    """A person of the tenant. `id` is of their place there, `user_id` of the person."""

    user_id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Membership
        fields = ["id", "user_id", "email", "name", "role", "created_at"]


class MemberChange(StrictSerializer):
    role = serializers.ChoiceField(choices=Role.choices)


class MemberFilter(serializers.Serializer[object]):
    """The query of the list."""

    role = serializers.ChoiceField(choices=Role.choices, required=False)
    search = serializers.CharField(required=False, max_length=254, help_text="In name and e-mail.")


class InvitationIn(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=Role.choices)


class InvitationOut(serializers.ModelSerializer[Invitation]):
    """An open invitation; its link is in the mail alone."""

    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "expires_at", "created_at"]


class AuditFilter(serializers.Serializer[object]):
    """The query of the list."""

    actor = serializers.CharField(required=False, max_length=254, help_text="A part of who did it.")
    action = serializers.CharField(required=False, max_length=100)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class MembersView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}

    @extend_schema(parameters=[MemberFilter], responses=MemberOut(many=True), operation_id="v1_tenant_members_list")
    def get(self, request: Request) -> Response:
        asked = MemberFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        words = wanted.pop("search", "")
        rows = Membership.objects.select_related("user").filter(tenant_id=self.tenant.id, **wanted)
        if words:
            rows = rows.filter(Q(user__email__icontains=words) | Q(user__name__icontains=words))
        return self.page(rows.order_by("user__email", "id"), MemberOut)


class MemberView(TenantView):
    """Giving up one's own place is everybody's; the service knows who may take another's."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "PUT": Role.ADMIN, "DELETE": Role.VIEWER}

    @extend_schema(responses=MemberOut)
    def get(self, request: Request, member_id: UUID) -> Response:
        return Response(MemberOut(self._member(member_id)).data)

    @extend_schema(request=MemberChange, responses=MemberOut)
    def put(self, request: Request, member_id: UUID) -> Response:
        member, data = self._member(member_id), self.data(MemberChange)
        if "role" in data:
            member = members.change_role(by=self.principal, member=member, role=Role(data["role"]))
        return Response(MemberOut(member).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, member_id: UUID) -> Response:
        members.remove(by=self.principal, member=self._member(member_id))
        return Response(status=204)

    def _member(self, member_id: UUID) -> Membership:
        rows = Membership.objects.select_related("user", "tenant")
        found = rows.filter(tenant_id=self.tenant.id, id=member_id).first()
        if found is None:
            raise NotFound("There is no such member.")
        return found


class InvitationsView(TenantView):
    """The open invitations."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    @extend_schema(responses=InvitationOut(many=True))
    def get(self, request: Request) -> Response:
        rows = Invitation.objects.filter(tenant_id=self.tenant.id, accepted_at=None).order_by("-created_at", "id")
        return self.page(rows, InvitationOut)

    @extend_schema(request=InvitationIn, responses={201: InvitationOut})
    def post(self, request: Request) -> Response:
        data = self.data(InvitationIn)
        made = members.invite(by=self.principal, tenant=self.tenant, email=data["email"], role=Role(data["role"]))
        return Response(InvitationOut(made).data, status=201)


class InvitationView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"DELETE": Role.ADMIN}

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        members.withdraw(by=self.principal, invitation=_invitation(self, invitation_id))
        return Response(status=204)


class ResendView(TenantView):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    @extend_schema(request=None, responses=InvitationOut)
    def post(self, request: Request, invitation_id: UUID) -> Response:
        sent = members.resend(by=self.principal, invitation=_invitation(self, invitation_id))
        return Response(InvitationOut(sent).data)


class TenantAuditView(TenantView):
    """What was done in the tenant, the newest first."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN}

    @extend_schema(parameters=[AuditFilter], responses=AuditOut(many=True))
    def get(self, request: Request) -> Response:
        asked = AuditFilter(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return self.page(audit.events_of(self.tenant, **asked.validated_data), AuditOut)


def _invitation(view: TenantView, invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.select_related("tenant").filter(tenant_id=view.tenant.id, accepted_at=None)
    found = rows.filter(id=invitation_id).first()
    if found is None:
        raise NotFound("There is no such invitation.")
    return found
