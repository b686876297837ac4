"""The audit log as people read it: names that lead to pages, codes folded away, and the same as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bots import services as bots
from bots.models import Bot
from chat.tests.conftest import talk
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.models import AuditEvent
from tenants.types import Principal

MakeBot = Callable[..., Bot]
PageAs = Callable[..., Client]
LOG, SHEET = "/dashboard/acme/audit-log/", "/dashboard/acme/audit-log/sheet/"


def _row(page: Client, action: str) -> tuple[str, str]:
    """A deed's row as it is read at once, and what is folded away in it."""
    drawn = page.get(LOG, {"action": action}).content.decode().partition("<tbody>")[2].partition("</tr>")[0]
    seen, _mark, folded = drawn.partition('<details class="codes">')
    return seen, folded


def test_a_deed_names_its_things_and_leads_to_them(
    page_as: PageAs, make_bot: MakeBot, handbook: Dataset, principal: Principal
) -> None:
    bot, page = make_bot(), page_as(Role.ADMIN)
    bots.link_dataset(by=principal, bot_id=bot.id, dataset_id=handbook.id)
    seen, folded = _row(page, "bot_dataset.create")
    assert f'<a href="/dashboard/acme/bots/{bot.id}/">{bot.name}</a>' in seen
    assert f'Dataset: <a href="/dashboard/acme/knowledge/{handbook.id}/">{handbook.name}</a>' in " ".join(seen.split())
    assert "bot_dataset.create" not in seen
    assert {"bot_dataset.create", str(bot.id), str(handbook.id)} <= set(folded.replace("<", ">").split(">"))


def test_what_is_gone_keeps_the_name_it_had(page_as: PageAs, make_bot: MakeBot, principal: Principal) -> None:
    bot, page = make_bot(), page_as(Role.ADMIN)
    tenant = principal.tenant
    assert tenant
    for target in (bot.id, uuid4()):
        AuditEvent.objects.create(
            tenant_id=tenant.id, actor_kind="user", actor="ann@acme.example", action="bot.rollback", target=str(target)
        )
    bots.update_bot(by=principal, bot_id=bot.id, name="Renamed")
    bots.delete_bot(by=principal, bot_id=bot.id)
    drawn = page.get(LOG, {"action": "bot.rollback"}).content.decode()
    assert "Renamed" in drawn
    assert "no longer there" in drawn
    assert f"/bots/{bot.id}/" not in drawn
    assert bot.name in _row(page, "bot.publish")[0]  # as it was called then


def test_a_published_bot_is_named_in_the_record(make_bot: MakeBot) -> None:
    bot = make_bot()
    assert AuditEvent.objects.filter(action="bot.publish", target=str(bot.id), data__name=bot.name).exists()


def test_details_are_in_words(page_as: PageAs, make_bot: MakeBot, principal: Principal) -> None:
    bot, page = make_bot(), page_as(Role.ADMIN)
    bots.update_bot(by=principal, bot_id=bot.id, system_prompt="Be kind.")
    seen, folded = _row(page, "bot.update")
    assert "What changed: what the bot is told" in " ".join(seen.split())
    assert "system_prompt" in folded


def test_the_page_asks_as_much_for_many_as_for_few(page_as: PageAs, make_bot: MakeBot) -> None:
    page, counts = page_as(Role.ADMIN), []
    for more in (1, 3):
        for _ in range(more):
            make_bot()
        with CaptureQueriesContext(connection) as asked:
            page.get(LOG)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_what_is_filtered_comes_as_a_file_to_admins(page_as: PageAs, make_bot: MakeBot, principal: Principal) -> None:
    bot = make_bot()
    bots.update_bot(by=principal, bot_id=bot.id, name="=Help")
    assert page_as(Role.EDITOR).get(SHEET).status_code == 403
    page = page_as(Role.ADMIN)
    answer = page.get(SHEET, {"action": "bot.update"})
    assert answer["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["what"], row["to_what"], row["details"]) == ("Changed a bot’s draft", "'=Help", "What changed: name")
    assert (row["action"], row["target"]) == ("bot.update", str(bot.id))
    assert AuditEvent.objects.get(action="audit.export").data == {"rows": 1}


@pytest.mark.parametrize("noun", ["chunk", "conversation", "gap", "import", "scope", "test_case", "test_run", "moon"])
def test_an_id_of_nothing_breaks_no_page(page_as: PageAs, principal: Principal, noun: str) -> None:
    assert principal.tenant
    AuditEvent.objects.create(
        tenant_id=principal.tenant.id, actor_kind="user", actor="x", action=f"{noun}.update", target=str(uuid4()),
        data={"bot_id": str(uuid4()), "test_set_id": 5, "message": str(uuid4())},
    )  # fmt: skip
    assert "no longer there" in _row(page_as(Role.ADMIN), f"{noun}.update")[0]


def test_conversations_are_named_by_their_first_question(page_as: PageAs, make_bot: MakeBot) -> None:
    answer = talk(make_bot(), "I want to talk to a human please")
    page = page_as(Role.ADMIN)
    page.post(f"/dashboard/acme/conversations/{answer.conversation_id}/take/")
    seen, _folded = _row(page, "conversation.take")
    assert f'/conversations/{answer.conversation_id}/">I want to talk to a human please</a>' in seen
