"""Search in the space of a provider's model: who is asked, what is remembered, and what is found without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge import services
from knowledge.models import Chunk, ChunkVector, Dataset, Document
from knowledge.search import question, relevance, search
from knowledge.search.relevance import Scale
from knowledge.tasks import serve
from knowledge.types import Hit
from tenants.types import Principal

Add = Callable[..., Document]
Process = Callable[[Document], Document]


@pytest.fixture
def away(
    dataset: Dataset, add: Add, process: Process, provider: TenantAIProvider, principal: Principal, wire: Wire
) -> Dataset:
    """The dataset in the provider's space, whose vectors point where a text's first letter says."""
    for text in ("Apples cost one euro.", "Bears live in woods.", "Cars need fuel."):
        process(add(text, title=text[:1]))
    services.start_move(by=principal, dataset=dataset, provider=provider, model="small")
    while serve():
        pass
    dataset.refresh_from_db()
    assert dataset.active_space.ai_provider == provider
    wire.requests.clear()
    return dataset


def found(*datasets: Dataset, query: str) -> tuple[Hit, ...]:
    return search.search(dataset_ids=[each.id for each in datasets], query=query).passages


def test_the_provider_embeds_a_question_once_in_a_while(away: Dataset, wire: Wire) -> None:
    assert found(away, query="Are they sold?")[0].content == "Apples cost one euro."
    assert found(away, query="Are they sold?")[0].dense_rank == 1
    assert [body["input"] for _, _, body in wire.requests] == [["Are they sold?"]]
    assert found(away, query="Before winter, where?")[0].content == "Bears live in woods."
    assert len(wire.requests) == 2


@pytest.mark.parametrize("mode", ["broken", "bad_key", "slow_down", "other_size", "garbage", "reset"])
def test_where_the_provider_does_not_embed_the_words_find(away: Dataset, wire: Wire, mode: str) -> None:
    wire.mode = mode
    answer = search.search(dataset_ids=[away.id], query="Where do bears live?")
    [hit] = answer.passages
    assert (hit.content, hit.dense_rank, hit.similarity, hit.lexical_rank) == ("Bears live in woods.", None, None, 1)
    assert answer.relevant
    unsure = search.search(dataset_ids=[away.id], query="Who says that bears dislike eating fresh salmon?")
    assert [hit.content for hit in unsure.passages] == ["Bears live in woods."]
    assert not unsure.relevant
    wire.mode = "ok"
    again = found(away, query="Where do bears live?")[0]
    # A failure is not remembered, but for the one that asks to be left alone.
    assert (again.dense_rank is None) == (mode == "slow_down")


def test_a_provider_that_takes_too_long_is_not_waited_for(
    away: Dataset, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "PATIENCE", 0.3)
    wire.mode = "hang"
    assert [hit.content for hit in found(away, query="Where do bears live?")] == ["Bears live in woods."]


def test_a_provider_that_is_switched_off_is_not_asked(away: Dataset, wire: Wire, provider: TenantAIProvider) -> None:
    TenantAIProvider.objects.filter(id=provider.id).update(is_active=False)
    asked = search.ask(dataset_ids=[away.id], text="Where do bears live?")
    assert ([error.code for error in asked.failures], asked.waiting) == (["provider_inactive"], {})
    assert [hit.content for hit in search.find(asked).passages] == ["Bears live in woods."]
    assert wire.requests == []


def test_a_provider_is_awaited_without_the_database(away: Dataset, wire: Wire, statements: Any) -> None:
    asked = search.ask(dataset_ids=[away.id], text="Are they sold?")
    assert (list(asked.waiting), asked.vectors) == ([away.active_space_id], {})
    with statements(0):
        async_to_sync(search.embed)(asked)
    assert (asked.waiting, list(asked.vectors)) == ({}, [away.active_space_id])
    assert search.find(asked).passages[0].content == "Apples cost one euro."


def test_the_built_in_model_leaves_nothing_to_await(dataset: Dataset, add: Add, process: Process) -> None:
    process(add())
    asked = search.ask(dataset_ids=[dataset.id], text="Is delivery free?")
    assert (asked.waiting, list(asked.vectors)) == ({}, [dataset.active_space_id])


def test_two_spaces_are_searched_at_once_and_never_meet(
    away: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    other = services.create_dataset(by=principal, name="Built-in")
    process(add("Apples are red or green and grow on trees.", title="Fruit", to=other))
    answer = found(away, other, query="Apples, which colour are they?")
    assert {(hit.document_title, hit.dense_rank) for hit in answer} >= {("A", 1), ("Fruit", 1)}
    assert all(hit.similarity is not None for hit in answer)


def test_a_disabled_chunk_is_not_found_and_its_twin_is(dataset: Dataset, add: Add, process: Process) -> None:
    for title in ("Kept", "Disabled"):
        process(add(f"{title}: orders over fifty dollars ship free of charge.", title=title))
    titles = {hit.document_title for hit in found(dataset, query="Do orders ship free?")}
    assert titles == {"Kept", "Disabled"}
    chunk = Chunk.objects.get(content__startswith="Disabled")
    Chunk.objects.filter(id=chunk.id).update(is_enabled=False)
    ChunkVector.objects.filter(chunk=chunk).update(is_enabled=False)
    assert {hit.document_title for hit in found(dataset, query="Do orders ship free?")} == {"Kept"}


def test_a_chunk_without_a_vector_is_found_by_words(dataset: Dataset, add: Add, process: Process) -> None:
    process(add("Orders over fifty dollars ship free of charge.", title="Shipping"))
    ChunkVector.objects.all().delete()
    answer = search.search(dataset_ids=[dataset.id], query="Which orders ship free?")
    assert [(hit.document_title, hit.dense_rank, hit.lexical_rank) for hit in answer.passages] == [
        ("Shipping", None, 1)
    ]
    assert answer.relevant
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_chunkvector")
        assert cursor.fetchone() == (0,)


PROVIDERS = uuid4()
HANDBOOK, WIKI = uuid4(), uuid4()
SCALES = {WIKI: Scale(space=PROVIDERS, is_known=False)}


def _hits(dataset: UUID, *similarities: float | None, coverage: float = 0.0) -> list[Hit]:
    return [
        Hit(uuid4(), uuid4(), "", dataset, "", None, "", 0, 0, 1.0, similarity, coverage, None, None)
        for similarity in similarities
    ]


def test_of_another_model_only_standing_out_is_relevant() -> None:
    crowd = [0.1] * 20
    assert relevance.likely(_hits(WIKI, 0.45, *crowd), scales=SCALES)
    assert not relevance.likely(_hits(WIKI, 0.25, *crowd), scales=SCALES)
    assert relevance.likely(_hits(WIKI, 0.25, *crowd, coverage=1.0), scales=SCALES)
    assert not relevance.likely(_hits(WIKI, *crowd, coverage=1.0)[5:], scales=SCALES)
    assert not relevance.likely(_hits(WIKI, 0.9), scales=SCALES)  # nothing to compare it with
    assert relevance.likely(_hits(WIKI, 0.9, coverage=0.7), scales=SCALES)


def test_each_space_has_a_background_of_its_own() -> None:
    near = _hits(HANDBOOK, 0.80, *[0.79] * 20)
    assert not relevance.likely(near + _hits(WIKI, *[0.1] * 30), scales=SCALES)
    assert relevance.likely(_hits(WIKI, 0.6, *[0.1] * 20) + near, scales=SCALES)


def test_where_the_meaning_is_not_compared_most_words_must_be_there() -> None:
    assert relevance.likely(_hits(HANDBOOK, None, coverage=0.7))
    assert not relevance.likely(_hits(HANDBOOK, None, coverage=0.5))


def test_a_question_and_its_parts_are_embedded_in_one_call(away: Dataset, wire: Wire) -> None:
    query = "Are apples sold here? Before winter, where do bears live?"
    parts = ["Are apples sold here?", "Before winter, where do bears live?"]
    answer = search.search(dataset_ids=[away.id], query=query)
    assert [body["input"] for _, _, body in wire.requests] == [[query, *parts]]
    assert {hit.content for hit in answer.passages[:2]} == {"Apples cost one euro.", "Bears live in woods."}
    assert found(away, query=parts[1])[0].content == "Bears live in woods."
    assert len(wire.requests) == 1  # the part is remembered
