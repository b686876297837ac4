"""A reviewed bot's customers keep what they have until somebody publishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from bots.models import Bot
from chat.tests.heard import EFFICIENT, PUBLIC, ask
from knowledge.models import Dataset

BOTS = "/v1/tenant/bots"


@pytest.mark.parametrize("path", [PUBLIC, EFFICIENT])
def test_customers_keep_the_old_behaviour_until_it_is_published(
    api: APIClient, make_bot: Callable[..., Bot], handbook: Dataset, path: str
) -> None:
    bot = make_bot(handbook, scope={"strictness_level": "moderate"}, publish_mode="immediate")
    assert api.put(f"{BOTS}/{bot.id}", {"publish_mode": "reviewed"}).status_code == 200
    assert api.post(f"{BOTS}/{bot.id}/scopes", {"forbidden_topics": ["shipping"]}).status_code == 201
    assert ask(api, bot.id, path=path).json()["guardrail"]["action"] == "allow"
    assert api.post(f"{BOTS}/{bot.id}/publish", {}).status_code == 201
    assert ask(api, bot.id, path=path).json()["guardrail"]["reason"] == "forbidden_topic"
    live = api.get(f"{BOTS}/{bot.id}").json()["live_version"]
    assert api.post(f"{BOTS}/{bot.id}/rollback", {"version": live - 1}).status_code == 201
    assert ask(api, bot.id, path=path).json()["guardrail"]["action"] == "allow"
