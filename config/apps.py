from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The composition root: commands, checks and whatever wires the apps together."""

    name = "config"
