"""Customers who leave are reached by mail: who may leave an address, when a mail comes, and when none does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from bots import services as bots
from bots.models import Bot
from chat import tasks, tokens
from chat.analytics import export
from chat.appearance import texts
from chat.handover import letters
from chat.models import Conversation
from chat.tests.heard import EFFICIENT, PUBLIC, ask
from tenants import services as tenants
from tenants.enums import Role
from tenants.types import Principal, TenantRef

MakeBot = Callable[..., Bot]
KeyClient = Callable[..., APIClient]
WISH = "I want to talk to a human please"
EMAIL = "jane@customer.example"
SHOP = "https://www.acme.com"


def leave(client: APIClient, session: str, email: str = EMAIL) -> Any:
    return client.post(f"/v1/chat/sessions/{session}/contact", {"email": email}, format="json")


def called(client: APIClient, bot: Bot, path: str = PUBLIC, **more: Any) -> str:
    answer = ask(client, bot.id, WISH, path=path, **more)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["session_id"])


def reply(api: APIClient, content: str = "The parcel is on its way.") -> None:
    row = Conversation.objects.get()
    if row.status != "with_person":
        api.post(f"/v1/tenant/conversations/{row.id}/take")
    assert api.post(f"/v1/tenant/conversations/{row.id}/reply", {"content": content}).status_code == 201


def later(minutes: float) -> None:
    """As if what there is had been done so much earlier."""
    row = Conversation.objects.get()
    for name in ("mail_due_at", "mailed_at"):
        if getattr(row, name):
            setattr(row, name, getattr(row, name) - timedelta(minutes=minutes))
    row.save()


def sent(acme: TenantRef) -> bool:
    done: bool = tasks.mail_answer(tenant_id=str(acme.id), conversation_id=str(Conversation.objects.get().id))
    return done


def test_an_address_is_left_while_a_person_is_expected(anonymous: APIClient, api: APIClient, make_bot: MakeBot) -> None:
    bot = make_bot()
    session = str(ask(anonymous, bot.id, "Hello!").json()["session_id"])
    early = leave(anonymous, session)
    assert (early.status_code, early.json()["code"]) == (409, "nobody_is_called")
    ask(anonymous, bot.id, WISH, session_id=session)
    assert anonymous.get(f"/v1/chat/sessions/{session}").json()["has_contact"] is False
    for wrong in ("", "jane", "a@b", "x" * 250 + "@a.example", "a@b.example\nBcc: c@d.example"):
        assert leave(anonymous, session, wrong).status_code == 400
    told = leave(anonymous, session)
    assert (told.status_code, told.json()["has_contact"]) == (200, True)
    assert EMAIL not in told.content.decode()
    assert Conversation.objects.get().contact_email == EMAIL
    reply(api)
    assert leave(anonymous, session, "other@customer.example").status_code == 200
    api.post(f"/v1/tenant/conversations/{Conversation.objects.get().id}/close")
    assert leave(anonymous, session).status_code == 409


def test_only_who_holds_the_session_leaves_one(
    anonymous: APIClient, key_client: KeyClient, make_bot: MakeBot, globex: TenantRef
) -> None:
    bot = make_bot()
    session = called(anonymous, bot)
    unknown = leave(anonymous, tokens.new_session(bot.id))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "session_not_found")
    assert leave(key_client("chat:write", tenant=globex), session).json() == unknown.json()
    assert leave(key_client("chat:read"), session).json()["code"] == "scope_missing"
    assert not Conversation.objects.get().contact_email
    assert leave(key_client("chat:write"), session).status_code == 200
    by_key = called(key_client("chat:write"), bot, EFFICIENT)
    assert leave(anonymous, by_key).status_code == 404


def test_websites_that_are_listed_may_send_it(anonymous: APIClient, make_bot: MakeBot) -> None:
    anonymous.credentials(HTTP_ORIGIN=SHOP)
    session = called(anonymous, make_bot(allowed_domains=[SHOP]))
    anonymous.credentials(HTTP_ORIGIN="https://evil.example")
    refused = leave(anonymous, session)
    assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
    anonymous.credentials(HTTP_ORIGIN=SHOP)
    assert leave(anonymous, session)["Access-Control-Allow-Origin"] == SHOP


def test_nothing_is_left_where_nothing_is_kept(anonymous: APIClient, make_bot: MakeBot) -> None:
    session = called(anonymous, make_bot())
    tenants.set_setting(by=Principal(), key="audit_logging", value={"log_conversations": False})
    assert leave(anonymous, session).json()["code"] == "conversations_not_kept"
    assert not Conversation.objects.get().contact_email


def test_who_left_gets_the_answers_in_one_mail(
    anonymous: APIClient, api: APIClient, make_bot: MakeBot, acme: TenantRef
) -> None:
    session = called(anonymous, make_bot(name="Acme Helper"))
    leave(anonymous, session)
    assert tasks.sweep_answers() == 0
    reply(api, "One.")
    reply(api, "Two.")
    assert (tasks.sweep_answers(), sent(acme)) == (0, False)  # they may still be there
    later(2)
    assert tasks.sweep_answers() == 1
    assert (sent(acme), sent(acme)) == (True, False)
    (letter,) = mail.outbox
    assert letter.to == [EMAIL]
    assert letter.subject == "Acme Helper: an answer for you"
    assert "One.\n\nTwo." in letter.body
    assert letter.body.endswith(f"/c/{Conversation.objects.get().bot_id}/")
    assert tasks.sweep_answers() == 0
    later(3)
    reply(api, "Three.")
    later(3)
    assert not sent(acme)  # at most one in ten minutes
    later(6)
    assert sent(acme)
    assert "Three." in mail.outbox[1].body
    assert "Two." not in mail.outbox[1].body


def test_who_is_there_gets_none(anonymous: APIClient, api: APIClient, make_bot: MakeBot, acme: TenantRef) -> None:
    session = called(anonymous, make_bot())
    leave(anonymous, session)
    reply(api, "One.")
    assert len(anonymous.get(f"/v1/chat/sessions/{session}").json()["messages"]) == 3
    later(2)
    assert (tasks.sweep_answers(), sent(acme)) == (0, False)
    reply(api, "Two.")
    later(2)
    assert sent(acme)
    assert "One." not in mail.outbox[0].body


def test_without_an_address_there_is_no_mail(
    anonymous: APIClient, api: APIClient, make_bot: MakeBot, acme: TenantRef
) -> None:
    called(anonymous, make_bot())
    reply(api)
    later(60)
    assert (tasks.sweep_answers(), sent(acme), mail.outbox) == (0, False, [])


def test_a_mail_that_could_not_be_sent_is_tried_again_for_an_hour(
    anonymous: APIClient, api: APIClient, make_bot: MakeBot, acme: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(anonymous, called(anonymous, make_bot()))
    reply(api)
    later(2)
    with monkeypatch.context() as away:
        away.setattr(tasks, "send_mail", lambda *_, **__: 0)
        assert not sent(acme)
    later(10)
    assert sent(acme)


@pytest.mark.parametrize(
    ("page", "leads"),
    [
        (f"{SHOP}/help", f"{SHOP}/help"), ("https://evil.example/", None), (f"{SHOP}/a b", None),
        ("javascript:x", None), (f"{SHOP}@evil.example/", None), ("", None),
    ],
)  # fmt: skip
def test_the_mail_leads_to_the_bots_own_websites_alone(
    anonymous: APIClient, api: APIClient, make_bot: MakeBot, acme: TenantRef, principal: Principal, page: str,
    leads: str | None,
) -> None:  # fmt: skip
    bot = make_bot(allowed_domains=[SHOP])
    anonymous.credentials(HTTP_ORIGIN=SHOP)
    leave(anonymous, called(anonymous, bot, metadata={"page": page, "language": "de"}))
    reply(api)
    later(2)
    assert sent(acme)
    letter = mail.outbox[0]
    assert letter.subject == "Helper: eine Antwort für Sie"
    assert letter.body.endswith(leads or f"/c/{bot.id}/")
    bots.update_look(by=principal, bot_id=bot.id, has_page=False)
    later(20)
    reply(api)
    later(20)
    assert sent(acme)
    assert ("http" in mail.outbox[1].body) is bool(leads)


def test_editors_see_it_and_nobody_else(
    anonymous: APIClient, page_as: Callable[..., Client], principal: Principal, make_bot: MakeBot, api: APIClient
) -> None:
    leave(anonymous, called(anonymous, make_bot()))
    row = Conversation.objects.get()
    address = f"/dashboard/acme/conversations/{row.id}/"
    assert EMAIL in page_as(Role.EDITOR).get(address).content.decode()
    assert EMAIL not in page_as(Role.VIEWER).get(address).content.decode()
    assert "Left an e-mail address" in page_as(Role.EDITOR).get("/dashboard/acme/inbox/").content.decode()
    assert "Left an e-mail address" not in page_as(Role.VIEWER).get("/dashboard/acme/inbox/").content.decode()
    assert EMAIL not in api.get(f"/v1/tenant/conversations/{row.id}").content.decode()
    for form in ("csv", "jsonl"):
        assert EMAIL not in export.text([row.id], by=principal, form=form)
    row.last_at = timezone.now() - timedelta(days=4000)
    row.save()
    tasks.purge()
    assert not Conversation.objects.exists()


def test_a_mail_speaks_each_language_of_the_widget() -> None:
    assert set(letters.load()) == set(texts.load())
    assert {tuple(said) for said in letters.load().values()} == {("subject", "intro", "link")}
