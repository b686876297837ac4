"""Reads of the current tenant's bots."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch

from bots.models import Bot, BotDataset, KeyBot, Scope
from bots.types import BotProfile, DatasetWeight, ScopePolicy
from tenants import context
from tenants.errors import NotFound


def bot(bot_id: UUID) -> Bot:
    found = Bot.objects.filter(id=bot_id).first()
    if found is None:
        raise NotFound("There is no such bot.")
    return found


def profile(bot_id: UUID) -> BotProfile:
    """A bot as it stands now, in three queries; raises `NotFound`. Whether it is active is the caller's to judge."""
    row = (
        Bot.objects.filter(id=bot_id)
        .prefetch_related(
            Prefetch("links", BotDataset.objects.filter(is_active=True).order_by("priority", "created_at", "id")),
            Prefetch("bot_scopes", Scope.objects.filter(is_active=True)),
        )
        .first()
    )
    if row is None:
        raise NotFound("There is no such bot.")
    active = next(iter(row.bot_scopes.all()), None)
    return BotProfile(
        id=row.id,
        tenant=context.current(),
        name=row.name,
        provider_id=row.tenant_ai_provider_id,
        model=row.model,
        system_prompt=row.system_prompt,
        temperature=row.temperature,
        max_tokens=row.max_tokens,
        settings=row.effective_settings,
        datasets=tuple(DatasetWeight(dataset_id=link.dataset_id, priority=link.priority) for link in row.links.all()),
        scope=active.policy if active else ScopePolicy(),
        is_public=row.is_public,
        is_active=row.is_active,
        allowed_domains=tuple(row.allowed_domains),
    )


def link(*, bot: Bot, dataset_id: UUID) -> BotDataset:
    found = bot.links.select_related("dataset").filter(dataset_id=dataset_id).first()
    if found is None:
        raise NotFound("This bot has no such dataset.")
    return found


def scope(*, bot: Bot, scope_id: UUID) -> Scope:
    found = bot.bot_scopes.filter(id=scope_id).first()
    if found is None:
        raise NotFound("This bot has no such scope.")
    return found


def tie(*, bot: Bot, key_id: UUID) -> KeyBot:
    found = bot.key_ties.filter(key_id=key_id).first()
    if found is None:
        raise NotFound("This key is not tied to this bot.")
    return found


def key_opens(*, key_id: UUID, bot_id: UUID) -> bool:
    """Whether an API key may use a bot: it may use every bot until it is tied to some."""
    tied = set(KeyBot.objects.filter(key_id=key_id).values_list("bot_id", flat=True))
    return not tied or bot_id in tied
