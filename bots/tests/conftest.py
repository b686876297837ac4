"""A provider, a dataset and a bot of Acme's, and the same of Globex's, which must not leak."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bots import services
from bots.models import Bot
from integrations.models import TenantAIProvider
from knowledge import services as knowledge
from knowledge.models import Dataset
from tenants import context
from tenants.types import Principal, TenantRef

MakeBot = Callable[..., Bot]


def _provider() -> TenantAIProvider:
    return TenantAIProvider.objects.create(provider_name="builtin", name="Built-in")


@pytest.fixture
def provider(acme: TenantRef) -> TenantAIProvider:
    return _provider()


@pytest.fixture
def dataset(principal: Principal) -> Dataset:
    return knowledge.create_dataset(by=principal, name="Handbook")


@pytest.fixture
def make_bot(principal: Principal, provider: TenantAIProvider) -> MakeBot:
    def make(name: str = "Helper", **fields: Any) -> Bot:
        return services.create_bot(by=principal, name=name, tenant_ai_provider_id=provider.id, **fields)

    return make


@pytest.fixture
def bot(make_bot: MakeBot) -> Bot:
    return make_bot()


class Theirs:
    """Globex's rows."""

    def __init__(self, tenant: TenantRef) -> None:
        by = Principal(kind="user", tenant=tenant)
        with context.entered(tenant):
            self.provider = _provider()
            self.dataset = knowledge.create_dataset(by=by, name="Secret plans")
            self.bot = services.create_bot(
                by=by,
                name="Secret helper",
                tenant_ai_provider_id=self.provider.id,
                allowed_domains=["https://globex.example"],
            )
            self.link = services.link_dataset(by=by, bot_id=self.bot.id, dataset_id=self.dataset.id)
            self.scope = services.create_scope(by=by, bot_id=self.bot.id, strictness_level="strict")


@pytest.fixture
def theirs(globex: TenantRef) -> Theirs:
    return Theirs(globex)
