from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Tenants and people"

    def ready(self) -> None:
        post_save.connect(_keep_address, sender=self.get_model("User"), dispatch_uid="tenants.address")


def _keep_address(instance: Any, update_fields: Any = None, **_: Any) -> None:  # noqa: ANN401 -- Django's signature
    """However a user is made or changed (over the API, at the console, by a command), their address is known."""
    from tenants import people  # noqa: PLC0415 -- models are there once the apps are ready

    if update_fields is None or "email" in update_fields:
        people.keep_address(instance)
