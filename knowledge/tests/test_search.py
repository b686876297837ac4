"""Search: in many languages, by meaning and by words, over what is active and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from knowledge import services
from knowledge.ingest import documents, queue
from knowledge.models import Dataset, Document
from knowledge.search import fuse, relevance, search, words
from knowledge.types import Hit
from tenants import context
from tenants.types import Principal, TenantRef

Add = Callable[..., Document]
Process = Callable[[Document], Document]

TEXTS = {
    "Shipping": "Orders over fifty dollars are delivered free of charge within three working days of the order.",
    "Battery": "To charge the battery of the lamp, connect the cable to the socket and wait for two hours or so.",
    "Devoluciones": "Los clientes pueden devolver los productos dentro de treinta días y recibirán su dinero completo.",
    "营业时间": "本店周一至周五上午九点开门，晚上八点关门，周末和节假日休息。如有疑问请致电客服。",
    "保証": "この製品の保証期間は購入日から二年間です。故障した場合は、レシートを添えてお店にお持ちください。",
}
QUESTIONS = [
    ("How much must I order to get free delivery?", "Shipping", "english"),
    ("How do I charge the lamp?", "Battery", "english"),
    ("¿Cuántos días tengo para devolver un producto?", "Devoluciones", "spanish"),
    ("你们几点开门？", "营业时间", "simple"),
    ("保証期間は何年ですか？", "保証", "simple"),
]


@pytest.fixture
def library(add: Add, process: Process) -> dict[str, Document]:
    return {title: process(add(content, title=title)) for title, content in TEXTS.items()}


def found(dataset: Dataset, query: str, **more: Any) -> tuple[Hit, ...]:
    return search.search(dataset_ids=[dataset.id], query=query, **more).passages


@pytest.mark.parametrize(("question", "title", "config"), QUESTIONS)
def test_a_question_finds_its_passage_by_meaning_and_by_words(
    dataset: Dataset, library: dict[str, Document], question: str, title: str, config: str
) -> None:
    answer = search.search(dataset_ids=[dataset.id], query=question)
    best = answer.passages[0]
    assert (best.document_title, best.dense_rank, best.lexical_rank) == (title, 1, 1)
    assert answer.relevant
    assert library[title].search_config == config
    assert best.content == TEXTS[title]
    assert best.score > 2 * answer.passages[1].score
    scores = [hit.score for hit in answer.passages]
    assert scores == sorted(scores, reverse=True)


def test_a_question_in_another_language_finds_by_meaning(dataset: Dataset, library: dict[str, Document]) -> None:
    best = found(dataset, "Wie lade ich den Akku der Lampe auf?")[0]
    assert (best.document_title, best.dense_rank) == ("Battery", 1)


def test_what_the_knowledge_does_not_answer_is_not_relevant(dataset: Dataset, library: dict[str, Document]) -> None:
    for question in ("Who won the world cup in 1998?", "Write me a poem about autumn leaves."):
        assert not search.search(dataset_ids=[dataset.id], query=question).relevant


def test_only_the_datasets_asked_for_are_searched(
    dataset: Dataset, library: dict[str, Document], add: Add, process: Process, principal: Principal
) -> None:
    other = services.create_dataset(by=principal, name="Other")
    process(add("Free delivery is for members only, who pay a yearly fee.", title="Members", to=other))
    titles = {hit.document_title for hit in found(other, "free delivery")}
    assert titles == {"Members"}
    assert "Members" not in {hit.document_title for hit in found(dataset, "free delivery")}
    both = search.search(dataset_ids=[dataset.id, other.id], query="free delivery").passages
    assert {hit.document_title for hit in both} >= {"Members", "Shipping"}
    assert found(Dataset(id=uuid4()), "free delivery") == ()


def test_a_dataset_of_less_weight_ranks_lower(
    dataset: Dataset, library: dict[str, Document], add: Add, process: Process, principal: Principal
) -> None:
    other = services.create_dataset(by=principal, name="Other")
    process(add("Free delivery is for members only, who pay a yearly fee.", title="Members", to=other))

    def first(weights: dict[UUID, float]) -> str:
        ids = [dataset.id, other.id]
        return search.search(dataset_ids=ids, query="Is delivery free?", weights=weights).passages[0].document_title

    assert first({dataset.id: 1.0, other.id: 0.2}) == "Shipping"
    assert first({dataset.id: 0.2, other.id: 1.0}) == "Members"


def test_chunks_of_a_generation_that_is_not_active_are_not_found(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    document = process(add())
    before = found(dataset, "free orders")
    services.reprocess_document(by=principal, document=document)
    claim = queue.claim_next()
    assert claim is not None
    generation = documents.begin(queue.Lease(claim)).generation
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO knowledge_chunk
              (id, document_id, generation, "position", content, heading, start, "end", search, is_enabled)
            VALUES (%s, %s, %s, 0, 'free orders', '', 0, 11, to_tsvector('english', 'free orders'), true)
            """,
            [uuid4(), document.id, generation],
        )
    assert [hit.chunk_id for hit in found(dataset, "free orders")] == [hit.chunk_id for hit in before]


def test_another_tenants_passages_are_never_found(
    dataset: Dataset, library: dict[str, Document], theirs: Document, globex: TenantRef
) -> None:
    query = "Which company does Globex buy? Zyxxy"
    mixed = search.search(dataset_ids=[dataset.id, theirs.dataset_id], query=query).passages
    assert mixed
    assert not any("Zyxxy" in hit.content for hit in mixed)
    with context.entered(globex):
        theirs_found = search.search(dataset_ids=[theirs.dataset_id], query=query).passages
    assert "Zyxxy" in theirs_found[0].content


@pytest.mark.parametrize("query", ["the of and", "'; DROP TABLE x; --", "a & b | !c:*", "\\", "((", "😀", "x" * 2000])
def test_any_text_can_be_asked(dataset: Dataset, library: dict[str, Document], query: str) -> None:
    assert len(found(dataset, query, k=3)) == 3


def test_the_same_passage_twice_is_shown_once(dataset: Dataset, add: Add, process: Process) -> None:
    text = (
        "The museum opens at nine in the morning and closes at six in the evening, on Sundays at four, never on Mondays"
    )
    process(add(text + "."))
    process(add(text + "!"))
    process(add("The museum is in Leiden."))
    assert len(found(dataset, "When does the museum open?")) == 2


def test_a_search_is_two_queries(dataset: Dataset, library: dict[str, Document], statements: Any) -> None:
    with statements(2):
        found(dataset, "How do I charge the lamp?")


def test_fusion_prefers_what_both_found() -> None:
    assert fuse.score(1.0, 1.0) == 1.0
    assert fuse.score(0.9, 0.9) > fuse.score(1.0, 0.0) == fuse.score(0.0, 1.0) > fuse.score(0.0, 0.0) == 0
    assert fuse.score(1.0, 1.0, weight=0.5) == 0.5


def test_a_passage_whose_meaning_is_not_compared_counts_by_its_words() -> None:
    assert fuse.score(None, 0.5) == fuse.score(0.5, 0.5)
    assert fuse.score(None, 0.5) < fuse.score(0.6, 0.5)


def test_a_half_is_stretched_from_its_least_to_its_best() -> None:
    nearest = fuse.Range.of([0.80, 0.90, 0.84])
    assert [round(nearest.stretch(value), 2) for value in (0.7, 0.8, 0.84, 0.9, 0.95)] == [0, 0, 0.4, 1, 1]
    assert fuse.Range.of([0.8, 0.8]).stretch(0.8) == 1
    assert fuse.Range.of([]).stretch(-1) == 0
    assert fuse.Range.of([0.2, 0.4], low=0.0).stretch(0.2) == 0.5


def test_words_count_by_how_much_of_the_question_they_are() -> None:
    assert fuse.telling(0.1) < fuse.telling(0.4) < fuse.telling(0.5) == fuse.telling(1.0) == 1


def test_distinct_keeps_the_first_of_what_hardly_differs() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    texts = [words, words + " more", words.upper(), "something else", ""]
    assert list(fuse.distinct(texts, text=str)) == [words, "something else", ""]


def _hits(*similarities: float, coverage: float = 0.0) -> Iterator[Hit]:
    for rank, similarity in enumerate(similarities, 1):
        yield Hit(
            uuid4(),
            uuid4(),
            "",
            uuid4(),
            "",
            None,
            "",
            0,
            0,
            1 / rank,
            similarity,
            coverage,
            rank,
            None,
            telling=coverage,
        )


def test_relevance_is_nearness_or_standing_out() -> None:
    crowd = [0.78] * 20
    assert not relevance.likely([])
    assert relevance.likely(list(_hits(0.9)))
    assert not relevance.likely(list(_hits(0.82)))
    assert relevance.likely(list(_hits(0.85, *crowd)))
    assert not relevance.likely(list(_hits(0.82, *crowd)))
    assert relevance.likely(list(_hits(0.82, *crowd, coverage=1.0)))


def test_a_search_can_be_limited_to_tags_and_metadata(dataset: Dataset, add: Add, process: Process) -> None:
    process(add("Parcels to Norway take four days.", title="Norway", tags=["public", "eu"], metadata={"year": 2026}))
    process(
        add("Parcels to Chile take nine days.", title="Chile", tags=["public"], metadata={"year": 2025, "old": True})
    )
    process(add("Parcels to Mars take seven months.", title="Mars", tags=["secret"]))

    def titles(**limit: Any) -> set[str]:
        limits = {dataset.id: search.Filter(**limit)}
        answer = search.search(dataset_ids=[dataset.id], query="How long do parcels take?", limits=limits)
        return {hit.document_title for hit in answer.passages}

    assert titles() == {"Norway", "Chile", "Mars"}
    assert titles(tags=("public",)) == {"Norway", "Chile"}
    assert titles(tags=("eu", "secret")) == {"Norway", "Mars"}
    assert titles(metadata={"year": 2025}) == {"Chile"}
    assert titles(tags=("public",), metadata={"year": 2026}) == {"Norway"}
    assert titles(tags=("Public",)) == set()
    assert titles(metadata={"year": "2025"}) == set()


def test_a_limit_holds_for_its_dataset_alone(
    dataset: Dataset, add: Add, process: Process, principal: Principal
) -> None:
    other = services.create_dataset(by=principal, name="Other")
    process(add("Parcels to Norway take four days.", title="Norway"))
    process(add("Parcels to Chile take nine days.", title="Chile", to=other))
    limits = {dataset.id: search.Filter(tags=("public",))}
    answer = search.search(dataset_ids=[dataset.id, other.id], query="parcels", limits=limits)
    assert [hit.document_title for hit in answer.passages] == ["Chile"]


def test_a_rare_word_weighs_more_than_one_that_all_have() -> None:
    common, rare = words.Held([1], 10), words.Held([2], 10)
    weights = words.weights([common, common, common, rare, words.Held([], 10)])
    assert weights[3] > weights[0] > weights[4] == 0
    assert weights[0] == weights[1]


def test_a_share_of_the_question_is_by_the_rarity_of_its_words() -> None:
    passages = [words.Held([1], 10), words.Held([1], 10), words.Held([1, 2], 10), words.Held([], 10)]
    common, _, both, none = words.shares(passages, asked=2)
    assert none == 0 < common < 0.5 < both == 1
    assert words.shares(passages, asked=4)[2] < 0.6  # two words are in no passage at all
    assert words.shares([], asked=0) == []


def test_a_long_passage_weighs_a_little_less() -> None:
    short, long = words.weights([words.Held([1], 10), words.Held([1], 40)])
    assert long < short < 3 * long
    assert words.weights([]) == []
    assert words.weights([words.Held([], 0)]) == [0]


SHOP = TEXTS | {
    "Returns": "A lamp that arrived broken can be sent back to us within thirty days. Take a photo of the box.",
    "Costs": "We pay for the return of broken products. Who changes his mind pays for the label himself.",
    "Rücksendung": "Ein defektes Produkt können Sie innerhalb von dreißig Tagen zurückgeben. Die Kosten tragen wir.",
    "Öffnungszeiten": "Unser Kundendienst ist von Montag bis Freitag zwischen neun und achtzehn Uhr erreichbar.",
}


@pytest.fixture
def shop(add: Add, process: Process) -> dict[str, Document]:
    return {title: process(add(content, title=title)) for title, content in SHOP.items()}


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("Can I send back a lamp that arrived broken, and who pays for it?", {"Returns", "Costs"}),
        ("How do I charge the lamp? And when is delivery free of charge?", {"Battery", "Shipping"}),
        ("Kann ich ein defektes Produkt zurückgeben und wann ist der Kundendienst erreichbar?",
         {"Rücksendung", "Öffnungszeiten"}),
        ("你们几点开门？另外怎么给灯充电？", {"营业时间", "Battery"}),
    ],
)  # fmt: skip
def test_each_part_of_a_question_finds_its_passage(
    dataset: Dataset, shop: dict[str, Document], question: str, titles: set[str]
) -> None:
    answer = search.search(dataset_ids=[dataset.id], query=question)
    assert answer.relevant
    assert titles <= {hit.document_title for hit in answer.passages[:3]}
    assert len(answer.parts) == len(titles)
    scores = [hit.score for hit in answer.passages]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] <= 1
    assert len({hit.chunk_id for hit in answer.passages}) == len(answer.passages)


def test_a_part_that_the_knowledge_does_not_answer_takes_no_place(dataset: Dataset, shop: dict[str, Document]) -> None:
    answer = search.search(
        dataset_ids=[dataset.id], query="Who won the world cup in 1998, and how do I charge the lamp?"
    )
    assert (answer.relevant, answer.parts) == (True, ("how do I charge the lamp?",))
    assert answer.passages[0].document_title == "Battery"
    neither = search.search(dataset_ids=[dataset.id], query="Who won the world cup in 1998, and who wrote Hamlet?")
    assert (neither.relevant, neither.parts) == (False, ())


def test_a_question_that_asks_one_thing_is_searched_for_once(
    dataset: Dataset, shop: dict[str, Document], statements: Any
) -> None:
    one = search.ask(dataset_ids=[dataset.id], text="How do I charge the lamp?")
    assert one.parts == {}
    with statements(1):
        search.find(one)
    two = search.ask(dataset_ids=[dataset.id], text="How do I charge the lamp, and when is delivery free?")
    with statements(3):
        search.find(two)
