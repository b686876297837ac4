from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class ApiKeysConfig(AppConfig):
    name = "apikeys"
    verbose_name = "Keys and tokens"

    def ready(self) -> None:
        from apikeys import accounts  # noqa: PLC0415 -- models are there once the apps are ready

        accounts.listen()
        post_delete.connect(_end_tokens, sender="tenants.Membership", dispatch_uid="apikeys.end_tokens")


def _end_tokens(instance: Any, **_: Any) -> None:  # noqa: ANN401 -- Django's signature
    """Who is no member any more has no token there, not even after coming back."""
    from apikeys.models import AccessToken  # noqa: PLC0415 -- same

    AccessToken.objects.filter(user_id=instance.user_id, tenant_id=instance.tenant_id).delete()
