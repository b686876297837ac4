"""A tenant's files in storage, taken away with it."""

from __future__ import annotations

from django.core.files.storage import default_storage

from tenants.types import TenantRef


def remove_all(*, tenant: TenantRef) -> None:
    """Delete every file below the tenant's own folder."""
    _empty(f"t/{tenant.id}")


def _empty(folder: str) -> None:
    if not default_storage.exists(folder):
        return
    folders, names = default_storage.listdir(folder)
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        _empty(f"{folder}/{name}")
    default_storage.delete(folder)
