from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bots import selectors, services
from bots.enums import Strictness
from bots.models import Bot, BotDataset, Scope
from bots.tests.conftest import MakeBot
from bots.types import DatasetWeight, ScopePolicy
from knowledge import services as knowledge
from knowledge.models import Dataset
from tenants.errors import NotFound
from tenants.types import Principal, TenantRef


def test_one_scope_is_active(bot: Bot) -> None:
    Scope.objects.create(bot=bot)
    Scope.objects.create(bot=bot, is_active=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Scope.objects.create(bot=bot)
    assert Scope.objects.filter(bot=bot, is_active=True).count() == 1


@pytest.mark.parametrize("change", [{"temperature": 2.5}, {"max_tokens": 0}])
def test_the_database_refuses_what_no_bot_is(bot: Bot, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Bot.objects.filter(id=bot.id).update(**change)


def test_the_database_refuses_priorities_out_of_bounds_and_twins(bot: Bot, dataset: Dataset) -> None:
    BotDataset.objects.create(bot=bot, dataset=dataset)
    with pytest.raises(IntegrityError), transaction.atomic():
        BotDataset.objects.create(bot=bot, dataset=dataset)
    with pytest.raises(IntegrityError), transaction.atomic():
        BotDataset.objects.filter(bot=bot).update(priority=0)


def test_a_profile_is_what_the_turn_needs(
    acme: TenantRef, principal: Principal, make_bot: MakeBot, dataset: Dataset
) -> None:
    bot = make_bot(settings={"citation_style": "none"}, allowed_domains=["https://acme.com"], is_public=True)
    second = knowledge.create_dataset(by=principal, name="Second")
    off = knowledge.create_dataset(by=principal, name="Off")
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=second.id, priority=9)
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id, priority=1)
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=off.id, is_active=False)
    services.create_scope(
        by=principal, bot_id=bot.id, strictness_level="strict", context_settings={"escalation_triggers": ["fraud"]}
    )
    with CaptureQueriesContext(connection) as asked:
        found = selectors.profile(bot.id)
    assert sum("SELECT" in query["sql"] for query in asked) == 1
    assert found.tenant == acme
    assert found.datasets == (DatasetWeight(dataset.id, 1), DatasetWeight(second.id, 9))
    assert found.weights[dataset.id] > found.weights[second.id]
    assert found.settings["citation_style"] == "none"
    assert found.settings["fallback_behavior"] == "say_unknown"
    assert found.scope.strictness is Strictness.STRICT
    assert found.scope.escalation_triggers == ("fraud",)
    assert found.allowed_domains == ("https://acme.com",)


def test_a_bot_without_a_scope_has_the_defaults(bot: Bot) -> None:
    assert selectors.profile(bot.id).scope == ScopePolicy()
    assert ScopePolicy().strictness is Strictness.MODERATE


def test_no_profile_of_what_is_not_there(acme: TenantRef) -> None:
    with pytest.raises(NotFound):
        selectors.profile(uuid.uuid4())


@pytest.mark.parametrize(("priority", "weight"), [(1, 1.0), (2, 0.98), (100, 0.8)])
def test_a_lower_priority_weighs_less_and_never_nothing(priority: int, weight: float) -> None:
    assert DatasetWeight(uuid.uuid4(), priority).weight == pytest.approx(weight, abs=0.001)
