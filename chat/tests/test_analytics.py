"""Figures of what was said, counted by hand: what each means, whose day it is, and who may read what."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apikeys.models import APIKey
from bots import services as bots
from bots.models import Bot
from chat import tokens
from chat.analytics import figures, svg
from chat.analytics.svg import Series
from chat.gaps import gathering
from chat.models import Citation, Conversation, Feedback, Gap, Message
from chat.readiness import tenant as readiness
from chat.templatetags.compared import compared
from chat.tests.conftest import talk
from knowledge.models import Dataset, Document
from tenants.enums import Role
from tenants.types import Principal, TenantRef

MakeBot = Callable[..., Bot]
PageAs = Callable[..., Client]
NIGHT = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)  # the day after in Berlin
SUMMARY, SERIES = "/v1/tenant/analytics/summary", "/v1/tenant/analytics/timeseries"


def said(bot: Bot, *, at: datetime = NIGHT, rating: str = "", **answer: Any) -> Message:
    """A conversation of one question with this answer."""
    session = tokens.hash_of(tokens.new_session(bot.id))
    row = Conversation.objects.create(bot=bot, session_hash=session, source="public", started_at=at, last_at=at)
    Message.objects.create(conversation=row, position=0, role="user", content="Q", created_at=at)
    given = {"content": "A", "guardrail_action": "allow", "latency_ms": {"total": 1000}, **answer}
    message = Message.objects.create(conversation=row, position=1, role="assistant", created_at=at, **given)
    if rating:
        Feedback.objects.create(message=message, rating=rating)
    return message


@pytest.fixture
def week(make_bot: MakeBot) -> Bot:
    bot = make_bot()
    said(bot, rating="up", cost_usd="0.01", prompt_tokens=100, latency_ms={"total": 1000, "first_word": 200})
    said(bot, rating="down")
    said(bot, guardrail_action="refuse", guardrail_reason="forbidden_topic", guardrail_topic="medical advice")
    said(bot, guardrail_reason="nothing_found", latency_ms={"total": 3000})
    said(bot, status="failed", latency_ms={"total": 90_000})
    said(bot, at=NIGHT + timedelta(days=40))
    return bot


RANGE = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-20T00:00:00Z"}


def test_figures_are_what_was_counted_by_hand(api: APIClient, week: Bot) -> None:
    found = api.get(SUMMARY, RANGE).json()
    expected = {
        "conversations": 5, "resolved": 1, "resolution_rate": 0.2, "answers": 5, "refused": 1, "unanswered": 1,
        "failed": 1, "liked": 1, "disliked": 1, "approval_rate": 0.5, "prompt_tokens": 100, "cost_usd": 0.01,
        "latency_p50": 1000.0, "first_word_p50": 200.0,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert found["refused_topics"] == [{"reason": "forbidden_topic", "topic": "medical advice", "times": 1}]


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-03-10"), ("Europe/Berlin", "2026-03-11")])
def test_a_day_is_the_readers(api: APIClient, week: Bot, zone: str, day: str) -> None:
    points = api.get(SERIES, {**RANGE, "zone": zone}).json()["points"]
    assert [(point["day"], point["answers"], point["conversations"]) for point in points] == [(day, 5, 5)]
    weekly = api.get(SERIES, {**RANGE, "zone": zone, "step": "week"}).json()["points"]
    assert [point["day"] for point in weekly] == ["2026-03-09"]


def test_another_bot_and_another_tenant_count_nothing(
    api: APIClient, api_as: Callable[..., APIClient], week: Bot, make_bot: MakeBot, globex: TenantRef
) -> None:
    other = make_bot(name="Other")
    assert api.get(SUMMARY, {**RANGE, "bot": str(other.id)}).json()["answers"] == 0
    assert api.get(SUMMARY, {**RANGE, "bot": str(week.id)}).json()["answers"] == 5
    assert api_as(Role.OWNER, tenant=globex).get(SUMMARY, RANGE).json()["answers"] == 0


def test_costs_are_for_admins(api_as: Callable[..., APIClient], week: Bot) -> None:
    assert api_as(Role.EDITOR).get(SUMMARY, RANGE).json()["cost_usd"] is None
    assert api_as(Role.ADMIN).get(SUMMARY, RANGE).json()["cost_usd"] == 0.01


def test_a_key_tied_to_bots_counts_theirs_alone(
    key_client: Callable[..., APIClient], week: Bot, make_bot: MakeBot, principal: Principal
) -> None:

    client = key_client("analytics:read")
    assert client.get(SUMMARY, RANGE).json()["answers"] == 5
    other = make_bot(name="Other")
    bots.tie_key(by=principal, bot_id=other.id, key_id=APIKey.objects.get().id)
    assert client.get(SUMMARY, RANGE).json()["answers"] == 0


@pytest.mark.parametrize(
    "query",
    [{"zone": "Mars/Base"}, {"since": "2026-03-02T00:00Z", "until": "2026-03-01T00:00Z"}, {"step": "hour"}],
)
def test_what_makes_no_sense_is_refused(api: APIClient, acme: TenantRef, query: dict[str, str]) -> None:
    assert api.get(SERIES, query).status_code == 400


def test_the_sheet_has_a_line_a_day(api: APIClient, week: Bot) -> None:
    answer = api.get(SERIES, {**RANGE, "form": "csv"})
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("day,conversations,resolved,answers")
    assert (len(lines), lines[1].split(",")[:4]) == (2, ["2026-03-10", "5", "1", "5"])
    assert "resolution_rate,0.2" in api.get(SUMMARY, {**RANGE, "form": "csv"}).content.decode()


def test_the_most_cited_documents_come_first(principal: Principal, week: Bot) -> None:
    for message, title in zip(Message.objects.filter(role="assistant")[:3], ("A", "B", "B"), strict=True):
        Citation.objects.create(
            message=message, number=1, document_id="00000000-0000-0000-0000-00000000000" + str(ord(title) - 64),
            document_title=title, chunk_id=message.id, quote="Q", score=1.0,
        )  # fmt: skip
    span = figures.Span(since=NIGHT - timedelta(days=5), until=NIGHT + timedelta(days=5), by=principal)
    assert [(row["title"], row["answers"]) for row in figures.cited_documents(span)] == [("B", 2), ("A", 1)]


@pytest.mark.parametrize("draw", [svg.bars, svg.lines])
@pytest.mark.parametrize("values", [[], [0], [3, None, 5], [1, 2, 3, 4, 1e7]])
def test_a_chart_is_sound_and_says_what_it_shows(draw: Callable[..., str], values: list[float | None]) -> None:
    labels = [f"<{at}>" for at in range(len(values))]
    drawn = draw(key="k", title="Talks & more", labels=labels, series=[Series("Good", values), Series("Bad", values)])
    root = ET.fromstring(drawn)
    assert root.attrib["role"] == "img"
    assert root.findtext("title") == "Talks & more"
    assert "style" not in drawn
    heights = [float(each.attrib["height"]) for each in root.iter("rect")]
    assert all(0 < height <= svg.HEIGHT for height in heights)


def test_pages_of_figures_show_them(page_as: PageAs, week: Bot) -> None:
    said(week, at=timezone.now() - timedelta(hours=1), cost_usd="0.25")
    page = page_as(Role.OWNER).get("/dashboard/acme/analytics/").content.decode()
    assert '<svg class="chart"' in page
    assert "$0.25" in page
    assert "nothing to compare with" in page
    assert "than before (0)" not in page
    said(week, at=timezone.now() - timedelta(days=31), cost_usd="0.25")
    assert "the same as before" in page_as(Role.OWNER).get("/dashboard/acme/analytics/").content.decode()
    assert "$0.25" not in page_as(Role.EDITOR).get("/dashboard/acme/analytics/").content.decode()
    empty = page_as(Role.VIEWER).get("/dashboard/acme/analytics/?since=2020-01-01&until=2020-01-02&range=x&bot=y")
    assert "Nothing was said in this time" in empty.content.decode()
    sheet = page_as(Role.VIEWER).get("/dashboard/acme/analytics/sheet/?range=7").content.decode()
    assert "Cost USD" not in sheet
    assert len(sheet.splitlines()) == 2
    assert "Cost USD" in page_as(Role.ADMIN).get("/dashboard/acme/analytics/sheet/?range=7").content.decode()


def test_speed_is_that_of_answers_that_asked_a_model(api: APIClient, make_bot: MakeBot) -> None:
    bot = make_bot()
    for spent in (2000, 4000):
        said(bot, model="gpt", latency_ms={"total": spent, "first_word": spent / 2})
    for _ in range(5):
        said(bot, guardrail_action="refuse", latency_ms={"total": 8, "first_word": 8})
    found = api.get(SUMMARY, RANGE).json()
    assert (found["latency_p50"], found["model_latency_p50"], found["model_first_word_p50"]) == (8, 3000, 1500)
    assert api.get(SERIES, RANGE).json()["points"][0]["model_latency_p95"] == 3900
    empty = api.get(SUMMARY, {**RANGE, "until": "2026-03-02T00:00:00Z"}).json()
    assert empty["model_latency_p50"] is None


def test_the_sheet_is_for_people(page_as: PageAs, make_bot: MakeBot) -> None:
    bot = make_bot(name="Helper, Ltd")
    now = timezone.now() - timedelta(hours=1)
    said(bot, at=now, model="m", latency_ms={"total": 507.9999999999999}, cost_usd="0.123456", rating="up")
    said(bot, at=now, rating="up")
    said(bot, at=now, rating="down")
    page = page_as(Role.ADMIN)
    (row,) = csv.DictReader(io.StringIO(page.get(f"/dashboard/acme/analytics/sheet/?bot={bot.id}").content.decode()))
    assert (row["Bot"], row["Conversations"], row["Resolved %"], row["Helpful %"]) == (
        "Helper, Ltd",
        "3",
        "66.7",
        "66.7",
    )
    assert (row["Answer time median s"], row["Cost USD"], row["First word median s"]) == ("0.51", "0.1235", "")
    (row,) = csv.DictReader(io.StringIO(page.get("/dashboard/acme/analytics/sheet/").content.decode()))
    assert row["Bot"] == "All"


def test_changes_are_told_in_words() -> None:
    def told(name: str, kind: Any, now: float | None, then: float | None) -> tuple[str, str, str]:
        found = compared({"name": name, "kind": kind, "value": now, "before": then})
        return found.arrow, found.change, found.tone

    assert told("conversations", "count", 12, 10) == ("▲", "2 more than before (10)", "neutral")
    assert told("unanswered", "count", 1, 4) == ("▼", "3 fewer than before (4)", "good")
    assert told("resolution_rate", "share", 0.4, 0.5) == ("▼", "10 points fewer than before (50 %)", "bad")
    assert told("model_latency_p50", "time", 2500, 1000) == ("▲", "1.5 s slower than before (1.0 s)", "bad")
    assert told("cost_usd", "money", 0.0, 0.0) == ("", "the same as before", "neutral")
    assert told("approval_rate", "share", 0.4, None) == ("", "nothing to compare with", "neutral")


@pytest.mark.parametrize("most", [1, 2, 3, 5, 6, 7, 9, 10, 11, 15, 61, 999, 12_345])
def test_axes_of_counts_have_whole_numbers(most: int) -> None:
    root = ET.fromstring(svg.bars(key="k", title="T", labels=["a"], series=[Series("S", [most], "bad")]))
    axis = [each.text or "" for each in root.iter("text") if each.attrib["text-anchor"] == "end"]
    values = [float(each[:-1]) * 1000 if each.endswith("k") else float(each) for each in axis]
    assert len(axis) == 5
    assert values[-1] >= most
    assert all(value.is_integer() for value in values)


def test_series_are_told_apart_without_colours() -> None:
    labels, both = ["a", "b"], [Series("Good", [1, 2], "good"), Series("Bad", [2, 1], "bad")]
    stacked = svg.bars(key="k", title="T", labels=labels, series=both)
    assert 'id="k-bad"' in stacked
    assert stacked.count('fill="url(#k-bad)"') == 2
    assert "k-good" not in stacked
    lines = svg.lines(key="k", title="T", labels=labels, series=both)
    assert (lines.count("stroke-dasharray"), lines.count("<circle")) == (1, 2)
    assert "stroke-dasharray" in svg.swatch(key="k", number=1, tone="bad", is_line=True)
    assert 'url(#k-bad)"' in svg.swatch(key="k", number=1, tone="bad", is_line=False)


def test_the_overview_says_what_is_left(page_as: PageAs, make_bot: MakeBot, handbook: Dataset) -> None:
    client = page_as(Role.OWNER)
    assert "Make your first bot" in client.get("/dashboard/acme/").content.decode()
    bot = make_bot(handbook)
    talk(bot, "I want to talk to a human please")
    talk(bot, "What does express shipping cost?")
    page = client.get("/dashboard/acme/").content.decode()
    assert "1 customer waits for a person." in page
    assert "Fix this" in page
    lines = {line.key: line.is_done for line in readiness.lines(Bot.objects.get())}
    assert lines == {
        "provider": True, "linked": True, "documents": True, "scope": False, "published": True, "key": False,
        "domains": False, "guardrails": False, "chat": True, "citations": True, "off_topic": False, "context": False,
        "errors": True,
    }  # fmt: skip
    shown = client.get("/dashboard/acme/").context
    assert (shown["done"], shown["count"]) == (7, 12)
    assert [line.key for line in shown["other_lines"]] == ["key"]  # a public bot needs none
    assert [line.key for line in shown["open_lines"]] == ["scope", "domains", "guardrails", "off_topic", "context"]
    assert "No website may show it, only its own page" in page
    website = client.get(f"/dashboard/acme/bots/{bot.id}/website/").content.decode()
    assert "No website may show it, only its own page" in website
    Bot.objects.update(is_public=False)
    applies = {line.key: line.applies for line in readiness.lines(Bot.objects.get())}
    assert (applies["key"], applies["domains"]) == (True, False)
    Document.objects.update(status="failed", error="E", error_code="e")
    assert {line.key: line.is_done for line in readiness.lines(bot)}["documents"] is False


def test_readiness_over_the_api(api: APIClient, make_bot: MakeBot) -> None:
    bot = make_bot()
    alone = api.get("/v1/tenant/readiness").json()["lines"]
    assert {line["group"] for line in alone} == {"operator"}
    assert {"postgres", "redis"} <= {line["key"] for line in alone if line["is_done"]}
    whole = api.get("/v1/tenant/readiness", {"bot": str(bot.id)}).json()["lines"]
    assert len(whole) == len(alone) + 13
    by_key = {line["key"]: line for line in whole}
    assert (by_key["key"]["applies"], by_key["key"]["is_done"]) == (not bot.is_public, False)
    assert by_key["provider"]["applies"] is True


def test_a_gap_is_answered_on_its_page(
    page_as: PageAs, make_bot: MakeBot, handbook: Dataset, globex: TenantRef
) -> None:
    client = page_as(Role.EDITOR)
    assert b"No gap is open" in client.get("/dashboard/acme/gaps/").content
    talk(make_bot(handbook), "Can I pay with cryptocurrency?")
    Message.objects.filter(role="assistant").update(guardrail_reason="nothing_found")
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    gathering.gather()
    path = f"/dashboard/acme/gaps/{Gap.objects.get().id}/"
    assert b"cryptocurrency" in client.get("/dashboard/acme/gaps/?kind=unanswered").content
    assert b"Nothing fits" in client.get("/dashboard/acme/gaps/?kind=disliked").content
    shown = client.get(path).content
    assert b"Write the answer" in shown
    assert (
        shown.index(b'class="quote"') < shown.index(b"All that was found, with its figures") < shown.index(b"Rank by")
    )
    assert b"Write the answer" not in page_as(Role.VIEWER).get(path).content
    assert page_as(Role.OWNER, tenant=globex).get(path.replace("acme", "globex")).status_code == 404
    empty = client.post(path, {"dataset_id": str(handbook.id), "question": "Crypto?", "answer": ""})
    assert (empty.status_code, b"Crypto?" in empty.content) == (422, True)
    done = client.post(path, {"dataset_id": str(handbook.id), "question": "Crypto?", "answer": "Yes."})
    assert done.status_code == 302
    assert Gap.objects.get().status == "answered"
    client.post(f"{path}reopen/")
    client.post(f"{path}dismiss/")
    assert Gap.objects.get().status == "dismissed"
