"""Members of the organisation, and who is invited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import members
from tenants.enums import Role
from tenants.errors import Invalid, NotFound
from tenants.models import Invitation, Membership
from tenants.pages import ConfirmPage, FormPage, Page, PageForm

MEANINGS = {
    Role.VIEWER: gettext_lazy("reads everything but keys and members' settings, and tries bots out"),
    Role.EDITOR: gettext_lazy("also changes knowledge and bots, and publishes them"),
    Role.ADMIN: gettext_lazy("also manages AI providers, API keys, members and the organisation's settings"),
    Role.OWNER: gettext_lazy("may do everything, also delete the organisation"),
}


class _Members(Page):
    section = "members"
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}

    def back(self) -> str:
        return self.url("members")

    def member(self, member_id: UUID) -> Membership:
        rows = Membership.objects.select_related("user", "tenant")
        found = rows.filter(tenant_id=self.tenant.id, id=member_id).first()
        if found is None:
            raise NotFound(_("There is no such member."))
        return found

    def invitation(self, invitation_id: UUID) -> Invitation:
        rows = Invitation.objects.select_related("tenant")
        found = rows.filter(tenant_id=self.tenant.id, id=invitation_id, accepted_at=None).first()
        if found is None:
            raise NotFound(_("There is no such invitation."))
        return found

    def sent(self, invitation: Invitation, *, said: str) -> HttpResponseBase:
        """Back to the list; where mail leaves for nobody, to the link instead, which is handed on by hand."""
        if settings.MAIL_LEAVES:
            return self.go("members", said=said % {"email": invitation.email})
        return self.show(template="dashboard/members/link.html", invitation=invitation, days=members.INVITATION_DAYS)

    def reachable(self) -> list[Role]:
        """The roles that this member may give and take."""
        own = Role(self.membership.role)
        if not own.covers(Role.ADMIN):
            return []
        return [role for role in Role if role != Role.OWNER or own == Role.OWNER]


class MembersView(_Members):
    template = "dashboard/members/list.html"
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}

    def get(self, request: HttpRequest) -> HttpResponseBase:
        words = request.GET.get("search", "").replace("\x00", "").strip()
        rows = Membership.objects.select_related("user").filter(tenant_id=self.tenant.id)
        if words:
            rows = rows.filter(Q(user__email__icontains=words) | Q(user__name__icontains=words))
        reachable = self.reachable()
        return self.show(
            page=self.paged(rows.order_by("user__email", "id")),
            invitations=members.open_invitations(tenant_id=self.tenant.id) if reachable else [],
            reachable=[role.value for role in reachable],
            choices=[(role.value, role.label) for role in reachable],
            meanings=[(role.label, meaning) for role, meaning in MEANINGS.items()],
            search=words,
            now=timezone.now(),
        )


class RoleView(_Members):
    """The small form in a member's row."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponseBase:
        wanted = request.POST.get("role", "")
        if wanted not in Role.values:
            raise Invalid(_("There is no such role."))
        member = members.change_role(by=self.principal, member=self.member(member_id), role=Role(wanted))
        said = _("%(who)s is %(role)s now.") % {
            "who": member.user.name or member.user.email, "role": Role(member.role).label,
        }  # fmt: skip
        return self.go("members", said=said)


class InviteForm(PageForm):
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)


class InviteView(_Members, FormPage):
    template = "dashboard/members/invite.html"
    form_class = InviteForm

    def initial(self) -> Mapping[str, Any]:
        return {"role": Role.EDITOR}

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        form = super().form(**given)
        role = form.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(role.value, f"{role.label}: {MEANINGS[role]}") for role in self.reachable()]
        return form

    def save(self, form: InviteForm) -> HttpResponseBase:
        asked = form.cleaned_data
        sent = members.invite(by=self.principal, tenant=self.tenant, email=asked["email"], role=Role(asked["role"]))
        return self.sent(sent, said=_("An invitation is on its way to %(email)s."))


class ResendView(_Members):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.ADMIN}

    def post(self, request: HttpRequest, invitation_id: UUID) -> HttpResponseBase:
        sent = members.resend(by=self.principal, invitation=self.invitation(invitation_id))
        said = _("A new invitation is on its way to %(email)s; the link before is worth nothing now.")
        return self.sent(sent, said=said)


class WithdrawView(_Members, ConfirmPage):
    def question(self) -> Mapping[str, Any]:
        invitation = self.invitation(self.kwargs["invitation_id"])
        return {
            "title": _("Withdraw the invitation of %(email)s?") % {"email": invitation.email},
            "losses": [_("The link in the mail is worth nothing any more.")],
            "action": _("Withdraw"),
            "cancel": self.url("members"),
        }

    def do(self) -> HttpResponseBase:
        members.withdraw(by=self.principal, invitation=self.invitation(self.kwargs["invitation_id"]))
        return self.go("members", said=_("The invitation was withdrawn."))


class RemoveView(_Members, ConfirmPage):
    def question(self) -> Mapping[str, Any]:
        member = self.member(self.kwargs["member_id"])
        return {
            "title": _("Remove %(who)s?") % {"who": member.user.name or member.user.email},
            "losses": [
                _("%(email)s can open nothing of this organisation any more, at once.") % {"email": member.user.email},
                _("Tokens of the API that they signed in with end. API keys stay: they belong to the organisation."),
                _("What they made stays."),
            ],
            "action": _("Remove"),
            "cancel": self.url("members"),
        }

    def do(self) -> HttpResponseBase:
        member = self.member(self.kwargs["member_id"])
        members.remove(by=self.principal, member=member)
        return self.go("members", said=_("%(email)s was removed.") % {"email": member.user.email})


class LeaveView(_Members, ConfirmPage):
    """Giving up one's own place; everybody may."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "POST": Role.VIEWER}

    def question(self) -> Mapping[str, Any]:
        return {
            "title": _("Leave %(name)s?") % {"name": self.membership.tenant.name},
            "losses": [
                _("You can open nothing of this organisation any more, unless somebody invites you again."),
                _("What you made stays."),
            ],
            "action": _("Leave"),
            "cancel": self.url("members"),
        }

    def do(self) -> HttpResponseBase:
        members.remove(by=self.principal, member=self.membership)
        return HttpResponseRedirect("/dashboard/")
