"""What can be misconfigured, each with an id (docs/configuration.md lists them)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import connections

LEAST_PGVECTOR = (0, 8)


@register()
def schemas_share_no_table(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ANN401 -- Django's signature
    """A table in both the public and the tenants' schemas would be read through when a tenant's is missing."""
    both = {app for app in settings.SHARED_APPS if app in settings.TENANT_APPS}
    return [
        Error(f"{app} is in SHARED_APPS and in TENANT_APPS.", id="parley.E001", hint="Put it into one of them.")
        for app in sorted(both)
    ]


@register()
def encryption_keys_fit(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ANN401 -- Django's signature
    for key in settings.ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            return [
                Error(
                    "ENCRYPTION_KEYS holds something that is no Fernet key.",
                    id="parley.E002",
                    hint="Make one with `python -c 'from cryptography.fernet import Fernet; "
                    "print(Fernet.generate_key().decode())'`.",
                )
            ]
    return []


@register()
def no_relation_crosses_schemas(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ANN401 -- Django's signature
    """No foreign key of a tenant's schema may end in public, nor the other way round."""
    tenant_models = [m for app in settings.TENANT_APPS for m in apps.get_app_config(app).get_models()]
    crossing = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and field.related_model is not None
        and (model in tenant_models) != (field.related_model in tenant_models)
    ]
    return [Error(f"{name} crosses schemas.", id="parley.E003", hint="Keep a UUID instead.") for name in crossing]


@register(Tags.security, deploy=True)
def production_is_closed(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:  # noqa: ANN401 -- Django's signature
    found: list[CheckMessage] = []
    if settings.TENANT_SIGNUP == "open":
        found.append(
            Caution("Anyone may create tenants.", id="parley.W001", hint="Set TENANT_SIGNUP=staff unless you mean it.")
        )
    if not settings.PRODUCTION:
        found.append(Caution("PARLEY_ENV is not production.", id="parley.W002", hint="Set PARLEY_ENV=production."))
    return found


@register(Tags.database)
def pgvector_is_new_enough(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None,
    **_: Any,  # noqa: ANN401 -- Django's signature
) -> list[CheckMessage]:
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
            row = cursor.fetchone()
        if row and tuple(int(part) for part in row[0].split(".")[:2]) < LEAST_PGVECTOR:
            return [Error(f"pgvector {row[0]} is too old.", id="parley.E004", hint="Use 0.8 or newer.")]
    return []
