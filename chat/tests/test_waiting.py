"""While a model is awaited: what is held, and what happens when the customer leaves.

The threads of a turn see only what is committed, so these tests write outside of a test's transaction and clean up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.db import connection

from bots import behaviour
from bots import selectors as bots
from bots.models import Bot, Scope
from bots.types import BotProfile
from chat import tokens
from chat.models import Conversation, Message
from chat.turn import hop, pipeline
from chat.turn.types import Answer, Opened
from integrations.errors import ProviderError
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from tenants import context
from tenants.models import Tenant
from tenants.types import TenantRef


@pytest.fixture
def profile(wire: Wire, django_db_setup: None, django_db_blocker: Any) -> Iterator[BotProfile]:
    wire.mode = "hang"
    with django_db_blocker.unblock():
        acme = Tenant.objects.get(slug="acme").ref
        with context.entered(acme):
            provider = TenantAIProvider.objects.create(
                provider_name="openai_compatible", name="Silent", base_url=f"http://{wire.place}/v1",
                custom_settings={"default_model": "silent-1"},
            )  # fmt: skip
            bot = Bot.objects.create(name="Waiting", tenant_ai_provider=provider)
            Scope.objects.create(bot=bot, strictness_level="lenient", context_settings={"citation_required": False})
            found = bots.profile_of(bot, behaviour.draft(bot.id))
        try:
            yield found
        finally:
            with context.entered(acme):
                bot.delete()
                provider.delete()
            connection.close()


def opened(profile: BotProfile) -> Opened:
    session_id = tokens.new_session(profile.id)
    return Opened(profile=profile, question="Who wrote the Odyssey?", session_id=session_id, source="public")


async def started(profile: BotProfile) -> Answer:
    return await pipeline.run(begun=await hop.inside(profile.tenant, pipeline.begin, opened(profile)))


def connections() -> int:
    """How many connections to this database there are, but for the one that asks."""
    given = django_settings.DATABASES["default"] | connection.settings_dict
    place = {name: given[key] for name, key in (("host", "HOST"), ("port", "PORT"), ("user", "USER")) if given[key]}
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(dbname=given["NAME"], password=given["PASSWORD"] or None, **place) as asking:
        row = asking.execute(question).fetchone()
    assert row is not None
    return int(row[0])


async def _asked(wire: Wire, turn: asyncio.Task[Answer]) -> None:
    """Until the model was asked, or the turn is over without."""
    while not wire.requests and not turn.done():
        await asyncio.sleep(0.01)
    assert wire.requests, turn.result()


def messages(tenant: TenantRef) -> list[Message]:
    with context.entered(tenant):
        return list(Message.objects.filter(conversation__bot__name="Waiting").order_by("position"))


def test_no_connection_is_held_while_the_model_is_awaited(wire: Wire, profile: BotProfile) -> None:
    async def waiting() -> tuple[int, int, int]:
        before = await asyncio.to_thread(connections)
        within = await hop.inside(profile.tenant, lambda: (Conversation.objects.count(), connections())[1])
        turn = asyncio.create_task(started(profile))
        await _asked(wire, turn)
        meanwhile = await asyncio.to_thread(connections)
        wire.released.set()
        with suppress(ProviderError):
            await turn
        return before, within, meanwhile

    before, within, meanwhile = asyncio.run(waiting())
    assert within == before + 1  # a hop does hold one, so the count would see it
    assert meanwhile == before
    assert context._current.get() is None


def test_a_customer_who_leaves_is_on_record(wire: Wire, profile: BotProfile) -> None:
    async def leaving() -> None:
        turn = asyncio.create_task(started(profile))
        await _asked(wire, turn)
        turn.cancel()
        with suppress(asyncio.CancelledError):
            await turn
        assert turn.cancelled()

    asyncio.run(leaving())
    asked, said = messages(profile.tenant)
    assert asked.content == "Who wrote the Odyssey?"
    assert (said.status, said.trace["errors"][0]["code"]) == ("aborted", "CancelledError")


def test_a_hop_enters_its_tenant_and_leaves_it(acme: TenantRef, globex: TenantRef) -> None:
    async def hopping() -> tuple[TenantRef, TenantRef | None]:
        inside = await hop.inside(globex, context.current)
        return inside, context._current.get()

    inside, after = async_to_sync(hopping)()
    assert (inside, after) == (globex, acme)
    assert connection.schema_name == acme.schema  # type: ignore[attr-defined]  # set by django-tenants' backend
    assert connection.in_atomic_block
