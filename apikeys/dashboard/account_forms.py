"""allauth's forms with our words for their fields; `config/accounts.py` names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as factor
from allauth.mfa.totp import forms as totp
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FIELDS: Mapping[str, str | Promise] = {
    "login": _("E-mail"),
    "email": _("E-mail"),
    "password": _("Password"),
    "remember": _("Stay signed in"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
    "code": _("Code"),
}


class _OurWords:
    """A label says what a field is for; placeholders that repeat it are taken out."""

    fields: ClassVar[dict[str, Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- allauth's signature
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _FIELDS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class SignInForm(_OurWords, account.LoginForm):  # type: ignore[misc]  # allauth has no types
    pass


class ChangePasswordForm(_OurWords, account.ChangePasswordForm):  # type: ignore[misc]  # same
    pass


class SetPasswordForm(_OurWords, account.SetPasswordForm):  # type: ignore[misc]  # same
    pass


class ResetPasswordForm(_OurWords, account.ResetPasswordForm):  # type: ignore[misc]  # same
    pass


class NewPasswordForm(_OurWords, account.ResetPasswordKeyForm):  # type: ignore[misc]  # same
    pass


class ProveForm(_OurWords, account.ReauthenticateForm):  # type: ignore[misc]  # same
    pass


class CodeForm(_OurWords, factor.AuthenticateForm):  # type: ignore[misc]  # same
    pass


class ProveByCodeForm(_OurWords, factor.ReauthenticateForm):  # type: ignore[misc]  # same
    pass


class FirstCodeForm(_OurWords, totp.ActivateTOTPForm):  # type: ignore[misc]  # same
    pass
