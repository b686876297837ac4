"""People and their addresses: who a user is, whether a password is theirs or good enough, whether an e-mail is.

In: an e-mail and a password as somebody sent them. Out: a user. It holds that every user's e-mail stands once among
allauth's addresses, as the primary one, and that it is confirmed only where a mail to it was seen to arrive.
"""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import audit
from tenants.errors import Conflict, Invalid
from tenants.models import User
from tenants.types import Principal


class EmailTaken(Conflict):
    code, title = "email_taken", gettext_lazy("There is a user with this e-mail and another password")


def first_user(*, email: str, password: str, name: str = "") -> User:
    """A new user, or the one of this e-mail where the password proves that it is theirs."""
    known = check_first_user(email=email, password=password, name=name)
    return known or User.objects.create_user(email=email, password=password)


def check_first_user(*, email: str, password: str, name: str = "") -> User | None:
    """Who has this e-mail and password, or nobody where a user may be made of them; raises `EmailTaken`, `Invalid`."""
    known = User.objects.filter(email=email.strip().lower()).first()
    if known is None:
        check_password_strength(password=password, email=email, name=name)
    elif not (known.is_active and known.check_password(password)):
        raise EmailTaken(errors={"email": [_("There is a user with this e-mail and another password.")]})
    return known


def check_password_strength(*, password: str, email: str, name: str = "") -> None:
    """Raise `Invalid` where Django's validators find the password weak."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        raise Invalid(_("The password is too weak."), errors={"password": list(error.messages)}) from error


def rename(*, user: User, name: str) -> None:
    """What the person wants to be called."""
    with transaction.atomic():
        user.name = name.strip()
        user.save(update_fields=["name", "updated_at"])
        by = Principal(kind="user", user_id=user.id, email=user.email)
        audit.record(by=by, action="user.name", target=user.email)


def keep_address(user: User) -> None:
    """See to it that the user's e-mail is their primary address; one that is new is not confirmed."""
    if not EmailAddress.objects.filter(user=user, email=user.email, primary=True).exists():
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email, primary=True)


def must_confirm() -> bool:
    """Whether nobody comes in before their e-mail is confirmed."""
    return bool(settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory")


def is_confirmed(user: User) -> bool:
    """Whether a mail to the user's e-mail was seen to arrive."""
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())


def may_have(address: EmailAddress) -> bool:
    """Whether the address may become its user's e-mail: nobody else signs in with it, confirmed or not."""
    others = User.objects.filter(email=address.email).exclude(id=address.user_id)
    return not others.exists() and bool(address.can_set_verified())


def confirm(user: User) -> None:
    """A mail to the user's e-mail arrived: they hold it, and nobody else can have it confirmed."""
    EmailAddress.objects.filter(email=user.email, verified=True).exclude(user=user).delete()
    EmailAddress.objects.filter(user=user, email=user.email).update(verified=True)
