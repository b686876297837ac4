"""A bot over a small handbook, for the tests of chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from bots import selectors as profiles
from bots import services as bots
from bots.models import Bot
from chat import services
from chat.turn import opening, pipeline
from chat.turn.types import Answer
from integrations import services as providers
from integrations.chatmodels.types import Turn
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge import services as knowledge
from knowledge.models import Dataset
from knowledge.tasks import serve
from tenants import context
from tenants.types import Principal, TenantRef

HANDBOOK = """\
# Shipping policy

Our shipping policy offers free standard shipping on every order over $50. Orders of $50 or less ship for a flat $5.95.
Standard delivery takes 3-5 business days from the day the parcel leaves our warehouse.

# Express shipping

Express shipping costs $14.95 per order and delivers on the next business day. Order before 2 p.m. for delivery
tomorrow. Express is not available to Hawaii and Alaska.

# Returns

You can return a defective product within 30 days of delivery. Open your orders, select the product and print the
prepaid label; the refund takes 5-7 business days.

# Warranty

Every garden tool comes with a warranty of five years that covers broken handles and bent blades.
"""

KEY = "sk-of-the-test"
CITED = {"strictness_level": "moderate", "allowed_topics": ["shipping"], "forbidden_topics": ["medical advice"]}
FREE = {"strictness_level": "lenient", "context_settings": {"citation_required": False}}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def provider(acme: TenantRef, principal: Principal) -> TenantAIProvider:
    return providers.create(by=principal, provider_name="builtin", name="Built-in")


@pytest.fixture
def wire(settings: Any) -> Iterator[Wire]:
    """The far side of a provider on loopback."""
    server = Wire()
    settings.OUTBOUND_ALLOWED_PRIVATE = [server.place]
    yield server
    server.stop()


@pytest.fixture
def model(wire: Wire, principal: Principal) -> TenantAIProvider:
    """A provider of Acme's whose far side is the wire."""
    return providers.create(
        by=principal, provider_name="openai_compatible", name="Local", api_key=KEY,
        base_url=f"http://{wire.place}/v1", custom_settings={"default_model": "local-1"},
    )  # fmt: skip


@pytest.fixture
def handbook(acme: TenantRef, principal: Principal) -> Dataset:
    """A dataset with one document, ready to be searched."""
    dataset = knowledge.create_dataset(by=principal, name="Handbook")
    knowledge.add_text(by=principal, dataset=dataset, title="Handbook", content=HANDBOOK)
    while serve():
        pass
    return dataset


@pytest.fixture
def make_bot(provider: TenantAIProvider, principal: Principal) -> Callable[..., Bot]:
    """Makes a public bot: `make_bot(handbook, scope={...}, is_public=False)`."""

    def make(*datasets: Dataset, scope: dict[str, Any] | None = None, **fields: Any) -> Bot:
        given = {"name": "Helper", "tenant_ai_provider_id": provider.id, "is_public": True, **fields}
        bot = bots.create_bot(by=principal, **given)
        for dataset in datasets:
            bots.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
        if scope is not None:
            bots.create_scope(by=principal, bot_id=bot.id, **scope)
        return bot

    return make


def change(bot: Bot, **fields: Any) -> None:
    """Change the bot as its tenant would, so that its customers notice."""
    bots.update_bot(by=Principal(kind="user", tenant=context.current()), bot_id=bot.id, **fields)


def talk(bot: Bot, *said: str, session_id: str | None = None) -> Answer:
    """Talk to the bot; of several messages every second is the bot's."""
    messages = [Turn("assistant" if at % 2 else "user", text) for at, text in enumerate(said)]
    turn = opening.public(
        profile=profiles.profile(bot.id), messages=messages, session_id=session_id, metadata={"source": "test"}
    )
    return async_to_sync(services.talk)(begun=pipeline.begin(turn))
