"""Writing bots, what they answer from and what they may talk about. Each is one transaction with its audit row.

A bot's public id stands in `TenantRoute` with the origins it serves, kept in the same transaction: origins while the
bot is active (a private one still answers browsers that send an API key), none while it is not. Whatever is written
about a bot locks its row first, and what it is pointed at, so that writers come one after the other; what changes how
it behaves goes through `changing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from apikeys.models import APIKey
from bots import behaviour, selectors
from bots.enums import PublishMode
from bots.errors import DatasetAlreadyLinked, KeyAlreadyTied
from bots.models import Bot, BotDataset, KeyBot, Logo, Look, Scope, TestSet
from bots.services.changing import changing, locked
from bots.types import ScopePolicy
from bots.versions import publish
from integrations.models import TenantAIProvider
from knowledge.models import Dataset
from tenants import audit, context, plans
from tenants.errors import Invalid, NotFound
from tenants.models import Tenant, TenantRoute
from tenants.types import Principal


def create_bot(
    *,
    by: Principal,
    tenant_ai_provider_id: UUID,
    dataset_ids: Sequence[UUID] = (),
    **fields: Any,  # noqa: ANN401 -- the bot's fields
) -> Bot:
    """A new bot with its datasets; as it is made it is its version 1, whatever its `publish_mode`."""
    with transaction.atomic():
        bot = _placed(by=by, tenant_ai_provider_id=tenant_ai_provider_id, **fields)
        for dataset_id in dataset_ids:
            _link(by=by, bot=bot, dataset_id=dataset_id)
        publish.if_changed(bot=bot, by=by)
    return bot


def duplicate_bot(*, by: Principal, bot_id: UUID, name: str) -> Bot:
    """Another bot that behaves and looks as this one's draft does, with the same datasets and guardrails.

    It is private, on no website, and is published at once: tests, versions, conversations and keys stay with the first.
    """
    with transaction.atomic():
        first = locked(bot_id)
        same = {field: getattr(first, field) for field in (*behaviour.BOT_FIELDS, "description", "settings")}
        bot = _placed(by=by, name=name, **same)
        for link in first.links.order_by("priority", "created_at"):
            terms = {field: getattr(link, field) for field in ("is_active", "priority", "tags", "metadata")}
            _link(by=by, bot=bot, dataset_id=link.dataset_id, **terms)
        for scope in first.bot_scopes.filter(is_active=True):
            Scope.objects.create(bot=bot, **{field: getattr(scope, field) for field in behaviour.SCOPE_FIELDS})
        looks: list[Look | Logo] = [*Look.objects.filter(bot=first), *Logo.objects.filter(bot=first)]
        for row in looks:
            row.bot = bot
            row.save(force_insert=True)
        audit.record(by=by, action="bot.duplicate", target=bot.id, data={"name": bot.name, "from": str(first.id)})
        publish.if_changed(bot=bot, by=by)
    return bot


def _placed(*, by: Principal, tenant_ai_provider_id: UUID, **fields: Any) -> Bot:  # noqa: ANN401 -- the bot's fields
    """The row of a new bot, which has no version yet; inside a transaction."""
    tenant = context.current()
    Tenant.objects.select_for_update(no_key=True).get(id=tenant.id)  # two at once may not share the last place
    plans.check("bots", used=Bot.objects.count())
    provider = _usable_provider(tenant_ai_provider_id)
    _settle_fallback(fields)
    _settle_tests(None, fields)
    bot = Bot.objects.create(tenant_ai_provider=provider, created_by=by.user_id, **fields)
    TenantRoute.objects.create(id=bot.id, tenant_id=tenant.id, origins=_origins(bot))
    audit.record(by=by, action="bot.create", target=bot.id, data={"name": bot.name})
    return bot


def update_bot(*, by: Principal, bot_id: UUID, **changes: Any) -> Bot:  # noqa: ANN401 -- the bot's fields
    """Change what is given; `settings` that are left out stay as they were."""
    with changing(by=by, bot_id=bot_id) as bot:
        if "tenant_ai_provider_id" in changes:
            bot.tenant_ai_provider = _usable_provider(changes.pop("tenant_ai_provider_id"))
            changes["tenant_ai_provider"] = bot.tenant_ai_provider
        _settle_fallback(changes)
        _settle_tests(bot, changes)
        if "settings" in changes:
            changes["settings"] = {**bot.settings, **changes["settings"]}
        _set(bot, changes)
        TenantRoute.objects.filter(id=bot.id).update(origins=_origins(bot))
        audit.record(by=by, action="bot.update", target=bot.id, data={"name": bot.name, "changed": sorted(changes)})
    return bot


def delete_bot(*, by: Principal, bot_id: UUID) -> None:
    """The bot goes with its scopes, links, versions and conversations; its datasets stay, and keys stay tied."""
    with transaction.atomic():
        bot = locked(bot_id)
        TenantRoute.objects.filter(id=bot.id).delete()
        audit.record(by=by, action="bot.delete", target=bot.id, data={"name": bot.name})
        bot.delete()


def link_dataset(*, by: Principal, bot_id: UUID, dataset_id: UUID, **fields: Any) -> BotDataset:  # noqa: ANN401 -- the link's
    with changing(by=by, bot_id=bot_id) as bot:
        return _link(by=by, bot=bot, dataset_id=dataset_id, **fields)


def _link(*, by: Principal, bot: Bot, dataset_id: UUID, **fields: Any) -> BotDataset:  # noqa: ANN401 -- the link's
    if Dataset.objects.select_for_update(no_key=True).filter(id=dataset_id).first() is None:
        raise NotFound(_("There is no such dataset."), errors={"dataset_id": [_("There is no such dataset.")]})
    if bot.links.filter(dataset_id=dataset_id).exists():
        raise DatasetAlreadyLinked
    link = BotDataset.objects.create(bot=bot, dataset_id=dataset_id, **fields)
    data = {"name": bot.name, "dataset_id": str(dataset_id)}
    audit.record(by=by, action="bot_dataset.create", target=bot.id, data=data)
    return link


def update_link(*, by: Principal, bot_id: UUID, dataset_id: UUID, **changes: Any) -> BotDataset:  # noqa: ANN401 -- the link's
    with changing(by=by, bot_id=bot_id) as bot:
        link = selectors.link(bot=bot, dataset_id=dataset_id)
        _set(link, changes)
        data = {"name": bot.name, "dataset_id": str(link.dataset_id), "changed": sorted(changes)}
        audit.record(by=by, action="bot_dataset.update", target=link.bot_id, data=data)
    return link


def unlink_dataset(*, by: Principal, bot_id: UUID, dataset_id: UUID) -> None:
    with changing(by=by, bot_id=bot_id) as bot:
        link = selectors.link(bot=bot, dataset_id=dataset_id)
        data = {"name": bot.name, "dataset_id": str(link.dataset_id)}
        audit.record(by=by, action="bot_dataset.delete", target=link.bot_id, data=data)
        link.delete()


def create_scope(*, by: Principal, bot_id: UUID, is_active: bool = True, **fields: Any) -> Scope:  # noqa: ANN401 -- the scope's
    """A new scope; it takes the place of the one that was active, unless it is made inactive."""
    with changing(by=by, bot_id=bot_id) as bot:
        _check_topics(fields.get("allowed_topics", []), fields.get("forbidden_topics", []))
        _check_examples(fields.get("topic_examples", {}), Scope(**fields).phrases)
        if is_active:
            bot.bot_scopes.filter(is_active=True).update(is_active=False)
        scope = Scope.objects.create(bot=bot, is_active=is_active, **fields)
        audit.record(by=by, action="scope.create", target=scope.id, data={"name": bot.name, "bot_id": str(bot.id)})
    return scope


def update_scope(*, by: Principal, bot_id: UUID, scope_id: UUID, **changes: Any) -> Scope:  # noqa: ANN401 -- the scope's fields
    """Change what is given; `context_settings` that are left out stay as they were. Made active, it is the only one."""
    with changing(by=by, bot_id=bot_id) as bot:
        scope = selectors.scope(bot=bot, scope_id=scope_id)
        _check_topics(
            changes.get("allowed_topics", scope.allowed_topics), changes.get("forbidden_topics", scope.forbidden_topics)
        )
        if changes.get("is_active"):
            bot.bot_scopes.filter(is_active=True).exclude(id=scope.id).update(is_active=False)
        if "context_settings" in changes:
            changes["context_settings"] = {**scope.context_settings, **changes["context_settings"]}
        _settle_examples(scope, changes)
        _set(scope, changes)
        data = {"name": bot.name, "bot_id": str(bot.id), "changed": sorted(changes)}
        audit.record(by=by, action="scope.update", target=scope.id, data=data)
    return scope


def delete_scope(*, by: Principal, bot_id: UUID, scope_id: UUID) -> None:
    """Without an active scope the defaults hold (`bots.types.ScopePolicy`); no older scope comes back by itself."""
    with changing(by=by, bot_id=bot_id) as bot:
        scope = selectors.scope(bot=bot, scope_id=scope_id)
        audit.record(by=by, action="scope.delete", target=scope.id, data={"name": bot.name, "bot_id": str(bot.id)})
        scope.delete()


def proposed_policy(*, is_active: bool = True, **fields: Any) -> ScopePolicy:  # noqa: ANN401 -- the scope's fields
    """The policy of a scope that is not kept; refused where it could not be."""
    scope = Scope(is_active=is_active, **fields)
    _check_topics(scope.allowed_topics, scope.forbidden_topics)
    _check_examples(scope.topic_examples, scope.phrases)
    return scope.policy


def tie_key(*, by: Principal, bot_id: UUID, key_id: UUID) -> KeyBot:
    """From its first tie on, an API key opens only the bots it is tied to."""
    with transaction.atomic():
        bot = locked(bot_id)
        if not APIKey.objects.filter(id=key_id, tenant_id=context.current().id).exists():
            raise NotFound(_("There is no such key."), errors={"key_id": [_("There is no such key.")]})
        if bot.key_ties.filter(key_id=key_id).exists():
            raise KeyAlreadyTied
        tie = KeyBot.objects.create(bot=bot, key_id=key_id)
        audit.record(by=by, action="key_bot.create", target=bot.id, data={"name": bot.name, "key_id": str(key_id)})
    return tie


def untie_key(*, by: Principal, bot_id: UUID, key_id: UUID) -> None:
    with transaction.atomic():
        bot = locked(bot_id)
        tie = selectors.tie(bot=bot, key_id=key_id)
        audit.record(by=by, action="key_bot.delete", target=bot.id, data={"name": bot.name, "key_id": str(key_id)})
        tie.delete()


def _set(row: Model, changes: Mapping[str, Any]) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    row.save(update_fields=[*changes, "updated_at"])


def _origins(bot: Bot) -> list[str]:
    return list(bot.allowed_domains) if bot.is_active else []


def _settle_fallback(fields: dict[str, Any]) -> None:
    if "fallback_ai_provider_id" in fields:
        given = fields.pop("fallback_ai_provider_id")
        fields["fallback_ai_provider"] = given and _usable_provider(given, field="fallback_ai_provider_id")


def _settle_tests(bot: Bot | None, fields: dict[str, Any]) -> None:
    """Tests that have to pass before a bot is published make no sense where everything is published at once."""
    required = bot.required_test_set if bot else None
    if "required_test_set_id" in fields:
        given = fields.pop("required_test_set_id")
        fields["required_test_set"] = required = given and _own_test_set(bot, given)
    mode = fields.get("publish_mode", bot.publish_mode if bot else PublishMode.IMMEDIATE)
    if required and mode != PublishMode.REVIEWED:
        sentence = _(
            "A bot that requires a test set is reviewed: set publish_mode to reviewed, or require no test set."
        )
        raise Invalid(errors={"publish_mode": [sentence]})


def _own_test_set(bot: Bot | None, set_id: UUID) -> TestSet:
    found = bot.test_sets.filter(id=set_id).first() if bot else None
    if found is None:
        sentence = _("This bot has no such test set.")
        raise NotFound(sentence, errors={"required_test_set_id": [sentence]})
    return found


def _usable_provider(provider_id: UUID, *, field: str = "tenant_ai_provider_id") -> TenantAIProvider:
    provider = TenantAIProvider.objects.select_for_update(no_key=True).filter(id=provider_id).first()
    if provider is None:
        sentence = _("There is no such AI provider.")
        raise NotFound(sentence, errors={field: [sentence]})
    if not provider.is_active:
        raise Invalid(errors={field: [_("This AI provider is switched off.")]})
    return provider


def _check_topics(allowed: list[str], forbidden: list[str]) -> None:
    both = {topic.casefold() for topic in allowed} & {topic.casefold() for topic in forbidden}
    if both:
        raise Invalid(
            errors={
                "forbidden_topics": [_("Allowed and forbidden at once: %(both)s.") % {"both": ", ".join(sorted(both))}]
            }
        )


def _check_examples(examples: Mapping[str, list[str]], phrases: list[str]) -> None:
    unknown = [phrase for phrase in examples if phrase not in phrases]
    if unknown:
        sentence = _("Neither a topic nor a trigger of this scope: %(unknown)s.") % {
            "unknown": ", ".join(sorted(unknown))[:500]
        }
        raise Invalid(errors={"topic_examples": [sentence]})


def _settle_examples(scope: Scope, changes: dict[str, Any]) -> None:
    """Examples are of phrases that the scope has: a phrase takes its own with it when it goes."""
    fields = ("allowed_topics", "forbidden_topics", "context_settings")
    phrases = Scope(**{name: changes.get(name, getattr(scope, name)) for name in fields}).phrases
    if "topic_examples" in changes:
        _check_examples(changes["topic_examples"], phrases)
    elif not set(scope.topic_examples) <= set(phrases):
        changes["topic_examples"] = {name: said for name, said in scope.topic_examples.items() if name in phrases}
