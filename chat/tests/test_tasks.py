"""Retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from bots.models import Bot
from chat import tasks, tokens
from chat.models import Conversation, Message
from integrations.models import TenantAIProvider
from tenants import context
from tenants import services as tenants
from tenants.types import Principal, TenantRef


def talked(bot: Bot, *, days_ago: float) -> Conversation:
    when = timezone.now() - timedelta(days=days_ago)
    session = tokens.hash_of(tokens.new_session(bot.id))
    row = Conversation.objects.create(bot=bot, session_hash=session, source="public", started_at=when, last_at=when)
    Message.objects.create(conversation=row, position=0, role="user", content="Hello!", created_at=when)
    return row


def test_what_was_said_too_long_ago_is_deleted_in_every_tenant(make_bot: Callable[..., Bot], globex: TenantRef) -> None:
    tenants.set_setting(by=Principal(), key="audit_logging", value={"retention_days": 30})
    bot = make_bot()
    _, fresh = talked(bot, days_ago=31), talked(bot, days_ago=29)
    with context.entered(globex):
        provider = TenantAIProvider.objects.create(provider_name="builtin", name="Built-in")
        talked(Bot.objects.create(name="Theirs", tenant_ai_provider=provider), days_ago=31)
    assert tasks.purge() == 2
    assert list(Conversation.objects.all()) == [fresh]
    assert Message.objects.get().conversation == fresh
    with context.entered(globex):
        assert not Conversation.objects.exists()
