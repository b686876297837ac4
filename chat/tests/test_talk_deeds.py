"""What a support lead does about an answer: finds who waits and why, corrects its passage, keeps it as a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bots import services as bots
from bots.models import Bot, TestCase
from chat.models import Citation, Conversation, Feedback, Message
from chat.tests.conftest import talk
from chat.tests.heard import SHIPPING
from knowledge import selectors
from knowledge.models import Chunk, Dataset, Document
from tenants.enums import Role
from tenants.types import Principal

MakeBot = Callable[..., Bot]
PageAs = Callable[..., Client]
HOME = "/dashboard/acme/"
WISH = "I want to talk to a human please"


def test_the_inbox_says_why_a_customer_waits_and_how_long(page_as: PageAs, make_bot: MakeBot) -> None:
    bot, client = make_bot(), page_as(Role.VIEWER)
    first = talk(bot, "Hello from Paris")
    talk(bot, WISH, session_id=first.session_id)
    page = client.get(f"{HOME}inbox/").content.decode()
    assert page.index("talk to a human") < page.index("The customer asked for a person") < page.index("Asked first:")
    assert "just now" in page
    assert "<th>Status" not in page
    Conversation.objects.update(waiting_since=timezone.now() - timedelta(minutes=3, seconds=20))
    assert "3\xa0minutes" in client.get(f"{HOME}inbox/").content.decode()
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            client.get(f"{HOME}inbox/")
        asked.append(len(seen))
        talk(bot, WISH)
        talk(bot, WISH)
    assert asked[0] == asked[1]


def test_the_inbox_says_who_has_a_customer_and_who_answered(
    page_as: PageAs, make_bot: MakeBot, principal: Principal
) -> None:
    path = f"{HOME}conversations/{talk(make_bot(), WISH).conversation_id}/"
    editor = page_as(Role.EDITOR)
    editor.post(f"{path}take/")
    name = Conversation.objects.get().taken_by_name
    assert f">{name}<" in page_as(Role.ADMIN).get(f"{HOME}inbox/?tab=others").content.decode()
    editor.post(f"{path}reply/", {"content": "Hello."})
    assert "Is answered" in editor.get(f"{HOME}inbox/?tab=mine").content.decode()
    editor.post(f"{path}close/")
    assert f">{name}<" in editor.get(f"{HOME}inbox/?tab=closed").content.decode()


def test_what_is_kept_about_a_talk_is_said_in_words(page_as: PageAs, make_bot: MakeBot) -> None:
    row = talk(make_bot(), "Hello!")
    kept = {"language": "de", "source": "widget", "page": "https://shop.example/", "shelf": "7"}
    Conversation.objects.update(metadata=kept)
    page = page_as(Role.VIEWER).get(f"{HOME}conversations/{row.conversation_id}/").content.decode()
    for name, value in (
        ("Language", "German"), ("Talked in", "the widget on a website"), ("On the page", "https://shop.example/"),
        ("shelf", "7"),
    ):  # fmt: skip
        assert f'<dt>{name}</dt><dd class="words">{value}</dd>' in page


def test_from_an_answer_to_its_passage_and_back(page_as: PageAs, make_bot: MakeBot, handbook: Dataset) -> None:
    bot, client = make_bot(handbook), page_as(Role.EDITOR)
    row = talk(bot, SHIPPING)
    path = f"{HOME}conversations/{row.conversation_id}/"
    assert "Correct this passage" in client.get(path).content.decode()
    assert "Correct this passage" not in page_as(Role.VIEWER).get(path).content.decode()
    citation = Citation.objects.get()
    ways = client.get(path).context["said"][1].ways
    moved = client.get(f"{HOME}cited/{citation.document_id}/{citation.chunk_id}/?{ways}").headers["Location"]
    assert f"/chunks/{citation.chunk_id}/" in moved
    page = client.get(moved).content.decode()
    assert f'href="{path}?at=1#message-1"' in page
    again = parse_qs(urlsplit(moved).query)["again"][0]
    assert "Ask the question again" in page
    assert f"{SHIPPING}</textarea>" in client.get(again).content.decode()
    chunk = Chunk.objects.get(id=citation.chunk_id)
    saved = client.post(moved, {"content": chunk.content, "is_enabled": "on"}).headers["Location"]
    assert "Back to the conversation" in client.get(saved).content.decode()


def test_a_passage_that_is_gone_leads_to_its_document(page_as: PageAs, make_bot: MakeBot, handbook: Dataset) -> None:
    talk(make_bot(handbook), SHIPPING)
    citation, client = Citation.objects.get(), page_as(Role.EDITOR)
    moved = client.get(f"{HOME}cited/{citation.document_id}/{uuid4()}/", follow=True)
    assert "processed again since" in moved.content.decode()
    assert client.get(f"{HOME}cited/{uuid4()}/{citation.chunk_id}/").status_code == 404


@pytest.mark.parametrize(
    ("back", "is_ours"),
    [
        (f"{HOME}conversations/", True),
        ("https://evil.example/dashboard/acme/", False),
        ("//evil.example/dashboard/acme/", False),
        ("/dashboard/globex/", False),
        (f"{HOME}../globex/", False),
        (f"{HOME}%2e%2e/globex/", False),
        ("javascript:alert(1)", False),
        ("/dashboard/acme\\evil.example", False),
    ],
)
def test_the_way_back_is_one_of_our_own_pages(page_as: PageAs, handbook: Dataset, back: str, *, is_ours: bool) -> None:
    document = Document.objects.get(dataset=handbook)
    chunk = selectors.chunks(document)[0]
    path = reverse("dashboard:chunk", args=("acme", handbook.id, document.id, chunk.id))
    shown = page_as(Role.EDITOR).get(f"{path}?{urlencode({'back': back})}")
    assert shown.status_code == 200
    page = shown.content.decode()
    assert ("Back to the conversation" in page) is is_ours


def test_an_answer_is_saved_as_a_test_where_there_is_no_set_yet(
    page_as: PageAs, make_bot: MakeBot, handbook: Dataset
) -> None:
    row = talk(make_bot(handbook), SHIPPING)
    path, client = f"{HOME}conversations/{row.conversation_id}/", page_as(Role.EDITOR)
    assert "Was this answer right?" in client.get(path).content.decode()
    assert "Was this answer right?" not in page_as(Role.VIEWER).get(path).content.decode()
    assert page_as(Role.VIEWER).post(f"{path}messages/{row.id}/test/", {"right": "yes"}).status_code == 403
    assert not TestCase.objects.exists()
    moved = client.post(f"{path}messages/{row.id}/test/", {"right": "yes", "name": "Support"})
    assert moved.headers["Location"] == f"{path}?at=1#message-1"
    case = TestCase.objects.get()
    assert (case.test_set.name, case.expect, case.expected_titles) == ("Support", "answer", ["Handbook"])


def test_a_wrong_answer_is_not_what_a_test_expects(
    page_as: PageAs, make_bot: MakeBot, handbook: Dataset, principal: Principal
) -> None:
    bot = make_bot(handbook)
    row = talk(bot, SHIPPING)
    tests = bots.create_test_set(by=principal, bot_id=bot.id, name="Tests")
    path, client = f"{HOME}conversations/{row.conversation_id}/", page_as(Role.EDITOR)
    right = 'name="right" value="{}" required checked'
    assert right.format("yes") in client.get(path).content.decode()
    Feedback.objects.create(message_id=row.id, rating="down")
    page = client.get(path).content.decode()
    assert right.format("no") in page
    assert right.format("yes") not in page
    act, sent = f"{path}messages/{row.id}/test/", {"test_set": str(tests.id), "right": "no", "expect": "answer"}
    assert b"Say what a right answer has" in client.post(act, sent, follow=True).content
    for wrong in ({**sent, "right": ""}, {**sent, "words": "x" * 201}, {**sent, "words": "a", "test_set": "none"}):
        client.post(act, wrong)
    assert not TestCase.objects.exists()
    client.post(act, {**sent, "words": "14,95 €\n  next day \n"})
    case = TestCase.objects.get()
    assert (case.expected_words, case.expected_titles, case.expected_document_ids) == (["14,95 €", "next day"], [], [])
    client.post(act, {**sent, "expect": "refuse", "words": "none"})
    case = TestCase.objects.latest("created_at")
    assert (case.expect, case.expected_words, case.expected_titles) == ("refuse", [], [])


def test_saving_a_turn_reads_that_turn_and_not_the_talk(page_as: PageAs, make_bot: MakeBot) -> None:
    first = talk(make_bot(), "Hello!")
    Message.objects.bulk_create(
        Message(
            conversation_id=first.conversation_id, position=at, role="assistant" if at % 2 else "user",
            content=f"said at {at}.",
        )
        for at in range(2, 200)
    )  # fmt: skip
    answer = Message.objects.get(position=151)
    act = f"{HOME}conversations/{first.conversation_id}/messages/{answer.id}/test/"
    with CaptureQueriesContext(connection) as seen:
        page_as(Role.EDITOR).post(act, {"right": "yes"})
    case = TestCase.objects.get()
    assert (case.question, len(case.history)) == ("said at 150.", 20)
    assert [case.history[0]["content"], case.history[-1]["content"]] == ["said at 130.", "said at 149."]
    read = [one["sql"] for one in seen.captured_queries if 'FROM "chat_message"' in one["sql"]]
    assert all("LIMIT" in sql or "IN (150, 151)" in sql for sql in read)
