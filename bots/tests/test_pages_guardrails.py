"""The page of a bot's guardrails: what is saved, and what is tried before it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from bots import behaviour, services
from bots.guardrails import reading
from bots.models import Bot, Scope
from tenants.enums import Role
from tenants.types import Principal

PageAs = Callable[..., Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(page_as: PageAs) -> Client:
    return page_as(Role.EDITOR)


@pytest.fixture
def root(bot: Bot) -> str:
    return f"/dashboard/acme/bots/{bot.id}/guardrails/"


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _form(**changes: Any) -> dict[str, Any]:
    sent = {
        "strictness_level": "moderate", "refusal_message": "", "max_conversation_history": 10,
        "citation_required": "on", "pii": "mask", "judge": "off", **changes,
    }  # fmt: skip
    return {name: value for name, value in sent.items() if value is not None}


def _topics(name: str, *rows: tuple[str, str]) -> dict[str, Any]:
    return {name: [phrase for phrase, _said in rows], f"{name}_examples": [said for _phrase, said in rows]}


def test_what_is_saved_is_the_one_active_scope(page: Client, root: str, bot: Bot) -> None:
    sent = _form(
        strictness_level="strict", refusal_message="Ask us\r\nby mail.", max_conversation_history=4, pii="refuse",
        judge="grey_zone", threshold_forbidden="-0.05", threshold_injection="",
        **_topics(
            "allowed_topics", ("knitting", "Which needles?\r\nHow do I turn a heel?"), (" Shipping ", ""), ("", "")
        ),
        **_topics("forbidden_topics", ("medical advice", ""), ("MEDICAL advice", "Which pills?")),
        **_topics("escalation_triggers", ("billing_dispute", "Take that charge back.")),
    )  # fmt: skip
    assert page.post(root, sent)["Location"] == root
    scope = Scope.objects.get()
    assert (scope.is_active, scope.strictness_level, scope.refusal_message) == (True, "strict", "Ask us\nby mail.")
    assert (scope.allowed_topics, scope.forbidden_topics) == (["knitting", "Shipping"], ["medical advice"])
    assert scope.topic_examples == {
        "knitting": ["Which needles?", "How do I turn a heel?"],
        "medical advice": ["Which pills?"],
        "billing_dispute": ["Take that charge back."],
    }
    policy = scope.policy
    assert (policy.max_conversation_history, policy.pii, policy.judge) == (4, "refuse", "grey_zone")
    assert (policy.thresholds, policy.escalation_triggers) == ({"forbidden": -0.05}, ("billing_dispute",))
    page.post(root, _form(**_topics("allowed_topics", ("shipping", ""))))
    again = Scope.objects.get()
    assert (again.id, again.allowed_topics, again.topic_examples) == (scope.id, ["shipping"], {})
    assert (again.refusal_message, again.policy.thresholds, again.policy.pii) == (None, {}, "mask")


def test_saving_what_is_there_makes_no_version(page: Client, root: str, bot: Bot, principal: Principal) -> None:
    services.create_scope(
        by=principal, bot_id=bot.id, strictness_level="lenient", allowed_topics=["knitting"],
        topic_examples={"knitting": ["Which needles?"]},
    )  # fmt: skip
    before = bot.versions.count()
    assert "Which needles?" in _text(page.get(root))
    sent = _form(
        strictness_level="lenient", citation_required=None, **_topics("allowed_topics", ("knitting", "Which needles?"))
    )
    answer = page.post(root, sent, follow=True)
    assert "Saved." in _text(answer)
    assert bot.versions.count() == before


def test_a_refused_form_comes_back_as_it_was_sent(page: Client, root: str, bot: Bot) -> None:
    wrong: list[dict[str, Any]] = [
        _topics("forbidden_topics", ("KNITTING", "")),
        _topics("forbidden_topics", ("", "An example of nothing")),
        _topics("forbidden_topics", ("x" * 201, "")),
        _topics("forbidden_topics", ("a\x00b", "")),
        _topics("forbidden_topics", *((f"topic {at}", "") for at in range(51))),
        _topics("forbidden_topics", *((f"topic {at}", "\n".join(f"{at} {n}" for n in range(20))) for at in range(11))),
        _topics("forbidden_topics", ("many", "\n".join(map(str, range(21))))),
        {"threshold_forbidden": "0.3"}, {"threshold_injection": "nan"}, {"max_conversation_history": "51"},
        {"strictness_level": "very"}, {"pii": ""}, {"refusal_message": "x" * 1001},
    ]  # fmt: skip
    for each in wrong:
        answer = page.post(root, _form(**_topics("allowed_topics", ("knitting", "Kept example")), **each))
        assert answer.status_code == 422, each
        assert "Kept example" in _text(answer)
    assert not Scope.objects.exists()
    assert bot.versions.count() == 1


def test_the_bench_tries_what_the_form_says_and_keeps_nothing(page: Client, root: str, bot: Bot) -> None:
    sent = _form(
        strictness_level="strict", do="bench", **_topics("allowed_topics", ("shipping", "")),
        **_topics("forbidden_topics", ("medical advice", "")),
        ask_allow="Where is my parcel?", ask_refuse="Which pills help against a headache?\r\n\r\n",
        ask_elsewhere="How high is Mont Blanc?", ask_escalate="Where is my parcel now?",
    )  # fmt: skip
    part = _text(page.post(root, sent, headers=HTMX))
    assert "<html" not in part
    for word in ("Your questions", "3 of 4", "Attacks", "Mont Blanc", "Wrong", "should be: To a person"):
        assert word in part
    assert "treats differently now" in part
    whole = _text(page.post(root, sent))
    assert "<html" in whole
    assert "3 of 4" in whole
    assert not Scope.objects.exists()
    assert bot.versions.count() == 1


def test_the_bench_says_what_is_wrong_with_the_form(page: Client, root: str) -> None:
    same = _form(do="bench", **_topics("allowed_topics", ("a", "")), **_topics("forbidden_topics", ("A", "")))
    many = _form(do="bench", ask_allow="\n".join(f"Question {at}" for at in range(201)))
    for sent in (same, many):
        part = _text(page.post(root, sent, headers=HTMX))
        assert "This cannot be tried yet" in part
        assert "Your questions" not in part


def test_a_suggestion_goes_into_the_form_and_not_further(page: Client, root: str, bot: Bot) -> None:
    shown = _text(page.post(root, _form(take="forbidden:0.03", do="save")))
    assert 'name="threshold_forbidden" value="0.03"' in shown
    assert "Attacks" in shown
    assert not Scope.objects.exists()
    for unknown in ("other:1", "forbidden:x", ":", "forbidden"):
        assert page.post(root, _form(take=unknown)).status_code == 200
    assert not Scope.objects.exists()


def test_the_bench_offers_what_it_suggests(page: Client, root: str) -> None:
    sent = _form(
        do="bench", threshold_forbidden="0.2", **_topics("forbidden_topics", ("medical advice", "")),
    )  # fmt: skip
    part = _text(page.post(root, sent, headers=HTMX))
    assert 'name="take" value="forbidden:' in part


def test_the_bench_repairs_what_it_finds_wrong(page: Client, root: str, bot: Bot) -> None:
    said = "How much does your boss earn?"
    topics = _topics("forbidden_topics", ("personal_information", ""), ("medical advice", ""))
    part = _text(page.post(root, _form(do="bench", ask_refuse=said, **topics), headers=HTMX))
    assert "Add as an example of personal information" in part
    example = json.dumps(["forbidden_topics", "personal_information", said])
    assert f'name="example" value="{escape(example)}"' in part
    sent = _form(example=example, do="save", ask_refuse=said, **topics)
    shown = page.post(root, sent)
    text = _text(shown)
    assert shown.context["form"]["forbidden_topics"].value()[0] == ("personal_information", said)
    assert "among the examples of personal information now" in text
    assert "1 of 1" in text
    assert not Scope.objects.exists()
    assert bot.versions.count() == 1


def test_an_example_is_not_offered_twice(page: Client, root: str) -> None:
    said = "What does your boss earn?"
    topics = _topics("forbidden_topics", ("personal_matters", f"Where do you live?\r\n{said}"))
    part = _text(page.post(root, _form(do="bench", ask_refuse=said, **topics), headers=HTMX))
    assert "It is an example already" in part
    own = part.partition("Your questions")[2].partition("On the forbidden topics")[0]
    assert "Add as an example" not in own
    sent = _form(example=json.dumps(["forbidden_topics", "personal_matters", said]), **topics)
    assert page.post(root, sent).context["form"]["forbidden_topics"].value()[0][1].splitlines() == [
        "Where do you live?", said,
    ]  # fmt: skip


def test_what_no_example_mends_is_offered_none(page: Client, root: str) -> None:
    off_topic = _form(do="bench", strictness_level="lenient", ask_elsewhere="How high is Mont Blanc?")
    assert "Add as an example" not in _text(page.post(root, off_topic, headers=HTMX))
    for unknown in ('["forbidden_topics", "other", "x"]', '["csrf", "a", "b"]', "[[[", "5", '["a"]'):
        shown = page.post(root, _form(example=unknown, **_topics("forbidden_topics", ("medical advice", ""))))
        assert shown.status_code == 200
        assert "Nothing is saved yet." not in _text(shown)
    assert not Scope.objects.exists()


def test_a_verdict_says_what_a_message_is_close_to() -> None:
    def said(kind: str, topic: str | None = None, **ahead: float) -> str:
        closest = {"forbidden": "medical_advice", "allowed": "shipping", "escalation": "a <b>dispute</b>"}
        return " ".join(reading.sentences(kind=kind, topic=topic, ahead=ahead, closest=closest))

    assert said("unlisted", forbidden=-0.08) == "Close to <em>medical advice</em>, not close enough to refuse."
    assert said("unlisted", forbidden=-0.3, injection=-3.2) == "Close to nothing that is listed."
    assert said("allowed", "shipping", allowed=0.1, forbidden=-0.4) == "About the allowed topic <em>shipping</em>."
    assert "&lt;b&gt;dispute" in said("unlisted", escalation=-0.05)
    assert "a little like an attack" in said("unlisted", injection=-0.4)
    assert said("injection") == "Taken for an attack on the bot."
    assert said("") == ""
    assert reading.sentences(kind="unlisted", topic=None, ahead={"forbidden": -0.05}, closest={}) == [
        "Close to nothing that is listed."
    ]


def test_one_question_is_tried(page: Client, root: str, bot: Bot) -> None:
    forbidden = _topics("forbidden_topics", ("medical advice", ""))

    def tried(question: str, **changes: Any) -> str:
        return _text(page.post(root, _form(do="try", question=question, **{**forbidden, **changes}), headers=HTMX))

    refused = tried("Which pills help against a headache?", refusal_message="Ask a doctor.")
    assert "Refused" in refused
    assert "Ask a doctor." in refused
    assert "medical advice" in refused
    doubt = tried("How high is Mont Blanc?")
    assert "if the documents answer it, else" in doubt
    assert "To a person" in tried("I want to talk to a human")
    assert "Small talk." in tried("Hello")
    masked = tried("My card is 4111 1111 1111 1111, where is my parcel?")
    assert "[card number]" in masked
    assert "4111" not in masked
    evil = tried("<script>alert(1)</script>")
    assert "<script>alert" not in evil
    assert "Write a question first" in tried(" ")
    assert "This cannot be tried yet" in tried("Hello", max_conversation_history="x")


def test_a_bots_draft_is_what_the_form_shows(page: Client, root: str, bot: Bot, principal: Principal) -> None:
    services.update_bot(by=principal, bot_id=bot.id, publish_mode="reviewed")
    answer = page.post(root, _form(**_topics("allowed_topics", ("in the draft", ""))), follow=True)
    assert "Saved in the draft" in _text(answer)
    assert "in the draft" in _text(page.get(root))
    assert behaviour.policy(behaviour.draft(bot.id)).allowed_topics == ("in the draft",)
    bot.refresh_from_db()
    assert bot.live_version
    assert bot.live_version.behaviour["scope"] is None


def test_an_older_scope_that_is_not_active_stays(page: Client, root: str, bot: Bot, principal: Principal) -> None:
    old = services.create_scope(by=principal, bot_id=bot.id, is_active=False, allowed_topics=["old"])
    page.post(root, _form(**_topics("allowed_topics", ("new", ""))))
    assert Scope.objects.get(id=old.id).allowed_topics == ["old"]
    assert Scope.objects.get(is_active=True).allowed_topics == ["new"]
