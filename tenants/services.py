"""What the operator does: tenants and their people, plans, global providers, prices, settings.

Each function is one transaction and writes its audit row in it; `by` is who does it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import audit, members, people
from tenants.enums import PlatformRole, PriceKind, Role
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import Membership, ModelPrice, Plan, SystemSetting, Tenant, User, schema_for
from tenants.provisioning import files, schema
from tenants.selectors import AUDIT_DEFAULTS, AUDIT_LOGGING
from tenants.types import Principal

SETTINGS: dict[str, dict[str, Any]] = {AUDIT_LOGGING: AUDIT_DEFAULTS}


class SlugTaken(Conflict):
    code, title = "slug_taken", gettext_lazy("There is a tenant with this slug")


class PriceTaken(Conflict):
    code, title = "price_taken", "There is a price for this model"


class PlanInUse(Conflict):
    code, title = "plan_in_use", "Tenants are on this plan"


def create_tenant(
    *,
    by: Principal,
    name: str,
    slug: str,
    email: str,
    password: str,
    description: str = "",
    plan: str = "",
    owner_email: str = "",
) -> Tenant:
    """A tenant, its schema, its first user as owner, and an invitation for `owner_email` where that differs.

    All or nothing. Raises `Invalid` (a weak password, an unknown plan), `SlugTaken`, `EmailTaken`.
    """
    fields = {"name": name, "slug": slug, "description": description, "plan": _plan(plan)}

    def first_user() -> User:
        return people.first_user(email=email, password=password, name=name)

    return _open_tenant(by=by, fields=fields, first=first_user, owner_email=owner_email.strip().lower())


def create_tenant_of(*, by: Principal, user: User, name: str, slug: str) -> Tenant:
    """A tenant whose owner is `user`, who is signed in. Raises `SlugTaken`."""
    return _open_tenant(by=by, fields={"name": name, "slug": slug, "plan": _plan("")}, first=lambda: user)


def _open_tenant(*, by: Principal, fields: dict[str, Any], first: Callable[[], User], owner_email: str = "") -> Tenant:
    if Tenant.objects.filter(slug=fields["slug"]).exists():
        raise SlugTaken(errors={"slug": [_("There is an organisation with this slug.")]})
    tenant_id = uuid4()
    try:
        with transaction.atomic():
            tenant = Tenant.objects.create(id=tenant_id, schema_name=schema_for(tenant_id), **fields)
            schema.create(tenant)
            owner = first()  # after the slow part, so that a refusal takes as long as the deed
            Membership.objects.create(user=owner, tenant=tenant, role=Role.OWNER)
            if owner_email and owner_email != owner.email:
                members.send_invitation(tenant=tenant, email=owner_email, role=Role.OWNER)
            audit.record(
                by=by, action="tenant.create", target=tenant.slug, tenant=tenant.ref, data={"plan": tenant.plan.slug}
            )
    except IntegrityError as error:
        raise SlugTaken from error
    return tenant


def _plan(slug: str) -> Plan:
    if not slug:
        return Plan.objects.get(is_default=True)
    found = Plan.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Plan.objects.order_by("slug").values_list("slug", flat=True))
        raise Invalid(_("There is no such plan."), errors={"plan": [_("One of %(known)s.") % {"known": known}]})
    return found


def update_tenant(*, by: Principal, tenant: Tenant, **changes: Any) -> Tenant:  # noqa: ANN401 -- the tenant's fields
    """Change name, description, plan or whether the tenant is active."""
    if "plan" in changes:
        changes["plan"] = _plan(changes["plan"])
    with transaction.atomic():
        _change(tenant, changes)
        audit.record(
            by=by, action="tenant.update", target=tenant.slug, tenant=tenant.ref,
            data={"changed": sorted(changes)},
        )  # fmt: skip
    return tenant


def delete_tenant(*, by: Principal, tenant: Tenant) -> None:
    """Drop the tenant with its schema and its files. Its people stay, without it."""
    reference = tenant.ref
    with transaction.atomic():
        audit.record(by=by, action="tenant.delete", target=tenant.slug, tenant=tenant.ref)
        schema.drop(tenant)
        transaction.on_commit(lambda: files.remove_all(tenant=reference))
        tenant.delete()  # type: ignore[no-untyped-call]  # django-tenants' own


def save_row(*, by: Principal, row: Model, action: str, **changes: Any) -> Model:  # noqa: ANN401 -- the row's fields
    """Create or change a plan, a global provider or a price; a name that is taken is a conflict."""
    try:
        with transaction.atomic():
            for name, value in changes.items():
                setattr(row, name, value)
            if isinstance(row, ModelPrice):
                _check_price(row)
            if getattr(row, "is_default", False):
                type(row)._default_manager.exclude(pk=row.pk).update(is_default=False)
            row.save()
            audit.record(by=by, action=action, target=row, data={"changed": sorted(changes)})
    except IntegrityError as error:
        if isinstance(row, ModelPrice):
            raise PriceTaken from error
        raise Conflict(_("There is one with this name."), code="name_taken") from error
    return row


def _check_price(row: ModelPrice) -> None:
    if row.kind == PriceKind.EMBEDDING and row.completion_usd:
        raise Invalid(errors={"completion_usd": [_("An embedding model answers nothing: leave it at 0.")]})


def delete_row(*, by: Principal, row: Model, action: str) -> None:
    try:
        with transaction.atomic():
            audit.record(by=by, action=action, target=row)
            row.delete()
    except ProtectedError as error:
        raise PlanInUse from error


def set_setting(*, by: Principal, key: str, value: Any) -> SystemSetting:  # noqa: ANN401 -- JSON, checked here
    """Set one of the operator's settings. What is left out of `value` keeps its default."""
    check_setting(key=key, value=value)
    with transaction.atomic():
        row, _made = SystemSetting.objects.update_or_create(
            key=key, defaults={"value": SETTINGS[key] | value, "updated_by": by.user_id}
        )
        audit.record(by=by, action="setting.set", target=key, data={"value": row.value})
    return row


def check_setting(*, key: str, value: Any) -> None:  # noqa: ANN401 -- JSON
    """Raise `Invalid` for an unknown setting or a value of another shape."""
    if key not in SETTINGS:
        raise Invalid(
            _("There is no such setting."), errors={"key": [_("One of %(known)s.") % {"known": ", ".join(SETTINGS)}]}
        )
    like = SETTINGS[key]
    if not isinstance(value, dict):
        raise Invalid(_("The value is an object."), errors={"value": [_("An object.")]})
    wrong: dict[str, list[str]] = {}
    for name, given in value.items():
        if name not in like:
            wrong[f"value.{name}"] = [_("There is no such field.")]
        elif type(given) is not type(like[name]):
            wrong[f"value.{name}"] = [_("A %(kind)s is needed.") % {"kind": type(like[name]).__name__}]
        elif isinstance(given, int) and not isinstance(given, bool) and not 1 <= given <= 3650:
            wrong[f"value.{name}"] = [_("Between 1 and 3650.")]
    if wrong:
        raise Invalid(errors=wrong)


def ensure_super_admin(*, email: str, password: str) -> bool:
    """The first super admin, where there is none yet; answers whether one was made."""
    if User.objects.filter(platform_role=PlatformRole.SUPER_ADMIN).exists():
        return False
    made = User.objects.create_user(
        email=email, password=password, name="System Administrator", platform_role=PlatformRole.SUPER_ADMIN
    )
    people.confirm(made)  # whoever sets an installation up names their own
    return True


def check_signup(*, by: Principal) -> None:
    """Raise where this caller may not create tenants over the API: `TENANT_SIGNUP` says whether anyone may. Where
    e-mails must be confirmed, strangers use the page, which tells nobody who has an account."""
    if by.platform_role or (settings.TENANT_SIGNUP == "open" and not people.must_confirm()):
        return
    if settings.TENANT_SIGNUP == "open":
        raise Forbidden("Create it on the page /welcome/, where the e-mail is confirmed.", code="use_the_page")
    raise Forbidden(_("Only staff of the operator create tenants here."), code="staff_only")


def _change(row: Model, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    stamps = [field.name for field in row._meta.fields if field.name == "updated_at"]
    row.save(update_fields=[*changes, *stamps])
