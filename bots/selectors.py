"""Reads of the current tenant's bots."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from bots.models import Bot, BotDataset, KeyBot, Scope
from bots.types import BotProfile, DatasetWeight, ScopePolicy
from tenants import context
from tenants.errors import NotFound
from tenants.types import Principal

# Plain, since the ORM takes longer to put it into words than the database to answer; asked for each turn of talk.
_PROFILE = """
SELECT bot.*,
  (SELECT jsonb_agg(jsonb_build_object('id', dataset_id, 'priority', priority) ORDER BY priority, created_at, id)
   FROM bots_botdataset link WHERE link.bot_id = bot.id AND link.is_active)::text AS answers_from,
  (SELECT to_jsonb(scope) FROM bots_scope scope WHERE scope.bot_id = bot.id AND scope.is_active)::text AS within
FROM bots_bot bot
WHERE bot.id = %(bot)s AND (
  %(key)s::uuid IS NULL
  OR EXISTS (SELECT FROM bots_keybot tie WHERE tie.key_id = %(key)s::uuid AND tie.bot_id = bot.id)
  OR NOT EXISTS (SELECT FROM bots_keybot tie WHERE tie.key_id = %(key)s::uuid)
)
"""
_SCOPE_FIELDS = (
    "id", "strictness_level", "allowed_topics", "forbidden_topics", "topic_examples", "refusal_message",
    "context_settings",
)  # fmt: skip


def bot(bot_id: UUID) -> Bot:
    found = Bot.objects.filter(id=bot_id).first()
    if found is None:
        raise NotFound("There is no such bot.")
    return found


def profile(bot_id: UUID, *, opened_by: UUID | None = None) -> BotProfile:
    """A bot as it stands now, in one query; raises `NotFound`, also where the key `opened_by` does not open it.
    Whether it is active is the caller's to judge."""
    row: Any = next(iter(Bot.objects.raw(_PROFILE, {"bot": bot_id, "key": opened_by})), None)
    if row is None:
        raise NotFound("There is no such bot.")
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
        datasets=_datasets(row.answers_from),
        scope=_policy(row.within),
        is_public=row.is_public,
        is_active=row.is_active,
        allowed_domains=tuple(row.allowed_domains),
        fallback_id=row.fallback_ai_provider_id,
        fallback_model=row.fallback_model,
    )


def _datasets(links: str | None) -> tuple[DatasetWeight, ...]:
    return tuple(DatasetWeight(UUID(link["id"]), link["priority"]) for link in json.loads(links or "[]"))


def _policy(within: str | None) -> ScopePolicy:
    if within is None:
        return ScopePolicy()
    row = json.loads(within)
    fields = {name: row[name] for name in _SCOPE_FIELDS}
    return Scope(**{**fields, "id": UUID(row["id"])}).policy


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


def opened_by(by: Principal) -> QuerySet[Bot]:
    """The bots that the caller may talk to."""
    if by.key_id is None:
        return Bot.objects.all()
    tied = KeyBot.objects.filter(key_id=by.key_id)
    return Bot.objects.filter(id__in=tied.values("bot_id")) if tied.exists() else Bot.objects.all()
