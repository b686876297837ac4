"""The pages of conversations and of the inbox, as people use them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bots import services as bots
from bots.models import Bot
from chat import services
from chat.models import Citation, Conversation, Message
from chat.templatetags import answers
from chat.tests.conftest import talk
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.types import Principal, TenantRef

MakeBot = Callable[..., Bot]
PageAs = Callable[..., Client]
HOME = "/dashboard/acme/"
_REL = 'rel="noopener noreferrer nofollow"'
WISH = "I want to talk to a human please"


def called(bot: Bot) -> tuple[str, str]:
    answer = talk(bot, WISH)
    return answer.session_id, f"{HOME}conversations/{answer.conversation_id}/"


def test_the_list_costs_the_same_for_one_and_for_three(page_as: PageAs, make_bot: MakeBot) -> None:
    bot, client = make_bot(), page_as(Role.VIEWER)
    asked = []
    for more in (1, 2):
        for _ in range(more):
            talk(bot, "Hello!")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(f"{HOME}conversations/").status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_the_list_is_narrowed_and_says_where_nothing_fits(page_as: PageAs, make_bot: MakeBot) -> None:
    bot, client = make_bot(), page_as(Role.VIEWER)
    assert b"No conversation yet" in client.get(f"{HOME}conversations/").content
    talk(bot, "Hello from Paris")
    called(bot)
    found = client.get(f"{HOME}conversations/", {"became": "escalated", "since": "2020-01-01", "bot": str(bot.id)})
    assert b"talk to a human" in found.content
    assert b"Paris" not in found.content
    assert b"Nothing fits" in client.get(f"{HOME}conversations/", {"until": "2020-01-01"}).content
    assert client.get(f"{HOME}conversations/", {"since": "soon", "bot": "none"}).status_code == 200


def test_an_answer_shows_its_sources_and_why(page_as: PageAs, make_bot: MakeBot, handbook: Dataset) -> None:
    bot = make_bot(handbook)
    answer = talk(bot, "What does express shipping cost?")
    page = page_as(Role.VIEWER).get(f"{HOME}conversations/{answer.conversation_id}/").content.decode()
    citation = Citation.objects.first()
    assert citation is not None
    assert f"cited/{citation.document_id}" in page
    assert "Passages that were found" in page
    assert "What the model was sent" in page
    assert "Take over and answer" not in page  # a viewer reads


def test_what_customers_and_models_write_is_no_page_of_ours(page_as: PageAs, make_bot: MakeBot) -> None:
    answer = talk(make_bot(), "<script>alert(1)</script>")
    Message.objects.filter(role="assistant").update(
        content="<img src=x onerror=alert(2)> ![i](https://evil.example/i.png) [here](https://evil.example/x) "
        "[j](javascript:alert(3))"
    )
    page = page_as(Role.OWNER).get(f"{HOME}conversations/{answer.conversation_id}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "javascript:alert" not in page.replace("[j](javascript:alert(3))", "")
    assert 'rel="noopener noreferrer nofollow"' in page
    assert "(evil.example)" in page


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("**Yes** [1]", "<p><strong>Yes</strong> [1]</p>"),
        ("# Big", "<h3>Big</h3>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[a](mailto:x@y.z)", f"<p><a {_REL}>a</a></p>"),
        ("[a.example](https://a.example/)", f'<p><a href="https://a.example/" {_REL}>a.example</a></p>'),
        (
            "[bank, a.example](https://a.example/)",
            f'<p><a href="https://a.example/" {_REL}>bank, a.example</a> <span class="muted">(a.example)</span></p>',
        ),
        ("", ""),
    ],
)  # fmt: skip
def test_a_little_markdown_and_nothing_else(text: str, drawn: str) -> None:
    assert answers.answer_html(text).strip() == drawn


def test_marks_of_an_answer_lead_to_its_sources_and_nothing_else_of_it_is_html() -> None:
    said = "**Two** [1] days [7]\n\n- `[1]`\n- <img src=x onerror=alert(1)> [x](javascript:alert(1)) [1](https://a.example/)"
    turn = {"id": "t", "text": said, "citations": [{"number": 1}]}
    drawn = answers.cited_html(turn)
    mark = '<a class="cite" href="#cite-t-1"><span class="visually-hidden">source </span>1</a>'
    assert f"<strong>Two</strong> {mark} days [7]" in drawn
    assert "<li><code>[1]</code></li>" in drawn
    assert "<img" not in drawn
    assert 'href="javascript' not in drawn
    assert f'<a href="https://a.example/" {_REL}>1</a>' in drawn


def test_a_person_takes_over_answers_and_hands_back(page_as: PageAs, make_bot: MakeBot) -> None:
    bot, client = make_bot(), page_as(Role.EDITOR)
    session, path = called(bot)
    assert b">1<" in client.get(f"{HOME}inbox/count/").content
    assert b"talk to a human" in client.get(f"{HOME}inbox/").content
    assert "Take over and answer" in client.get(path).content.decode()
    assert client.post(f"{path}take/").headers["Location"] == f"{path}#reply"
    assert 'id="reply"' in client.get(path).content.decode()
    assert "Your answer" in client.get(path).content.decode()
    talk(bot, "The parcel is wet.", session_id=session)
    more = client.get(f"{path}?after=1&status=with_person", HTTP_HX_REQUEST="true").content.decode()
    assert "The parcel is wet." in more
    assert "talk to a human" not in more
    nothing = client.get(f"{path}?after=2&status=with_person", HTTP_HX_REQUEST="true")
    assert nothing.status_code == 204
    sent = client.post(f"{path}reply/", {"content": "A new one is on its way."})
    assert sent.headers["Location"] == f"{path}#reply"
    assert "A new one is on its way." in client.get(path).content.decode()
    assert b"badge" not in client.get(f"{HOME}inbox/count/").content
    client.post(f"{path}hand-back/")
    assert Conversation.objects.get().status == "open"
    client.post(f"{path}close/")
    assert Conversation.objects.get().status == "closed"
    assert b"talk to a human" in client.get(f"{HOME}inbox/?tab=closed").content


def test_what_could_not_be_sent_is_not_lost(page_as: PageAs, make_bot: MakeBot, principal: Principal) -> None:
    client = page_as(Role.EDITOR)
    _, path = called(make_bot())
    client.post(f"{path}take/")
    services.take(by=principal, conversation_id=Conversation.objects.get().id, anyway=True)
    refused = client.post(f"{path}reply/", {"content": "Words of some weight"})
    assert refused.status_code == 422
    assert b"Words of some weight" in refused.content


def test_a_viewer_takes_nothing_over(page_as: PageAs, make_bot: MakeBot) -> None:
    _, path = called(make_bot())
    page_as(Role.VIEWER).post(f"{path}take/")
    assert Conversation.objects.get().status == "escalated"
    page_as(Role.EDITOR).post(f"{path}take/")
    assert Conversation.objects.get().status == "with_person"


def test_one_is_deleted_after_asking(page_as: PageAs, make_bot: MakeBot) -> None:
    _, path = called(make_bot())
    assert page_as(Role.EDITOR).get(f"{path}delete/").status_code == 403
    assert b"What is lost" in page_as(Role.ADMIN).get(f"{path}delete/").content
    assert Conversation.objects.exists()
    page_as(Role.ADMIN).post(f"{path}delete/")
    assert not Conversation.objects.exists()


def test_anothers_conversation_is_none(page_as: PageAs, make_bot: MakeBot, globex: TenantRef) -> None:
    _, path = called(make_bot())
    theirs = page_as(Role.OWNER, tenant=globex)
    assert theirs.get(path).status_code == 404
    assert theirs.get(path.replace("acme", "globex")).status_code == 404
    assert page_as(Role.OWNER).get(f"{HOME}conversations/{uuid4()}/").status_code == 404
    assert page_as(Role.OWNER).get(path).status_code == 200


def long_talk(bot: Bot, turns: int) -> str:
    """A conversation of so many turns, as they are recorded; its page."""
    first = talk(bot, "Hello!")
    rows = [
        Message(
            conversation_id=first.conversation_id, position=at, role="assistant" if at % 2 else "user",
            content=f"said at {at}.", latency_ms={"total": 5}, trace={"question": f"said at {at}."} if at % 2 else {},
        )
        for at in range(2, 2 * turns)
    ]  # fmt: skip
    Message.objects.bulk_create(rows)
    return f"{HOME}conversations/{first.conversation_id}/"


def places(client: Client, path: str, **headers: str) -> list[int]:
    shown = client.get(path, **headers).context["said"]  # type: ignore[arg-type]  # headers as WSGI names them
    return [message.position for message in shown]


def test_a_long_talk_is_shown_in_parts_the_newest_last(page_as: PageAs, make_bot: MakeBot) -> None:
    client = page_as(Role.EDITOR)
    path = long_talk(make_bot(), 300)
    assert places(client, path) == list(range(550, 600))
    page = client.get(path).content.decode()
    assert f'href="{path}?before=550"' in page
    assert "Later messages" not in page
    assert places(client, f"{path}?before=550") == list(range(500, 550))
    page = client.get(f"{path}?before=550").content.decode()
    assert f'href="{path}?from=550#message-550"' in page
    assert places(client, f"{path}?from=550") == list(range(550, 600))
    assert places(client, f"{path}?before=20") == list(range(20))
    assert "Earlier messages" not in client.get(f"{path}?before=20").content.decode()
    assert places(client, f"{path}?before=0") == list(range(550, 600))
    assert client.get(f"{path}?before=x&at=-5&from=").status_code == 200


def test_earlier_messages_come_without_the_page_around_them(page_as: PageAs, make_bot: MakeBot) -> None:
    client = page_as(Role.EDITOR)
    path = long_talk(make_bot(), 60)
    part = client.get(f"{path}?before=70", HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert part.index("Earlier messages") < part.index('id="message-20"') < part.index('id="message-69"')
    assert 'id="message-70"' not in part
    assert "every 5s" not in part


def test_a_link_to_a_message_lands_on_it(page_as: PageAs, make_bot: MakeBot, principal: Principal) -> None:
    client, bot = page_as(Role.EDITOR), make_bot()
    path = long_talk(bot, 300)
    assert 'id="message-101"' not in client.get(path).content.decode()
    assert 'id="message-101"' in client.get(f"{path}?at=101").content.decode()
    assert 'id="message-3"' in client.get(f"{path}?at=3").content.decode()
    tests = bots.create_test_set(by=principal, bot_id=bot.id, name="Tests")
    answer = Message.objects.get(position=101)
    sent = client.post(f"{path}messages/{answer.id}/test/", {"test_set": str(tests.id), "right": "yes"})
    assert sent.headers["Location"] == f"{path}?at=101#message-101"


def test_a_talk_costs_the_same_however_long_it_is(page_as: PageAs, make_bot: MakeBot) -> None:
    client, bot = page_as(Role.VIEWER), make_bot()
    paths = [long_talk(bot, turns) for turns in (1, 30, 400)]
    client.get(paths[0])
    for asks in ("", "?at=1", "?before=900"):
        counted = []
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                assert len(client.get(path + asks).context["said"]) <= 50
            counted.append(len([one for one in seen.captured_queries if "search_path" not in one["sql"]]))
        assert len(set(counted)) == 1, asks


def test_what_is_said_meanwhile_follows_the_latest_part(page_as: PageAs, make_bot: MakeBot) -> None:
    client = page_as(Role.EDITOR)
    path = long_talk(make_bot(), 100)
    client.post(f"{path}take/")
    assert "after=199&amp;" in client.get(path).content.decode()
    assert "every 5s" not in client.get(f"{path}?at=20").content.decode()
    more = client.get(f"{path}?after=120&status=with_person", HTTP_HX_REQUEST="true")
    assert [message.position for message in more.context["said"]] == list(range(121, 171))
    assert b"after=170&amp;" in more.content
    refused = client.post(f"{path}reply/", {"content": ""})
    assert [message.position for message in refused.context["said"]] == list(range(150, 200))


def test_what_the_widget_tells_is_shown_in_words() -> None:
    told = {"page": "https://acme.example/", "source": "widget", "language": "pt-br", "plan": "gold", "x": 5}
    assert [(str(name), str(value)) for name, value in answers.told_facts(told)] == [
        ("On the page", "https://acme.example/"), ("Talked in", "the widget on a website"), ("Language", "Portuguese"),
        ("plan", "gold"), ("x", "5"),
    ]  # fmt: skip
    assert answers.told_facts({"language": "??", "source": 3}) == [("Language", "??"), ("Talked in", 3)]
    assert answers.told_facts(None) == []
