"""Members of a tenant and invitations into it. Each function is one transaction with its audit row.

Who may do what to whom: an admin manages everybody but owners, an owner everybody; anybody may leave. A tenant always
keeps an owner who can sign in. An invitation's token is in its mail alone; here is a hash of it.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import audit, limits, people
from tenants.enums import Role
from tenants.errors import Conflict, Forbidden, NotFound
from tenants.keys import redis_key
from tenants.models import Invitation, Membership, Tenant, User
from tenants.types import Principal, TenantRef

INVITATION_DAYS = 14
# Each is a mail to an address that somebody typed.
INVITATIONS_AN_HOUR = 60


class LastOwner(Conflict):
    code, title = "last_owner", gettext_lazy("This is the last owner")


class OwnersOnly(Forbidden):
    code, title = "owners_only", gettext_lazy("Only an owner may do this")


class AlreadyMember(Conflict):
    code, title = "already_member", gettext_lazy("This person is a member already")


class AlreadyInvited(Conflict):
    code, title = "already_invited", gettext_lazy("This person is invited already")


def invite(*, by: Principal, tenant: TenantRef, email: str, role: Role) -> Invitation:
    """Invite somebody by mail. Raises `OwnersOnly`, `AlreadyMember`, `AlreadyInvited`, `TooManyRequests`."""
    _check_reach(by, role)
    address = email.strip().lower()
    limits.hit_hourly(key=redis_key(tenant, "invitations"), limit=INVITATIONS_AN_HOUR)
    with transaction.atomic():
        row = _locked(tenant)
        if row.memberships.filter(user__email=address).exists():
            raise AlreadyMember(errors={"email": [_("This person is a member already.")]})
        if open_invitations(tenant_id=row.id, email=address):
            raise AlreadyInvited(errors={"email": [_("There is an open invitation. Send it again, or withdraw it.")]})
        invitation = send_invitation(tenant=row, email=address, role=role)
        audit.record(by=by, action="member.invite", target=address, tenant=tenant, data={"role": role})
    return invitation


def send_invitation(*, tenant: Tenant, email: str, role: Role) -> Invitation:
    """The invitation itself, without asking who may; its mail goes out once the transaction is through."""
    token, invitation = secrets.token_urlsafe(32), Invitation(tenant=tenant, email=email.strip().lower(), role=role)
    return _sent(invitation, token)


def resend(*, by: Principal, invitation: Invitation) -> Invitation:
    """The same invitation with a new link and its whole time again; the link before is worth nothing."""
    _check_reach(by, Role(invitation.role))
    tenant = invitation.tenant.ref
    limits.hit_hourly(key=redis_key(tenant, "invitations"), limit=INVITATIONS_AN_HOUR)
    with transaction.atomic():
        sent = _sent(invitation, secrets.token_urlsafe(32))
        audit.record(by=by, action="invitation.resend", target=invitation.email, tenant=tenant)
    return sent


def withdraw(*, by: Principal, invitation: Invitation) -> None:
    """The link in the mail is worth nothing from now on."""
    _check_reach(by, Role(invitation.role))
    with transaction.atomic():
        audit.record(by=by, action="invitation.withdraw", target=invitation.email, tenant=invitation.tenant.ref)
        invitation.delete()


def open_invitations(*, tenant_id: UUID, email: str = "") -> list[Invitation]:
    """Those that nobody accepted, the newest first, with those whose time is over; of one e-mail, where it is given."""
    rows = Invitation.objects.select_related("tenant").filter(tenant_id=tenant_id, accepted_at=None)
    now = timezone.now()
    return list((rows.filter(email=email, expires_at__gt=now) if email else rows).order_by("-created_at", "id"))


def fingerprint(token: str) -> str:
    """What is kept of an invitation's token, here and in the session of who opened its link."""
    return hashlib.sha256(token.encode()).hexdigest()


def opened(token_hash: str) -> Invitation:
    """The live invitation of this fingerprint. Raises `NotFound`, also where its time is over."""
    rows = Invitation.objects.select_related("tenant").filter(tenant__is_active=True, accepted_at=None)
    found = rows.filter(token_hash=token_hash, expires_at__gt=timezone.now()).first()
    if found is None:
        raise NotFound(_("This invitation is not valid, or no longer."), code="invitation_not_found")
    return found


def accept(*, token_hash: str, user: User | None = None, password: str = "", name: str = "") -> Membership:
    """Make the invited person a member: `user`, who is signed in, or else who the password makes or proves.

    Who holds the token got the mail, so the e-mail is confirmed by it, unless mail leaves for nobody here and the link
    was handed on some other way. Raises `NotFound`, `EmailTaken`, `Invalid`,
    and `Forbidden` where the invitation is for another e-mail than `user`'s.
    """
    with transaction.atomic():
        Invitation.objects.select_for_update().filter(token_hash=token_hash).first()
        invitation = opened(token_hash)
        if user is not None and user.email != invitation.email:
            raise Forbidden(_("This invitation is for another e-mail than yours."), code="other_email")
        joining = user or people.first_user(email=invitation.email, password=password, name=name)
        if name and not joining.name:
            people.rename(user=joining, name=name)
        if settings.MAIL_LEAVES:
            people.confirm(joining)
        member = _joined(joining, invitation)
        Invitation.objects.filter(id=invitation.id).update(accepted_at=timezone.now())
        who = Principal(kind="user", user_id=joining.id, email=joining.email, tenant=invitation.tenant.ref)
        audit.record(by=who, action="member.join", target=joining.email, data={"role": member.role})
    return member


def change_role(*, by: Principal, member: Membership, role: Role) -> Membership:
    """Give a member another role. Raises `OwnersOnly`, `LastOwner`."""
    with transaction.atomic():
        member = _locked_member(member)
        before = Role(member.role)
        _check_reach(by, before)
        _check_reach(by, role)
        if before == Role.OWNER != role:
            _check_not_last(member)
        member.role = role
        member.save(update_fields=["role"])
        audit.record(
            by=by, action="member.role", target=member.user.email, tenant=member.tenant.ref,
            data={"before": before, "role": role},
        )  # fmt: skip
    return member


def remove(*, by: Principal, member: Membership) -> None:
    """Take a member's place away, or give up one's own; what they signed in with is worth nothing here from now on.

    Raises `OwnersOnly`, `LastOwner`.
    """
    with transaction.atomic():
        member = _locked_member(member)
        leaving = member.user_id == by.user_id
        if not leaving:
            _check_reach(by, Role(member.role))
        if member.role == Role.OWNER:
            _check_not_last(member)
        action = "member.leave" if leaving else "member.remove"
        audit.record(
            by=by, action=action, target=member.user.email, tenant=member.tenant.ref, data={"role": member.role}
        )
        member.delete()


def _sent(invitation: Invitation, token: str) -> Invitation:
    invitation.token_hash = fingerprint(token)
    invitation.expires_at = timezone.now() + timedelta(days=INVITATION_DAYS)
    invitation.link = f"{settings.PUBLIC_URL}/accounts/invitation/{token}/"
    invitation.save()
    transaction.on_commit(lambda: _mail(invitation))
    return invitation


def _mail(invitation: Invitation) -> None:
    words = {"invitation": invitation, "days": INVITATION_DAYS, "address": invitation.link}
    subject = _("You are invited to %(name)s") % {"name": " ".join(invitation.tenant.name.split())}
    send_mail(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}",
        message=render_to_string("tenants/email/invitation.txt", words).strip() + "\n",
        from_email=None, recipient_list=[invitation.email], fail_silently=True,
    )  # fmt: skip


def _joined(user: User, invitation: Invitation) -> Membership:
    """The place that was offered; who has a higher one already keeps it."""
    member, new = Membership.objects.get_or_create(
        user=user, tenant=invitation.tenant, defaults={"role": invitation.role}
    )
    if not new and not Role(member.role).covers(Role(invitation.role)):
        member.role = invitation.role
        member.save(update_fields=["role"])
    return member


def _check_reach(by: Principal, role: Role) -> None:
    """Admins reach everybody but owners, owners everybody."""
    if by.role is None or not by.role.covers(Role.ADMIN):
        raise Forbidden(_("This needs the role “%(role)s” or above.") % {"role": Role.ADMIN.label}, code="role_missing")
    if role == Role.OWNER and by.role != Role.OWNER:
        raise OwnersOnly(_("Only an owner may make, change or remove owners."))


def _check_not_last(member: Membership) -> None:
    others = Membership.objects.filter(tenant_id=member.tenant_id, role=Role.OWNER, user__is_active=True)
    if not others.exclude(id=member.id).exists():
        raise LastOwner(_("The last owner stays: make somebody else an owner first, or delete the organisation."))


def _locked(tenant: TenantRef) -> Tenant:
    """The tenant's row, so that two changes of its people go one after the other."""
    return Tenant.objects.select_for_update(no_key=True).get(id=tenant.id)


def _locked_member(member: Membership) -> Membership:
    _locked(member.tenant.ref)
    found = Membership.objects.select_related("user", "tenant").filter(id=member.id).first()
    if found is None:
        raise NotFound(_("There is no such member."))
    return found
