"""How a bot behaves, as one value of JSON: all that a turn of talk takes from a bot's draft, and nothing else.

Name, doors, websites and keys are no behaviour. Two behaviours with the same fingerprint are the same: empty says what
absent says, so a field that is added later changes no fingerprint made before. A scope's `id` says whose row it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from bots.enums import DEFAULT_SETTINGS
from bots.models import Bot, BotDataset, Scope
from bots.types import DatasetWeight, ScopePolicy
from knowledge.types import Filter

Behaviour = Mapping[str, Any]

PROVIDERS = ("tenant_ai_provider_id", "fallback_ai_provider_id")
BOT_FIELDS = (*PROVIDERS, "model", "fallback_model", "system_prompt", "temperature", "max_tokens")
SCOPE_FIELDS = (
    "strictness_level", "allowed_topics", "forbidden_topics", "topic_examples", "refusal_message", "context_settings",
)  # fmt: skip


def draft(bot_id: UUID) -> dict[str, Any]:
    """As the rows of a bot say now."""
    return drafts([Bot.objects.get(id=bot_id)])[bot_id]


def drafts(bots: Sequence[Bot]) -> dict[UUID, dict[str, Any]]:
    """The same of several, by their ids, in two queries."""
    links = BotDataset.objects.filter(bot__in=bots, is_active=True).order_by("priority", "dataset_id")
    scopes = {scope.bot_id: scope for scope in Scope.objects.filter(bot__in=bots, is_active=True)}
    by_bot: dict[UUID, list[BotDataset]] = {bot.id: [] for bot in bots}
    for link in links:
        by_bot[link.bot_id].append(link)
    return {bot.id: _of(bot, by_bot[bot.id], scopes.get(bot.id)) for bot in bots}


def _of(bot: Bot, links: Iterable[BotDataset], scope: Scope | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        **{name: getattr(bot, name) for name in BOT_FIELDS},
        "settings": bot.effective_settings,
        "datasets": [_link(link) for link in links],
        "scope": scope and _scope(scope),
    }
    kept: dict[str, Any] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return kept


def _link(link: BotDataset) -> dict[str, Any]:
    limits = {"tags": link.tags, "metadata": link.metadata}
    named = {"dataset_id": link.dataset_id, "priority": link.priority}
    return named | {name: limit for name, limit in limits.items() if limit}


def _scope(scope: Scope) -> dict[str, Any]:
    return {"id": scope.id, **{name: getattr(scope, name) for name in SCOPE_FIELDS}}


def fingerprint(behaviour: Behaviour) -> str:
    canonical = json.dumps(meaning(behaviour), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def meaning(behaviour: Behaviour) -> dict[str, Any]:
    """Without what says nothing: defaults, what is empty, and which row a scope was."""
    settings: Mapping[str, str] = behaviour["settings"]
    said = {**behaviour, "settings": {name: v for name, v in settings.items() if v != DEFAULT_SETTINGS.get(name)}}
    if behaviour["scope"]:
        said["scope"] = {name: value for name, value in behaviour["scope"].items() if name != "id"}
    kept: dict[str, Any] = _without_empty(said)
    return kept


def _without_empty(value: Any) -> Any:  # noqa: ANN401 -- JSON
    if not isinstance(value, Mapping):
        return value
    inner = {name: _without_empty(held) for name, held in value.items()}
    return {name: held for name, held in inner.items() if held not in (None, "", [], {})}


def providers(behaviour: Behaviour) -> set[UUID]:
    return {UUID(behaviour[name]) for name in PROVIDERS if behaviour[name]}


def datasets(behaviour: Behaviour) -> tuple[DatasetWeight, ...]:
    links: Iterable[Mapping[str, Any]] = behaviour["datasets"]
    return tuple(DatasetWeight(UUID(link["dataset_id"]), link["priority"], _only(link)) for link in links)


def _only(link: Mapping[str, Any]) -> Filter:
    return Filter(tags=tuple(link.get("tags", ())), metadata=link.get("metadata", {}))


def dataset_ids(behaviour: Behaviour) -> set[UUID]:
    return {link.dataset_id for link in datasets(behaviour)}


def policy(behaviour: Behaviour) -> ScopePolicy:
    """What its scope says to the guard; a field it does not know yet has its default."""
    scope = behaviour["scope"]
    return Scope(id=UUID(scope["id"]), **scope_fields(scope)).policy if scope else ScopePolicy()


def scope_fields(scope: Mapping[str, Any]) -> dict[str, Any]:
    return {name: scope[name] for name in SCOPE_FIELDS if name in scope}
