"""Every bot that is there gets its version 1: what its customers talk to already."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import migrations

BOT_FIELDS = (
    "tenant_ai_provider_id", "fallback_ai_provider_id", "model", "fallback_model", "system_prompt", "temperature",
    "max_tokens",
)  # fmt: skip
SCOPE_FIELDS = ("strictness_level", "allowed_topics", "forbidden_topics", "refusal_message", "context_settings")
DEFAULT_SETTINGS = {
    "response_format": "helpful_and_detailed",
    "citation_style": "numbered",
    "fallback_behavior": "say_unknown",
    "provider_failure": "quote",
}


def publish_all(apps: Any, schema_editor: Any) -> None:
    for bot in apps.get_model("bots", "Bot").objects.filter(live_version=None):
        _publish(apps, bot)


def _publish(apps: Any, bot: Any) -> None:
    behaviour = _behaviour(bot)
    bot.live_version = apps.get_model("bots", "BotVersion").objects.create(
        bot=bot,
        number=1,
        behaviour=behaviour,
        fingerprint=_fingerprint(behaviour),
        names=_names(bot),
        note="As it was before there were versions.",
        created_by=bot.created_by,
    )
    bot.save(update_fields=["live_version"])
    uses = apps.get_model("bots", "LiveUse").objects
    for provider in {bot.tenant_ai_provider_id, bot.fallback_ai_provider_id} - {None}:
        uses.create(bot=bot, provider_id=provider)
    for link in bot.links.filter(is_active=True):
        uses.create(bot=bot, dataset_id=link.dataset_id)


def _behaviour(bot: Any) -> dict[str, Any]:
    links = bot.links.filter(is_active=True).order_by("priority", "dataset_id")
    scope = bot.bot_scopes.filter(is_active=True).first()
    found = {
        **{name: getattr(bot, name) for name in BOT_FIELDS},
        "settings": {**DEFAULT_SETTINGS, **bot.settings},
        "datasets": [{"dataset_id": link.dataset_id, "priority": link.priority} for link in links],
        "scope": scope and {"id": scope.id, **{name: getattr(scope, name) for name in SCOPE_FIELDS}},
    }
    return json.loads(json.dumps(found, cls=DjangoJSONEncoder))


def _fingerprint(behaviour: dict[str, Any]) -> str:
    """As `bots.behaviour` makes it: without defaults, what is empty, and the scope's id."""
    settings = {name: value for name, value in behaviour["settings"].items() if value != DEFAULT_SETTINGS.get(name)}
    scope = {name: value for name, value in (behaviour["scope"] or {}).items() if name != "id"}
    meaning = _without_empty({**behaviour, "settings": settings, "scope": scope})
    return hashlib.sha256(json.dumps(meaning, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _without_empty(held) for name, held in value.items()}
    return {name: held for name, held in inner.items() if held not in (None, "", [], {})}


def _names(bot: Any) -> dict[str, str]:
    named = [bot.tenant_ai_provider, bot.fallback_ai_provider]
    named += [link.dataset for link in bot.links.filter(is_active=True).select_related("dataset")]
    return {str(row.id): row.name for row in named if row}


class Migration(migrations.Migration):
    dependencies = [("bots", "0005_versions")]

    operations = [migrations.RunPython(publish_all, migrations.RunPython.noop)]
