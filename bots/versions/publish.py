"""Makes a bot's draft what its customers talk to.

In: a bot whose row is locked. Out: its new live version. What the version points at is protected from here on, in the
place of what the one before pointed at; older versions protect nothing.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Max

from bots import behaviour
from bots.models import Bot, BotVersion, LiveUse
from integrations.models import TenantAIProvider
from knowledge.models import Dataset
from tenants import audit
from tenants.types import Principal


def differs(bot: Bot, draft: behaviour.Behaviour) -> bool:
    """Whether customers would notice it."""
    live = bot.live_version
    return live is None or behaviour.meaning(live.behaviour) != behaviour.meaning(draft)


def if_changed(*, bot: Bot, by: Principal) -> None:
    draft = behaviour.draft(bot.id)
    if differs(bot, draft):
        publish(bot=bot, draft=draft, by=by)


def complete_first(*, bot: Bot, by: Principal) -> None:
    """What changed becomes part of version 1, for a bot that was only just made. The caller knows that it answered
    nobody with it; where there are more versions, this one has become history, and a new one is made."""
    draft = behaviour.draft(bot.id)
    if not differs(bot, draft):
        return
    first = bot.live_version
    if first is None or bot.versions.exclude(id=first.id).exists():
        publish(bot=bot, draft=draft, by=by)
        return
    first.behaviour, first.fingerprint, first.names = draft, behaviour.fingerprint(draft), names(draft)
    first.save(update_fields=["behaviour", "fingerprint", "names"])
    _protect(bot, draft)
    audit.record(by=by, action="bot.publish", target=bot.id, data={"version": first.number})


def publish(
    *, bot: Bot, draft: behaviour.Behaviour, by: Principal, note: str = "", rolled_back_to: int | None = None
) -> BotVersion:
    latest: int = bot.versions.aggregate(latest=Max("number"))["latest"] or 0
    version = BotVersion.objects.create(
        bot=bot,
        number=latest + 1,
        behaviour=draft,
        fingerprint=behaviour.fingerprint(draft),
        names=names(draft),
        note=note,
        rolled_back_to=rolled_back_to,
        author=by.label,
        created_by=by.user_id,
    )
    bot.live_version = version
    bot.save(update_fields=["live_version"])
    _protect(bot, draft)
    data: dict[str, Any] = {"name": bot.name, "version": version.number} | ({"note": note} if note else {})
    action = "bot.rollback" if rolled_back_to else "bot.publish"
    audit.record(by=by, action=action, target=bot.id, data=data | ({"to": rolled_back_to} if rolled_back_to else {}))
    return version


def names(draft: behaviour.Behaviour) -> dict[str, str]:
    """What the providers and datasets of a behaviour are called now, by their ids; those that are gone are left out."""
    asked = behaviour.providers(draft)
    providers = TenantAIProvider.objects.filter(id__in=asked).values_list("id", "name")
    datasets = Dataset.objects.filter(id__in=behaviour.dataset_ids(draft)).values_list("id", "name")
    return {str(found): name for found, name in [*providers, *datasets]}


def _protect(bot: Bot, draft: behaviour.Behaviour) -> None:
    LiveUse.objects.filter(bot=bot).delete()
    LiveUse.objects.bulk_create(
        [LiveUse(bot=bot, provider_id=found) for found in behaviour.providers(draft)]
        + [LiveUse(bot=bot, dataset_id=found) for found in behaviour.dataset_ids(draft)]
    )
