"""A key at rest opens for its own tenant, under any of the operator's keys, and for nobody else."""

from __future__ import annotations

from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from integrations import services, vault
from integrations.errors import ProviderKeyUnreadable
from integrations.models import TenantAIProvider
from integrations.selectors import provider_ref
from tenants import context
from tenants.types import Principal, TenantRef

KEY = "sk-canary-7f3a9b2c-do-not-leak"


@pytest.fixture
def provider(principal: Principal) -> TenantAIProvider:
    return services.create(by=principal, provider_name="openai", api_key=KEY)


def test_a_secret_opens_for_its_tenant_alone() -> None:
    mine, other = uuid4(), uuid4()
    sealed = vault.encrypt(KEY, tenant_id=mine)
    assert KEY not in sealed
    assert vault.decrypt(sealed, tenant_id=mine) == KEY
    with pytest.raises(vault.Unreadable):
        vault.decrypt(sealed, tenant_id=other)


def test_what_is_no_ciphertext_of_ours_is_unreadable() -> None:
    foreign = Fernet(Fernet.generate_key()).encrypt(b'["x", "y"]').decode()
    for broken in ("", "nonsense", foreign):
        with pytest.raises(vault.Unreadable):
            vault.decrypt(broken, tenant_id=uuid4())


def test_equal_secrets_do_not_look_equal() -> None:
    tenant = uuid4()
    assert vault.encrypt(KEY, tenant_id=tenant) != vault.encrypt(KEY, tenant_id=tenant)


@pytest.mark.parametrize(("secret", "shown"), [(KEY, "leak"), ("short", ""), ("", "")])
def test_a_hint_shows_the_end_of_a_long_secret_only(secret: str, shown: str) -> None:
    assert vault.hint(secret) == shown


def test_the_column_does_not_hold_the_key(provider: TenantAIProvider) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(p)::text FROM integrations_tenantaiprovider p")
        (stored,) = cursor.fetchone()
    assert KEY not in stored
    assert str(provider.id) in stored
    assert provider_ref(provider.id).api_key == KEY


def test_a_ciphertext_copied_to_another_tenant_does_not_open(provider: TenantAIProvider, globex: TenantRef) -> None:
    with context.entered(globex):
        stolen = TenantAIProvider.objects.create(provider_name="openai", name="x", api_key=provider.api_key)
        with pytest.raises(ProviderKeyUnreadable):
            provider_ref(stolen.id)
    assert provider_ref(provider.id).api_key == KEY


def test_no_representation_shows_the_key(provider: TenantAIProvider) -> None:
    ref = provider_ref(provider.id)
    assert ref.api_key == KEY
    assert KEY not in f"{ref!r}{ref}{provider!r}{provider}"


def test_rotation_moves_every_tenant_under_the_first_key(
    provider: TenantAIProvider, globex: TenantRef, principal: Principal, settings: Any
) -> None:
    with context.entered(globex):
        theirs = services.create(by=principal, provider_name="openai", api_key="sk-theirs-1234567890")
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *old]
    said = StringIO()
    call_command("rotate_secrets", stdout=said)
    assert said.getvalue() == "2 re-encrypted, 0 already under the first key.\n"
    settings.ENCRYPTION_KEYS = [new]
    assert provider_ref(provider.id).api_key == KEY
    with context.entered(globex):
        assert provider_ref(theirs.id).api_key == "sk-theirs-1234567890"


def test_rotation_goes_on_where_it_stopped(provider: TenantAIProvider, principal: Principal, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    services.create(by=principal, provider_name="openai", api_key=KEY)
    assert services.rotate_secrets() == {"rotated": 1, "kept": 1}
    assert services.rotate_secrets() == {"kept": 2}


def test_rotation_says_what_it_cannot_open(provider: TenantAIProvider, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="1 cannot be opened"):
        call_command("rotate_secrets", stdout=StringIO())
    assert TenantAIProvider.objects.get(id=provider.id).api_key == provider.api_key
