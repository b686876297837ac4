from allauth.account.apps import AccountConfig
from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The composition root: commands, checks and whatever wires the apps together."""

    name = "config"

    def ready(self) -> None:
        from apikeys.api import schema  # noqa: F401, PLC0415 -- registers how OpenAPI describes our credentials
        from config import celery, checks  # noqa: F401, PLC0415 -- whoever rings finds our broker; the system checks


class AccountsConfig(AccountConfig):  # type: ignore[misc]  # allauth has no types
    """allauth's, whose middleware stands in ours (config/middleware.py): it insists on its own, by name."""

    def ready(self) -> None:
        from allauth.account import checks  # noqa: F401, PLC0415 -- its system checks, as it registers them itself
