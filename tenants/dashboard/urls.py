"""The dashboard's pages of this app, and the doors before it."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenants.dashboard import account, invitation, members, organisation
from tenants.dashboard import doors as entrances

urlpatterns: list[URLPattern] = [
    path("members/", members.MembersView.as_view(), name="members"),
    path("members/invite/", members.InviteView.as_view(), name="member-invite"),
    path("members/leave/", members.LeaveView.as_view(), name="member-leave"),
    path("members/<uuid:member_id>/role/", members.RoleView.as_view(), name="member-role"),
    path("members/<uuid:member_id>/remove/", members.RemoveView.as_view(), name="member-remove"),
    path("invitations/<uuid:invitation_id>/resend/", members.ResendView.as_view(), name="invitation-resend"),
    path("invitations/<uuid:invitation_id>/withdraw/", members.WithdrawView.as_view(), name="invitation-withdraw"),
    path("settings/", organisation.SettingsView.as_view(), name="settings"),
    path("settings/delete/", organisation.DeleteView.as_view(), name="organisation-delete"),
]
doors: list[URLPattern] = [
    path("dashboard/", entrances.ChooserView.as_view(), name="chooser"),
    path("welcome/", entrances.WelcomeView.as_view(), name="welcome"),
    path("accounts/", account.AccountView.as_view(), name="account"),
    path("accounts/invitation/", invitation.InvitationView.as_view(), name="invitation"),
    path("accounts/invitation/<str:token>/", invitation.OpenView.as_view(), name="invitation-open"),
]
