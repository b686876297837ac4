"""People: who signs in and how, what django-allauth is told, and how mail leaves.

`config/settings.py` takes all of it in. docs/accounts.md says what it means to people.
"""

from __future__ import annotations

from datetime import timedelta

from config import env

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["apikeys.authentication.LimitedBackend"]
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]
KNOX_TOKEN_MODEL = "apikeys.AccessToken"  # noqa: S105 -- a model's name
REST_KNOX = {
    "TOKEN_TTL": timedelta(hours=env.integer("TOKEN_HOURS", 12, least=1)),
    "AUTH_HEADER_PREFIX": "Bearer",
}

# --- Pages of sign-in (django-allauth) ----------------------------------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/dashboard/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "apikeys.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# Optional at first, since a machine without a mail server would lock its people out; a second factor asks for a
# confirmed one. Where it is required, nothing tells a stranger any more who has an account (docs/decisions, 0018).
ACCOUNT_EMAIL_VERIFICATION = {"optional": "optional", "required": "mandatory"}[
    env.choice("EMAIL_CONFIRMATION", "optional", among=("optional", "required"))
]
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, and in no other
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one takes its place once it is confirmed
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers because somebody typed their address
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Parley] "
# Before a new e-mail, which is as good as a new password: who finds a browser open gets no further than that.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # of this browser; every other session ends with the old password
ACCOUNT_FORMS = {"add_email": "apikeys.addresses.ChangeEmailForm"} | {
    name: f"apikeys.dashboard.account_forms.{form}"
    for name, form in (
        ("login", "SignInForm"), ("change_password", "ChangePasswordForm"), ("set_password", "SetPasswordForm"),
        ("reset_password", "ResetPasswordForm"), ("reset_password_from_key", "NewPasswordForm"),
        ("reauthenticate", "ProveForm"),
    )
}  # fmt: skip
MFA_FORMS = {
    name: f"apikeys.dashboard.account_forms.{form}"
    for name, form in (
        ("authenticate", "CodeForm"), ("reauthenticate", "ProveByCodeForm"), ("activate_totp", "FirstCodeForm"),
    )
}  # fmt: skip
MFA_ADAPTER = "apikeys.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Parley"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute off

# --- Mail ---------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "config.mail.Unsent")
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH") or None
if EMAIL_FILE_PATH:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
# Whether a mail gets to whom it is for. Where it does not, pages say where it is, and invitations show their link.
MAIL_LEAVES = EMAIL_BACKEND not in {
    "config.mail.Unsent",
    *(f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "filebased", "dummy")),
}
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_USER"), env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10  # seconds: a page that sends mail waits for its server
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Parley <parley@localhost>")
