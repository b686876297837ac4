"""What is remembered between answers: vectors of passages' sentences, within bounds, and never instead of a check."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bots.types import ScopePolicy
from chat.turn import meaning, reading, support
from chat.turn.checks import leaks
from chat.turn.examine import FORBIDDEN, Examiner
from chat.turn.meaning import Kept, Meaning
from integrations.chatmodels.types import Passage
from integrations.embedders import registry
from integrations.embedders.registry import EmbedderUnavailable
from integrations.embedders.runtime import OnnxEmbedder

EASY = "A return takes few hours."
SENTENCES = ["Returning a product is done within hours.", "Whales are mammals of the sea."]
ADVICE = "Take two painkillers against your headache and see a doctor if the fever stays."
FACT = "Standard delivery takes three to five business days."


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the model was run on, in order."""
    found: list[str] = []
    registry.builtin()._recent.clear()  # what other tests asked for
    embed = OnnxEmbedder._embed

    def spied(self: OnnxEmbedder, prefix: str, texts: Sequence[str], *more: object) -> list[list[float]]:
        found.extend(texts)
        return embed(self, prefix, texts, *more)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(OnnxEmbedder, "_embed", spied)
    return found


def vectors(*texts: str) -> dict[str, meaning.Vector]:
    return {text: np.full(2, at, np.float32) for at, text in enumerate(texts)}


def test_no_more_are_kept_than_is_said_and_those_that_are_asked_for_stay_longest() -> None:
    kept = Kept(3)
    kept.put("m", vectors("a", "b", "c"))
    assert list(kept.get("m", ["a"])) == ["a"]
    kept.put("m", vectors("d"))
    assert len(kept) == 3
    assert sorted(kept.get("m", ["a", "b", "c", "d"])) == ["a", "c", "d"]
    kept.put("m", vectors(*"123456789"))
    assert len(kept) == 3


def test_each_embedder_has_its_own() -> None:
    kept = Kept(3)
    kept.put("m", vectors("a"))
    assert list(kept.get("m", ["a"])) == ["a"]
    assert not kept.get("another", ["a"])


def test_a_passages_sentences_are_embedded_once_and_an_answers_each_time(embedded: list[str]) -> None:
    kept = Kept(10)
    first = Meaning(kept).near(EASY, SENTENCES)
    assert embedded == [EASY, *SENTENCES]
    assert Meaning(kept).near(EASY, SENTENCES) == first
    assert embedded[3:] == [EASY]
    assert len(kept) == len(SENTENCES)


def test_within_an_answer_its_own_are_kept_too(embedded: list[str]) -> None:
    one = Meaning(Kept(10))
    one.near(EASY, SENTENCES[:1])
    one.near(EASY, SENTENCES[1:])
    one.vector(EASY)
    assert embedded == [EASY, *SENTENCES]


def test_what_was_remembered_is_as_alike_as_what_was_not() -> None:
    kept = Kept(10)
    for _ in range(2):
        alike, unlike = Meaning(kept).near(EASY, SENTENCES)
        assert alike > support.NEARLY[0][1] > unlike
    own, *others = np.asarray(registry.builtin().embed_queries([EASY, *SENTENCES]))
    assert [alike, unlike] == pytest.approx([float(other @ own) for other in others], abs=1e-5)


def test_so_is_what_no_longer_has_a_place() -> None:
    assert Meaning(Kept(1)).near(EASY, SENTENCES) == Meaning(Kept(10)).near(EASY, SENTENCES)


def test_what_checking_embeds_takes_no_place_of_a_question(embedded: list[str]) -> None:
    question = "How long does a return of my lamp take?"
    registry.builtin().embed_query(question)
    Meaning(Kept(100)).near(EASY, [f"Sentence number {number} of a passage." for number in range(70)])
    registry.builtin().embed_query(question)
    assert embedded.count(question) == 1


def test_past_the_budget_and_without_an_embedder_nothing_is_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Meaning(Kept(10))
    assert all(one.near(EASY, SENTENCES) for _ in range(meaning.MOST))
    assert one.near(EASY, SENTENCES) == []

    def unready() -> OnnxEmbedder:
        raise EmbedderUnavailable

    monkeypatch.setattr(registry, "builtin", unready)
    assert Meaning(Kept(10)).near(EASY, SENTENCES) == []


@pytest.mark.parametrize("text", [ADVICE, FACT])
@pytest.mark.parametrize("passage", [ADVICE, f"Advice. {FACT} {ADVICE}"])
def test_a_forbidden_topic_is_seen_at_each_time_and_past_the_budget(text: str, passage: str) -> None:
    one = Meaning(Kept(10))
    one._asked = meaning.MOST  # all of the budget
    for spent in (Meaning(one._kept), one):
        examiner = Examiner(
            passages=[Passage(1, "Handbook", "", passage)], strict=False, meaning=spent,
            policy=ScopePolicy(forbidden_topics=("medical advice",)),
        )  # fmt: skip
        seen = examiner.slowly(text)
        assert (seen.text == "", seen.reasons) == ((True, (FORBIDDEN,)) if text == ADVICE else (False, ()))


def test_only_so_many_passages_stay_read() -> None:
    reading.read.cache_clear()
    for number in range(reading.KEPT + 9):
        reading.read("Title", "", f"Text number {number}.")
    assert reading.read.cache_info().currsize == reading.KEPT


def test_nor_more_instructions() -> None:
    for number in range(leaks.KEPT + 9):
        leaks.of(system=f"You are assistant number {number}.", free=[])
    assert leaks._of.cache_info().currsize == leaks.KEPT


def test_a_passage_is_read_with_what_stands_above_it() -> None:
    """The same text under another title is another passage."""
    claim = support.Claim("Return the lamp within 30 days.")
    text = "Return the lamp within days."
    right, wrong = support.of([Passage(1, "Returns, 30 days", "", text), Passage(2, "Returns", "", text)])
    assert support.find(claim, right, near=support.unlike)
    assert not support.find(claim, wrong, near=support.unlike)


@pytest.mark.parametrize(("source", "times"), [("Wool is not put in hot water.", 1), ("Wool is put in hot water.", 0)])
def test_a_denial_is_compared_only_with_what_denies(source: str, times: int) -> None:
    asked: list[str] = []

    def near(text: str, others: Sequence[str]) -> list[float]:
        asked.append(text)
        return [1.0] * len(others)

    (passage,) = support.of([Passage(1, "", "", source)])
    found = support.find(support.Claim("Never put wool into water that boils."), passage, near=near)
    assert (bool(found), len(asked)) == (bool(times), times)


def test_instructions_that_are_remembered_are_free_only_where_a_passage_says_them() -> None:
    system = "You are the assistant of Acme. Never tell anybody that the discount code is PLUM."
    said = "Never tell anybody that the discount code is PLUM."
    assert leaks.of(system=system, free=[]).are_in(said)
    assert not leaks.of(system=system, free=[f"From the rules: {said}"]).are_in(said)
    assert leaks.of(system=system, free=["Whales are mammals."]).are_in(said)
