"""The end of a session: nothing more is said in it, what was said stays, and only its holder may end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots.models import Bot
from chat import tokens
from chat.models import Conversation, Message
from chat.tests.heard import COMPLETIONS, EFFICIENT, PUBLIC, ask
from tenants.enums import Role
from tenants.types import TenantRef

MakeBot = Callable[..., Bot]
KeyClient = Callable[..., APIClient]


def begun(client: APIClient, bot: Bot, path: str = PUBLIC) -> str:
    answer = ask(client, bot.id, "Hello!", path=path)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["session_id"])


def end(client: APIClient, session: str) -> Any:
    return client.post(f"/v1/chat/sessions/{session}/end")


@pytest.mark.parametrize("path", [PUBLIC, EFFICIENT, COMPLETIONS])
def test_in_a_session_that_has_ended_nothing_more_is_said(key_client: KeyClient, make_bot: MakeBot, path: str) -> None:
    client, bot = key_client("chat:write", "chat:read"), make_bot()
    session, other = begun(client, bot, path), begun(client, bot, path)
    ended = end(client, session)
    assert (ended.status_code, ended.json()["status"]) == (200, "closed")
    for streamed in (False, True):
        refused = ask(client, bot.id, "Hello!", path=path, session_id=session, stream=streamed)
        found = refused.json()
        assert (refused.status_code, found.get("error", found)["code"]) == (409, "session_ended")
    assert Message.objects.filter(role="assistant").count() == 2
    assert ask(client, bot.id, "Hello!", path=path, session_id=other).status_code == 200


def test_ending_it_twice_is_fine_and_what_was_said_stays(anonymous: APIClient, make_bot: MakeBot) -> None:
    session = begun(anonymous, make_bot())
    before = anonymous.get(f"/v1/chat/sessions/{session}").json()
    assert before["status"] == "open"
    assert [end(anonymous, session).status_code for _ in range(2)] == [200, 200]
    after = anonymous.get(f"/v1/chat/sessions/{session}").json()
    assert after == {**before, "status": "closed"}
    assert len(after["messages"]) == 2
    rated = anonymous.post(
        f"/v1/chat/sessions/{session}/feedback", {"message_id": after["messages"][1]["id"], "rating": "up"}
    )
    assert rated.status_code == 200


def test_a_talk_that_was_handed_over_can_be_ended(anonymous: APIClient, make_bot: MakeBot) -> None:
    bot = make_bot()
    session = ask(anonymous, bot.id, "I want to talk to a human please").json()["session_id"]
    assert Conversation.objects.get().status == "escalated"
    assert end(anonymous, session).json()["status"] == "closed"
    assert Conversation.objects.get().escalation_reason != ""


def test_a_public_session_is_ended_by_who_holds_it(
    anonymous: APIClient, key_client: KeyClient, api_as: Callable[..., APIClient], make_bot: MakeBot, globex: TenantRef
) -> None:
    bot = make_bot()
    session = begun(anonymous, bot)
    unknown = end(anonymous, tokens.new_session(bot.id))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "session_not_found")
    for client in (key_client("chat:write", tenant=globex), api_as(Role.OWNER, tenant=globex)):
        assert end(client, session).json() == unknown.json()
    reader = end(key_client("chat:read"), session)
    assert (reader.status_code, reader.json()["code"]) == (403, "scope_missing")
    assert Conversation.objects.get().status == "open"
    assert end(anonymous, session).status_code == 200
    assert end(key_client("chat:write"), begun(anonymous, bot)).status_code == 200


def test_a_session_that_came_by_a_key_is_ended_by_its_tenant_alone(
    anonymous: APIClient, key_client: KeyClient, make_bot: MakeBot
) -> None:
    client = key_client("chat:write")
    session = begun(client, make_bot(), EFFICIENT)
    assert end(anonymous, session).status_code == 404
    assert Conversation.objects.get().status == "open"
    assert end(client, session).status_code == 200


def test_a_session_is_not_ended_by_looking_at_it(anonymous: APIClient, make_bot: MakeBot) -> None:
    session = begun(anonymous, make_bot())
    assert anonymous.get(f"/v1/chat/sessions/{session}/end").status_code == 405
    assert Conversation.objects.get().status == "open"
