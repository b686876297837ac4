"""Retention, and telling people that a customer waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.core import mail
from django.test import Client
from django.utils import timezone

from bots.models import Bot
from chat import tasks, tokens
from chat.models import Conversation, Message
from chat.tests.conftest import talk
from integrations.models import TenantAIProvider
from tenants import context
from tenants import services as tenants
from tenants.enums import Role
from tenants.models import User
from tenants.types import Principal, TenantRef


def talked(bot: Bot, *, days_ago: float) -> Conversation:
    when = timezone.now() - timedelta(days=days_ago)
    session = tokens.hash_of(tokens.new_session(bot.id))
    row = Conversation.objects.create(bot=bot, session_hash=session, source="public", started_at=when, last_at=when)
    Message.objects.create(conversation=row, position=0, role="user", content="Hello!", created_at=when)
    return row


def test_what_was_said_too_long_ago_is_deleted_in_every_tenant(make_bot: Callable[..., Bot], globex: TenantRef) -> None:
    tenants.set_setting(by=Principal(), key="audit_logging", value={"retention_days": 30})
    bot = make_bot()
    _, fresh = talked(bot, days_ago=31), talked(bot, days_ago=29)
    with context.entered(globex):
        provider = TenantAIProvider.objects.create(provider_name="builtin", name="Built-in")
        talked(Bot.objects.create(name="Theirs", tenant_ai_provider=provider), days_ago=31)
    assert tasks.purge() == 2
    assert list(Conversation.objects.all()) == [fresh]
    assert Message.objects.get().conversation == fresh
    with context.entered(globex):
        assert not Conversation.objects.exists()


def test_a_handover_is_told_to_those_who_run_the_tenant(
    make_bot: Callable[..., Bot], member: Callable[..., User], globex: TenantRef, acme: TenantRef
) -> None:
    admin, _ = member(Role.ADMIN), member(Role.VIEWER)
    member(Role.ADMIN, globex)
    bot, other = make_bot(), make_bot(name="Second")
    rows = [talked(bot, days_ago=0), talked(bot, days_ago=0), talked(other, days_ago=0), talked(bot, days_ago=0)]
    Conversation.objects.exclude(id=rows[3].id).update(status="escalated", escalation_reason="human_requested")

    def tell(row: Conversation) -> int:
        sent: int = tasks.tell_of_escalation(tenant_id=str(acme.id), conversation_id=str(row.id))
        return sent

    assert tell(rows[3]) == 0  # nobody was called
    assert tell(rows[0]) == 2
    assert sorted(address for letter in mail.outbox for address in letter.to) == [admin.email, "owner@acme.example"]
    assert str(rows[0].id) in mail.outbox[0].body
    assert "Hello!" not in mail.outbox[0].body
    assert tell(rows[1]) == 0  # this bot has just called
    assert tell(rows[2]) == 2


def test_who_answers_says_whether_a_mail_comes(
    make_bot: Callable[..., Bot], page_as: Callable[..., Client], acme: TenantRef
) -> None:
    row = talked(make_bot(), days_ago=0)
    Conversation.objects.update(status="escalated", escalation_reason="human_requested")
    editor, viewer, owner = page_as(Role.EDITOR), page_as(Role.VIEWER), Client()
    owner.force_login(User.objects.get(email="owner@acme.example"))
    inbox = "/dashboard/acme/inbox/"
    assert "E-mail me when somebody waits" in editor.get(inbox).content.decode()
    assert viewer.post(f"{inbox}mail/", {"mail": "yes"}).status_code == 403
    assert "You get an e-mail" in editor.post(f"{inbox}mail/", {"mail": "yes"}, follow=True).content.decode()
    owner.post(f"{inbox}mail/", {"mail": "no"})
    assert tasks.tell_of_escalation(tenant_id=str(acme.id), conversation_id=str(row.id)) == 1
    assert [letter.to for letter in mail.outbox] == [["editor@acme.example"]]


def test_the_task_is_rung_for_when_a_talk_is_handed_over_first(make_bot: Callable[..., Bot]) -> None:
    bot = make_bot()
    first = talk(bot, "I want to talk to a human please")
    again = talk(bot, "I want to talk to a human please", session_id=first.session_id)
    assert (first.calls, again.calls) == (True, False)
    assert talk(bot, "Hello!").calls is False
