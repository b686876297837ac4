"""A turn whose dataset is in the space of a provider's model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from bots import selectors as profiles
from bots import services as bots
from bots.models import Bot
from chat.models import Message
from chat.tests.conftest import talk
from chat.turn import opening, prepare
from chat.turn.trace import Trace
from chat.turn.types import Ready
from integrations import services as providers
from integrations.chatmodels.types import Turn
from integrations.tests.wire import Wire
from knowledge import services as knowledge
from knowledge.models import Dataset
from knowledge.search import search
from knowledge.tasks import serve
from tenants.types import Principal

MakeBot = Callable[..., Bot]
QUESTION = "What does express shipping cost?"


@pytest.fixture
def away(handbook: Dataset, wire: Wire, principal: Principal) -> Dataset:
    """The handbook in the space of a provider's model."""
    provider = providers.create(by=principal, provider_name="openai_compatible", base_url=f"http://{wire.place}/v1")
    knowledge.start_move(by=principal, dataset=handbook, provider=provider, model="small")
    while serve():
        pass
    wire.requests.clear()
    return handbook


def opened(bot: Bot) -> Any:
    return opening.public(
        profile=profiles.profile(bot.id), messages=[Turn("user", QUESTION)], session_id=None, metadata={}
    )


def errors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Message.objects.get(role="assistant").trace["errors"]
    return found


def test_a_provider_embeds_the_question_and_the_bot_answers(make_bot: MakeBot, away: Dataset, wire: Wire) -> None:
    answer = talk(make_bot(away), QUESTION)
    assert [body["input"] for _, _, body in wire.requests] == [[QUESTION]]
    assert any(hit.dense_rank == 1 for hit in answer.said.found.hits)
    assert errors() == []


def test_where_it_does_not_the_words_answer_and_the_trace_tells(make_bot: MakeBot, away: Dataset, wire: Wire) -> None:
    wire.mode = "slow_down"
    answer = talk(make_bot(away), QUESTION)
    assert "$14.95" in answer.said.text
    assert all(hit.dense_rank is None for hit in answer.said.found.hits)
    [error] = errors()
    assert (error["step"], error["code"]) == ("retrieve", "provider_rate_limited")


def test_only_a_provider_is_awaited_between_two_hops(make_bot: MakeBot, away: Dataset) -> None:
    trace, turn = Trace(), opened(make_bot(away))
    asked = prepare.begin(turn=turn, trace=trace)
    assert isinstance(asked, prepare.Asked)
    async_to_sync(search.embed)(asked.question)
    assert prepare.finish(turn=turn, asked=asked, trace=trace).found.hits


def test_with_the_built_in_model_all_is_one_hop(make_bot: MakeBot, handbook: Dataset) -> None:
    assert isinstance(prepare.begin(turn=opened(make_bot(handbook)), trace=Trace()), Ready)


def test_a_bot_answers_from_those_documents_of_a_dataset_that_it_may_use(
    make_bot: MakeBot, handbook: Dataset, principal: Principal
) -> None:
    knowledge.add_text(
        by=principal, dataset=handbook, title="For staff", content="Express shipping costs us $3.20 to send.",
        tags=["internal"],
    )  # fmt: skip
    while serve():
        pass
    bot = make_bot(handbook)
    assert "$14.95" in talk(bot, QUESTION).said.text
    bots.update_link(by=principal, bot_id=bot.id, dataset_id=handbook.id, tags=["internal"])
    said = talk(bot, QUESTION).said
    assert "$3.20" in said.text
    assert {hit.document_title for hit in said.found.hits} == {"For staff"}
    bots.update_link(by=principal, bot_id=bot.id, dataset_id=handbook.id, metadata={"audience": "partners"})
    assert talk(bot, QUESTION).said.found.hits == ()


def test_each_part_of_a_question_is_answered_and_cited(make_bot: MakeBot, handbook: Dataset) -> None:
    answer = talk(make_bot(handbook), "What does express shipping cost, and how long does the warranty of tools last?")
    assert "$14.95" in answer.said.text
    assert "five years" in answer.said.text
    quotes = " ".join(quote.text for quote in answer.said.quotes)
    assert "$14.95" in quotes
    assert "five years" in quotes
    assert [part["found"] for part in Message.objects.get(role="assistant").trace["parts"]] == [True, True]


def test_of_a_part_that_is_not_covered_nothing_is_said(make_bot: MakeBot, handbook: Dataset) -> None:
    bot = make_bot(handbook)
    half = talk(bot, "What does express shipping cost, and who won the world cup in 1998?")
    assert "$14.95" in half.said.text
    assert half.said.found.lacking == ("who won the world cup in 1998?",)
    neither = talk(bot, "Who won the world cup in 1998, and who wrote Hamlet?")
    assert (neither.said.quotes, neither.said.found.relevant) == ((), False)
