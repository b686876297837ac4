"""What django-allauth asks of us: how people sign in to pages, what mail they get, how their second factor is kept.

And what it tells us: sign-ins, passwords and second factors go on record in the audit.
"""

from __future__ import annotations

import logging
from threading import Thread
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.core import context as allauth_context
from allauth.mfa import signals as factor_signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apikeys import second_factor
from apikeys.authentication import SLOWED
from apikeys.models import AccessToken
from tenants import audit, people
from tenants.models import User
from tenants.types import Principal

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Signing in, and mail."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is locked."),
        "email_password_mismatch": _("E-mail or password is wrong."),
        "email_taken": _("There is an account with this e-mail."),
        "incorrect_code": _("This code is not right, or was used before."),
        "incorrect_password": _("This is not your password."),
        "too_many_login_attempts": _("Too many tries. Wait a few minutes."),
        "rate_limited": _("Too many tries. Wait a few minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come with an organisation of their own (/welcome/) or by invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401 -- allauth's signature
        """Tries are counted in `LimitedBackend`, for every way to sign in alike."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:  # noqa: ANN401 -- same
        user = super().authenticate(request, **credentials)
        if user is None and (said := getattr(request, SLOWED, "")):
            raise ValidationError(said)
        return user

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """The one that a person signs in with stays until another takes its place."""
        return bool(email_address.email != email_address.user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The mail for a forgotten password goes out beside the page: how long that takes would tell whether there is
        an account."""
        request = allauth_context.request
        known = {"request": request, "email": email, "current_site": get_current_site(request)}
        message = self.render_mail(template_prefix, email, known | context)
        if settings.MAIL_LATER and template_prefix == "account/email/password_reset_key":
            Thread(target=_post, args=(message, template_prefix), name="mail").start()
        else:
            _post(message, template_prefix)

    def send_account_already_exists_mail(self, email: str) -> None:
        """To whom /welcome/ gives the same answer as to a new person."""
        links = {
            "sign_in_url": f"{settings.PUBLIC_URL}{reverse('account_login')}?next={reverse('welcome')}",
            "password_reset_url": settings.PUBLIC_URL + reverse("account_reset_password"),
        }
        self.send_mail("account/email/account_already_exists", email, links)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Whether it is confirmed. What somebody else signs in with stays theirs: whoever holds the address opens that
        account by resetting its password. Two who confirm the same one at once are told apart by the database."""
        if not people.may_have(email_address):
            return False
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            return False

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmationHMAC) -> str:
        return settings.PUBLIC_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_reset_password_from_key_url(self, key: str) -> str:
        """`key` is the user and the token, joined by a hyphen."""
        user, _hyphen, token = key.partition("-")
        address = reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": token})
        return settings.PUBLIC_URL + address


def _post(message: EmailMessage, name: str) -> None:
    """A mail server that is away is the operator's trouble: it is logged, and the page goes on."""
    try:
        message.send()
    except OSError:  # smtplib's errors are of this kind
        log.exception("a mail was not sent: %s", name)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # same
    """The second factor; its secrets are encrypted like every other."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or was used before."),
        "unverified_email": _("Confirm your e-mail first: without it nobody could help you if you lose your phone."),
    }

    def encrypt(self, text: str) -> str:
        return second_factor.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return second_factor.decrypt(encrypted_text)


def listen() -> None:
    """Connect what allauth tells with the audit."""
    told = {
        account_signals.user_logged_in: _signed_in,
        account_signals.password_changed: _password_changed,
        account_signals.password_reset: _password_reset,
        account_signals.email_changed: _email_changed,
        factor_signals.authenticator_added: _factor_added,
        factor_signals.authenticator_removed: _factor_removed,
    }
    for signal, heard in told.items():
        signal.connect(heard, dispatch_uid=f"apikeys.{heard.__name__}")


def _note(user: User, action: str) -> None:
    by = Principal(kind="user", user_id=user.id, email=user.email, platform_role=user.platform_role)
    audit.record(by=by, action=action, target=user.email)


def _signed_in(user: User, **_: Any) -> None:  # noqa: ANN401 -- a signal's
    _note(user, "session.start")


def _password_changed(user: User, **_: Any) -> None:  # noqa: ANN401 -- same
    _note(user, "user.password")


def _password_reset(user: User, **_: Any) -> None:  # noqa: ANN401 -- same
    """A mail with the link arrived; where there is a second address on its way, nobody knows at which. That one goes:
    whoever had the account before could still make it theirs by a link that they were sent."""
    if not EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()[0]:
        people.confirm(user)
    _note(user, "user.password")


def _email_changed(user: User, **_: Any) -> None:  # noqa: ANN401 -- same
    _note(user, "user.email")


def _factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:  # noqa: ANN401 -- same
    """Tokens that were got without it end."""
    if authenticator.type == Authenticator.Type.TOTP:
        AccessToken.objects.filter(user=user).delete()
        _note(user, "second_factor.on")


def _factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:  # noqa: ANN401 -- same
    if authenticator.type == Authenticator.Type.TOTP:
        _note(user, "second_factor.off")
