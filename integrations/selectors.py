"""Reads of providers. The only place where a stored key is opened."""

from __future__ import annotations

from uuid import UUID

from integrations import vault
from integrations.errors import ProviderInactive, ProviderKeyUnreadable
from integrations.models import TenantAIProvider
from integrations.types import ProviderRef
from tenants import context
from tenants.errors import NotFound
from tenants.models import GlobalAIProvider


def provider(provider_id: UUID) -> TenantAIProvider:
    """The current tenant's provider of this id; `NotFound` where there is none."""
    found = TenantAIProvider.objects.filter(id=provider_id).first()
    if found is None:
        raise NotFound("There is no such AI provider.")
    return found


def provider_ref(provider_id: UUID) -> ProviderRef:
    """The provider, ready to be asked. Raises `NotFound`, `ProviderInactive`, `ProviderKeyUnreadable`."""
    row = provider(provider_id)
    if not row.is_active:
        raise ProviderInactive
    return ref_of(row)


def ref_of(row: TenantAIProvider) -> ProviderRef:
    """A row with its key opened, active or not. Raises `ProviderKeyUnreadable`."""
    try:
        key = vault.decrypt(row.api_key, tenant_id=context.current().id) if row.api_key else ""
    except vault.Unreadable as error:
        raise ProviderKeyUnreadable from error
    return ProviderRef(
        id=row.id,
        name=row.provider_name,
        base_url=row.base_url,
        api_key=key,
        settings=row.custom_settings,
        label=row.name,
    )


def global_provider(provider_id: UUID | None) -> GlobalAIProvider | None:
    """The operator's provider of this id, if it is active."""
    return GlobalAIProvider.objects.filter(id=provider_id, is_active=True).first() if provider_id else None
