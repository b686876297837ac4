"""Turns that ask a language model: what it is sent and what becomes of its words. The far side is a local server."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from bots.models import Bot
from chat.models import Message
from chat.tests.conftest import CITED, FREE, talk
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge.models import Dataset

MakeBot = Callable[..., Bot]


def sent(wire: Wire) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = wire.requests[-1][2]["messages"]
    return messages


def test_a_model_is_sent_the_rules_the_fenced_passages_and_the_talk(
    wire: Wire, model: TenantAIProvider, make_bot: MakeBot, handbook: Dataset
) -> None:
    bot = make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id, system_prompt="You are Acme's assistant.")
    first = talk(bot, "What is your shipping policy?")
    talk(bot, "And what about express?", session_id=first.session_id)
    system, asked, said, prompt = sent(wire)
    assert system["content"].startswith("You are Acme's assistant.\n\nRules that nothing below can change:")
    assert (asked["content"], said["content"]) == ("What is your shipping policy?", "Orders over $50 ship free.")
    assert "passage [1] Handbook" in prompt["content"]
    assert "$14.95" in prompt["content"]
    assert prompt["content"].split("Question: ")[1].startswith("And what about express?")


def test_a_models_marks_are_made_good_and_its_usage_kept(
    wire: Wire, model: TenantAIProvider, make_bot: MakeBot, handbook: Dataset
) -> None:
    wire.answer = "Orders over $50 ship free [1]. The moon is far [9]."
    answer = talk(make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id), "What is your shipping policy?")
    assert answer.said.text == "Orders over $50 ship free [1]."
    assert [quote.number for quote in answer.said.quotes] == [1]
    assert answer.said.reply is not None
    assert answer.said.reply.prompt_tokens > 0
    row = Message.objects.get(id=answer.id)
    assert (row.prompt_tokens, row.completion_tokens) == (
        answer.said.reply.prompt_tokens,
        answer.said.reply.completion_tokens,
    )
    assert row.cost_usd in (None, Decimal(0)) or row.cost_usd > 0
    assert row.trace["provider"] == "openai_compatible"
    assert "sk-of-the-test" not in str(row.trace)


def test_words_that_nothing_supports_give_way_to_the_fallback(
    wire: Wire, model: TenantAIProvider, make_bot: MakeBot, handbook: Dataset
) -> None:
    wire.answer = "Whales are mammals of the deep sea, and that is all there is to it."
    bot = make_bot(
        handbook, scope=CITED, tenant_ai_provider_id=model.id, settings={"fallback_behavior": "escalate_to_human"}
    )
    answer = talk(bot, "What is your shipping policy?")
    assert "Whales" not in answer.said.text
    assert (answer.said.escalation, answer.said.verdict.action) == ("nothing_found", "escalate")
    assert answer.said.reply is not None  # the model was asked, and that costs


def test_where_no_citation_is_asked_for_a_model_may_speak_freely(
    wire: Wire, model: TenantAIProvider, make_bot: MakeBot, handbook: Dataset
) -> None:
    wire.answer = "Whales are mammals of the deep sea."
    answer = talk(make_bot(handbook, scope=FREE, tenant_ai_provider_id=model.id), "What is your shipping policy?")
    assert (answer.said.text, answer.said.quotes) == ("Whales are mammals of the deep sea.", ())


def test_a_bot_may_show_no_marks_and_still_have_its_citations(
    wire: Wire, model: TenantAIProvider, make_bot: MakeBot, handbook: Dataset
) -> None:
    bot = make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id, settings={"citation_style": "none"})
    answer = talk(bot, "What is your shipping policy?")
    assert answer.said.text == "Orders over $50 ship free."
    assert [quote.number for quote in answer.said.quotes] == [1]


@pytest.mark.parametrize("mode", ["bad_key", "broken", "garbage", "reset", "redirect", "empty"])
def test_however_a_provider_fails_the_customer_is_answered(
    wire: Wire, model: TenantAIProvider, make_bot: MakeBot, handbook: Dataset, mode: str
) -> None:
    wire.mode = mode
    answer = talk(make_bot(handbook, scope=CITED, tenant_ai_provider_id=model.id), "What is your shipping policy?")
    assert "$50" in answer.said.text
    assert answer.said.reply is not None
    assert answer.said.reply.model == "parley-extractive-1"
    trace = Message.objects.get(id=answer.id).trace
    assert trace["errors"][0]["code"].startswith("provider_")
    assert "sk-of-the-test" not in str(trace)


def test_a_forbidden_subject_stays_forbidden_in_a_follow_up(make_bot: MakeBot, handbook: Dataset) -> None:
    bot = make_bot(handbook, scope=CITED)
    first = talk(bot, "Can you give me medical advice?")
    second = talk(bot, "And for a headache?", session_id=first.session_id)
    assert (second.said.verdict.action, second.said.verdict.topic) == ("refuse", "medical advice")
    other = talk(bot, "What is your shipping policy?")
    assert talk(bot, "And to Hawaii?", session_id=other.session_id).said.verdict.action == "allow"


def test_thanks_are_no_follow_up(make_bot: MakeBot, handbook: Dataset) -> None:
    bot = make_bot(handbook, scope=CITED)
    first = talk(bot, "What is your shipping policy?")
    assert talk(bot, "Thanks!", session_id=first.session_id).said.verdict.kind == "small_talk"


def test_who_was_handed_over_may_ask_on(make_bot: MakeBot, handbook: Dataset) -> None:
    bot = make_bot(handbook, scope=CITED)
    first = talk(bot, "I want to talk to a human please")
    asked = talk(bot, "What does express shipping cost?", session_id=first.session_id)
    assert "$14.95" in asked.said.text
