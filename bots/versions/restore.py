"""Puts the behaviour of a version back into the rows of its bot's draft.

In: a bot whose row is locked, and one of its versions. Out: the same rows as then, or `VersionNotRestorable` before
anything is written. What a behaviour points at is locked, so that none of it goes in between. Links that are switched
off and scopes that are not active say nothing, and stay.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from bots import behaviour
from bots.errors import VersionNotRestorable
from bots.models import Bot, BotDataset, BotVersion, Scope
from integrations.models import TenantAIProvider
from knowledge.models import Dataset


def restore(*, bot: Bot, version: BotVersion) -> None:
    _check(version)
    held = version.behaviour
    for name in behaviour.BOT_FIELDS:
        setattr(bot, name, held[name])
    bot.settings = held["settings"]
    bot.save(update_fields=[*behaviour.BOT_FIELDS, "settings", "updated_at"])
    _restore_links(bot, version)
    _restore_scope(bot, version)


def _check(version: BotVersion) -> None:
    providers, datasets = behaviour.providers(version.behaviour), behaviour.dataset_ids(version.behaviour)
    found = {row.id for row in TenantAIProvider.objects.select_for_update(no_key=True).filter(id__in=providers)}
    found |= {row.id for row in Dataset.objects.select_for_update(no_key=True).filter(id__in=datasets)}
    errors = {
        "provider": _missed(_("The AI provider %(name)s is gone."), providers - found, version),
        "datasets": _missed(_("The dataset %(name)s is gone."), datasets - found, version),
    }
    missed = [sentence for sentences in errors.values() for sentence in sentences]
    if missed:
        raise VersionNotRestorable(" ".join(missed), errors={name: said for name, said in errors.items() if said})


def _missed(sentence: str, gone: set[UUID], version: BotVersion) -> list[str]:
    names = sorted(version.names.get(str(each), str(each)) for each in gone)
    return [sentence % {"name": name} for name in names]


def _restore_links(bot: Bot, version: BotVersion) -> None:
    weights = behaviour.datasets(version.behaviour)
    bot.links.filter(is_active=True).exclude(dataset_id__in=[each.dataset_id for each in weights]).delete()
    for each in weights:
        BotDataset.objects.update_or_create(
            bot=bot,
            dataset_id=each.dataset_id,
            defaults={
                "is_active": True, "priority": each.priority,
                "tags": list(each.only.tags), "metadata": dict(each.only.metadata),
            },
        )  # fmt: skip


def _restore_scope(bot: Bot, version: BotVersion) -> None:
    held = version.behaviour["scope"]
    active = bot.bot_scopes.filter(is_active=True)
    if held is None:
        active.update(is_active=False)
        return
    active.exclude(id=held["id"]).update(is_active=False)
    # A version that was made before topics had examples had none.
    fields = {"topic_examples": {}, **behaviour.scope_fields(held), "is_active": True}
    Scope.objects.update_or_create(id=held["id"], bot=bot, defaults=fields)
