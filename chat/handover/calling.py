"""Who gets a mail when a customer waits: owners and admins unless they want none, and editors who want it.

Each person decides for their own place in a tenant; a viewer, who cannot answer, is never written to.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from tenants import context
from tenants.enums import Role
from tenants.models import Membership
from tenants.types import Principal

_ANSWERING = (Role.OWNER, Role.ADMIN, Role.EDITOR)
_BY_ROLE = Q(escalation_mail=None, role__in=(Role.OWNER, Role.ADMIN))


def addresses() -> list[str]:
    """The e-mails of those who are written to."""
    return list(_called(context.current().id).order_by("user__email").values_list("user__email", flat=True))


def is_called(by: Principal) -> bool:
    return by.user_id is not None and _called(context.current().id).filter(user_id=by.user_id).exists()


def choose(*, by: Principal, wanted: bool) -> None:
    """For one's own place alone; who is no person has none."""
    if by.user_id is None:
        return
    mine = Membership.objects.filter(tenant_id=context.current().id, user_id=by.user_id)
    mine.update(escalation_mail=wanted)


def _called(tenant_id: UUID) -> QuerySet[Membership]:
    answering = Membership.objects.filter(tenant_id=tenant_id, role__in=_ANSWERING, user__is_active=True)
    return answering.filter(Q(escalation_mail=True) | _BY_ROLE)
