"""Reads of the current tenant's bots."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import CASCADE, Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bots import behaviour, origins
from bots.enums import DEFAULT_SETTINGS
from bots.models import Bot, BotDataset, BotVersion, KeyBot, Logo, Look, Scope, TestCase, TestRun, TestSet, Visit
from bots.types import BotProfile
from tenants import context
from tenants.errors import NotFound
from tenants.types import Principal

# What a website is told that the bot does not list, as it is kept of its visit; and how many of these are shown.
NOT_LISTED = "origin_not_allowed"
MOST_TURNED_AWAY = 10
# Plain, since the ORM takes longer to put it into words than the database to answer; asked for each turn of talk.
_PROFILE = """
SELECT bot.id, bot.name, bot.is_public, bot.is_active, bot.allowed_domains, version.behaviour::text AS live
FROM bots_bot bot JOIN bots_botversion version ON version.id = bot.live_version_id
WHERE bot.id = %(bot)s AND (
  %(key)s::uuid IS NULL
  OR EXISTS (SELECT FROM bots_keybot tie WHERE tie.key_id = %(key)s::uuid AND tie.bot_id = bot.id)
  OR NOT EXISTS (SELECT FROM bots_keybot tie WHERE tie.key_id = %(key)s::uuid)
)
"""


def bot(bot_id: UUID) -> Bot:
    found = Bot.objects.select_related("live_version").filter(id=bot_id).first()
    if found is None:
        raise NotFound(_("There is no such bot."))
    return found


def profile(bot_id: UUID, *, opened_by: UUID | None = None, draft: bool = False) -> BotProfile:
    """A bot as its customers meet it now, in one query, or as its `draft` would be; raises `NotFound`, also where the
    key `opened_by` does not open it. Whether it is active is the caller's to judge."""
    row: Any = next(iter(Bot.objects.raw(_PROFILE, {"bot": bot_id, "key": opened_by})), None)
    if row is None:
        raise NotFound(_("There is no such bot."))
    return profile_of(row, behaviour.draft(bot_id) if draft else json.loads(row.live))


def profile_of(bot: Bot, behaves: behaviour.Behaviour) -> BotProfile:
    """A bot as it would be with this behaviour."""
    return BotProfile(
        id=bot.id,
        tenant=context.current(),
        name=bot.name,
        provider_id=UUID(behaves["tenant_ai_provider_id"]),
        model=behaves["model"],
        system_prompt=behaves["system_prompt"],
        temperature=behaves["temperature"],
        max_tokens=behaves["max_tokens"],
        settings={**DEFAULT_SETTINGS, **behaves["settings"]},
        datasets=behaviour.datasets(behaves),
        scope=behaviour.policy(behaves),
        is_public=bot.is_public,
        is_active=bot.is_active,
        allowed_domains=tuple(bot.allowed_domains),
        fallback_id=UUID(behaves["fallback_ai_provider_id"]) if behaves["fallback_ai_provider_id"] else None,
        fallback_model=behaves["fallback_model"],
    )


def versions(bot: Bot) -> QuerySet[BotVersion]:
    """Newest first, for lists."""
    return bot.versions.defer("behaviour", "names").order_by("-number")


def version(*, bot: Bot, number: int) -> BotVersion:
    found = bot.versions.filter(number=number).first()
    if found is None:
        raise NotFound(_("This bot has no such version."))
    return found


def all_test_sets(bot: Bot) -> QuerySet[TestSet]:
    """For lists: with `case_count`."""
    return bot.test_sets.annotate(case_count=Count("cases")).order_by("name", "id")


def one_test_set(*, bot_id: UUID, set_id: UUID, lock: bool = False) -> TestSet:
    rows = TestSet.objects.select_for_update() if lock else TestSet.objects.select_related("bot")
    found = rows.filter(bot_id=bot_id, id=set_id).first()
    if found is None:
        raise NotFound(_("This bot has no such test set."))
    return found


def one_test_case(*, test_set: TestSet, case_id: UUID) -> TestCase:
    found = test_set.cases.filter(id=case_id).first()
    if found is None:
        raise NotFound(_("This test set has no such case."))
    return found


def all_test_runs(test_set: TestSet) -> QuerySet[TestRun]:
    """Newest first, for lists: with what came of their cases."""
    return test_set.runs.annotate(
        case_count=Count("results"),
        passed_count=Count("results", filter=Q(results__passed=True)),
        failed_count=Count("results", filter=Q(results__passed=False)),
    ).order_by("-created_at", "id")


def one_test_run(*, test_set: TestSet, run_id: UUID, lock: bool = False) -> TestRun:
    found = (test_set.runs.select_for_update() if lock else all_test_runs(test_set)).filter(id=run_id).first()
    if found is None:
        raise NotFound(_("This test set has no such run."))
    return found


def link(*, bot: Bot, dataset_id: UUID) -> BotDataset:
    found = bot.links.select_related("dataset").filter(dataset_id=dataset_id).first()
    if found is None:
        raise NotFound(_("This bot has no such dataset."))
    return found


def scope(*, bot: Bot, scope_id: UUID) -> Scope:
    found = bot.bot_scopes.filter(id=scope_id).first()
    if found is None:
        raise NotFound(_("This bot has no such scope."))
    return found


def tie(*, bot: Bot, key_id: UUID) -> KeyBot:
    found = bot.key_ties.filter(key_id=key_id).first()
    if found is None:
        raise NotFound(_("This key is not tied to this bot."))
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


def look(bot_id: UUID) -> Look:
    """How the bot looks; one that nobody changed has the defaults."""
    found = Look.objects.filter(bot_id=bot_id).first() or Look(bot_id=bot_id)
    found.logo_digest = Logo.objects.filter(bot_id=bot_id).values_list("digest", flat=True).first()
    return found


def logo(bot_id: UUID) -> Logo:
    found = Logo.objects.filter(bot_id=bot_id).first()
    if found is None:
        raise NotFound(_("This bot has no logo."))
    return found


def visits(bot_id: UUID) -> QuerySet[Visit]:
    """The websites that asked for the bot's widget, the latest first."""
    return Visit.objects.filter(bot_id=bot_id).select_related("bot").order_by("-last_at", "id")


def turned_away(bot: Bot, rows: Iterable[Visit]) -> list[Visit]:
    """Of a bot's visits those that were refused in the last day because their website is not listed, the latest first.
    What would be served by now is no trouble any more."""
    since = timezone.now() - timedelta(days=1)
    return [
        row for row in rows
        if row.refused == NOT_LISTED and row.last_at > since and not origins.matches(row.origin, bot.allowed_domains)
    ][:MOST_TURNED_AWAY]  # fmt: skip


def goes_with(bot: Bot) -> dict[str, int]:
    """How many rows of each kind go with a bot, those of the apps above included, by what a bot calls them."""
    return {
        name: relation.related_model._base_manager.filter(**{relation.field.name: bot}).count()  # noqa: SLF001 -- Django's, documented
        for relation in Bot._meta.related_objects
        if relation.on_delete is CASCADE and (name := relation.get_accessor_name())
    }
