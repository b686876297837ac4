"""Reads of the current tenant's bots."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from bots.models import Bot, BotDataset, KeyBot, Scope
from bots.types import BotProfile, DatasetWeight, ScopePolicy
from tenants import context
from tenants.errors import NotFound
from tenants.types import Principal

# A bot's datasets and its active scope, read along with it.
_LINKS = ArraySubquery(
    BotDataset.objects.filter(bot=OuterRef("pk"), is_active=True)
    .order_by("priority", "created_at", "id")
    .values(row=JSONObject(id="dataset_id", priority="priority"))
)
_SCOPE = Subquery(
    Scope.objects.filter(bot=OuterRef("pk"), is_active=True).values(
        row=JSONObject(
            **{
                name: name
                for name in (
                    "id", "strictness_level", "allowed_topics", "forbidden_topics", "refusal_message",
                    "context_settings",
                )
            }
        )
    )[:1]
)  # fmt: skip


def bot(bot_id: UUID) -> Bot:
    found = Bot.objects.filter(id=bot_id).first()
    if found is None:
        raise NotFound("There is no such bot.")
    return found


def profile(bot_id: UUID, *, opened_by: UUID | None = None) -> BotProfile:
    """A bot as it stands now, in one query; raises `NotFound`, also where the key `opened_by` does not open it.
    Whether it is active is the caller's to judge."""
    rows = Bot.objects.filter(id=bot_id)
    if opened_by is not None:
        tied = KeyBot.objects.filter(key_id=opened_by)
        rows = rows.filter(Exists(tied.filter(bot=OuterRef("pk"))) | ~Exists(tied))
    row = rows.annotate(answers_from=_LINKS, within=_SCOPE).first()
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
        datasets=tuple(
            DatasetWeight(dataset_id=UUID(link["id"]), priority=link["priority"]) for link in row.answers_from
        ),
        scope=_policy(row.within),
        is_public=row.is_public,
        is_active=row.is_active,
        allowed_domains=tuple(row.allowed_domains),
        fallback_id=row.fallback_ai_provider_id,
        fallback_model=row.fallback_model,
    )


def _policy(fields: dict[str, Any] | None) -> ScopePolicy:
    return Scope(**{**fields, "id": UUID(fields["id"])}).policy if fields else ScopePolicy()


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
