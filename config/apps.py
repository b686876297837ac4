from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The composition root: commands, checks and whatever wires the apps together."""

    name = "config"

    def ready(self) -> None:
        from apikeys.api import schema  # noqa: F401, PLC0415 -- registers how OpenAPI describes our credentials
        from config import celery, checks  # noqa: F401, PLC0415 -- whoever rings finds our broker; the system checks
