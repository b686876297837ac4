"""The figures of an evaluation against values worked out by hand, and when a difference is more than noise."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from chat.evaluation import baseline, metrics, report, sampling, significance, tables, words
from chat.evaluation.baseline import BadBaseline
from chat.evaluation.sampling import Caps
from chat.evaluation.types import Question, QuestionSet, Row, Table, Text


def test_a_ranking_is_measured_by_where_the_relevant_stand() -> None:
    found = metrics.ranking([2, 4], relevant=3)
    assert (found["recall@1"], found["recall@5"], found["recall@10"]) == (0, 1, 1)
    assert found["MRR@10"] == 0.5
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    most = 1 + 1 / math.log2(3) + 1 / 2
    assert found["nDCG@10"] == pytest.approx(gained / most)


@pytest.mark.parametrize(
    ("places", "mrr", "gain"),
    [([1], 1.0, 1.0), ([10], 0.1, 1 / math.log2(11)), ([11], 0.0, 0.0), ([], 0.0, 0.0)],
)
def test_what_stands_beyond_the_tenth_place_counts_for_nothing(places: list[int], mrr: float, gain: float) -> None:
    assert metrics.reciprocal_rank(places) == pytest.approx(mrr)
    assert metrics.gain(places, relevant=1) == pytest.approx(gain)


def test_more_relevant_ones_than_places_can_still_be_ranked_perfectly() -> None:
    assert metrics.gain(range(1, 11), relevant=25) == pytest.approx(1)


def test_precision_and_recall_come_from_the_table_of_what_was_taken_for_what() -> None:
    table = metrics.confusion([("a", "a"), ("a", "a"), ("a", "b"), ("b", "a"), ("b", "b"), ("c", "b")])
    assert table["a", "a"] == 2
    found = metrics.scores(table, label="a")
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["F1"] == pytest.approx(2 / 3)
    never_said = metrics.scores(table, label="c")
    assert math.isnan(never_said["precision"])
    assert (never_said["recall"], never_said["F1"]) == (0, 0)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert metrics.percentile([4, 1, 3, 2], 0.5) == 2
    assert metrics.percentile(range(1, 101), 0.95) == 95
    assert math.isnan(metrics.percentile([], 0.5))


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [(0, 0, 1.0), (0, 5, 2 / 32), (0, 6, 2 / 64), (1, 9, 2 * 11 / 1024), (4, 4, 1.0), (0, 2_000, 0.0)],
)
def test_cases_that_changed_sides_are_judged_by_the_binomial_distribution(lost: int, won: int, p: float) -> None:
    assert significance.exact(lost, won) == pytest.approx(p)


def test_values_between_0_and_1_are_judged_by_swapping_them_at_random() -> None:
    before, after = [0.5] * 8, [0.7] * 8
    # Of the 256 ways to swap, two are as far from nothing: all or none.
    assert significance.p_value(before, after) == pytest.approx(2 / 256, abs=0.003)
    assert significance.p_value(before, after) == significance.p_value(before, after)
    assert significance.p_value([0.5, 0.7], [0.7, 0.5]) == 1
    assert significance.p_value(before, before) == 1


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("It costs $14.95\nper  order.", "$14.95 PER order", True),
        ("It costs $14.95.", "$14.96", False),
        ("It costs $14.9", "$14.95", False),
        ("a" * 50 + " " + "b" * 60, "b" * 50 + "c" * 50, True),
        ("全角 ＡＢＣ", "ABC", True),
    ],
)  # fmt: skip
def test_an_answer_is_held_word_for_word(text: str, answer: str, held: bool) -> None:
    assert words.hold(text, [answer]) is held


def test_the_share_of_an_answers_words_is_that_of_the_best_answer() -> None:
    assert words.share("Express costs $14.95.", ["express is quick", "nothing"]) == pytest.approx(1 / 3)
    assert words.share("東京都は首都です", ["東京都"]) == 1
    assert words.share("anything", []) == 0


def _table(values: dict[str, float], name: str = "set") -> Table:
    return Table("retrieval", "Retrieval", (Row(name, {"recall@1": values}),))


def _saved(path: Path, values: dict[str, float]) -> baseline.Kept:
    baseline.save(path, [_table(values)])
    return baseline.read(path)


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    values = {f"q{number}": float(number % 3 == 0) / 3 for number in range(20)}
    changes = baseline.compare([_table(values)], _saved(tmp_path / "base.json", values))
    assert [change.is_real for change in changes.values()] == [False]
    shown = report.markdown([_table(values)], changes)
    assert "No difference" in shown
    assert "▲" not in shown


@pytest.mark.parametrize(("changed", "is_marked"), [(4, False), (6, True)])
def test_only_what_is_more_than_noise_is_marked(tmp_path: Path, changed: int, is_marked: bool) -> None:
    before = {f"q{number}": 0.0 for number in range(40)}
    after = before | {f"q{number}": 1.0 for number in range(changed)}
    changes = baseline.compare([_table(after)], _saved(tmp_path / "base.json", before))
    shown = report.markdown([_table(after)], changes)
    assert (f"▲ +{changed / 40:.3f}" in shown) is is_marked
    [row] = report.data([_table(after)], changes)[0]["rows"]
    assert row["against"]["recall@1"]["real"] is is_marked


def test_a_loss_is_marked_as_one(tmp_path: Path) -> None:
    before = {f"q{number}": 1.0 for number in range(10)}
    changes = baseline.compare([_table(dict.fromkeys(before, 0.0))], _saved(tmp_path / "base.json", before))
    assert "▼ -1.000" in report.markdown([_table(dict.fromkeys(before, 0.0))], changes)


def test_only_cases_that_both_have_are_compared(tmp_path: Path) -> None:
    kept = _saved(tmp_path / "base.json", {"a": 1.0, "b": 0.0})
    [change] = baseline.compare([_table({"b": 0.0, "c": 1.0})], kept).values()
    assert (change.before, change.after, change.cases) == (0, 0, 1)
    nothing = baseline.compare([_table({"b": 0.0}, name="another set")], kept)
    assert "nothing could be compared" in report.markdown([_table({"b": 0.0})], nothing)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99, "rows": {}}', '{"format": 1, "rows": {"a": 1}}', "é"])
def test_what_was_not_saved_by_us_is_no_baseline(tmp_path: Path, text: str) -> None:
    path = tmp_path / "base.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadBaseline):
        baseline.read(path)


def test_a_baseline_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadBaseline, match=r"none\.json"):
        baseline.read(tmp_path / "none.json")


def test_a_baseline_keeps_ids_once(tmp_path: Path) -> None:
    row = Row("set", {"recall@1": {"q1": 1.0, "q2": 0.0}, "says unknown": {"q2": 0.25}})
    baseline.save(tmp_path / "base.json", [Table("retrieval", "Retrieval", (row,))])
    kept = json.loads((tmp_path / "base.json").read_text())
    assert kept["rows"]["retrieval/set"] == {
        "ids": ["q1", "q2"],
        "measures": {"recall@1": [1, 0], "says unknown": [None, 0.25]},
    }
    assert baseline.read(tmp_path / "base.json")["retrieval", "set", "says unknown"] == {"q2": 0.25}


def test_all_rows_together_keep_their_cases_apart() -> None:
    one, other = Row("one", {"recall@1": {"q1": 1.0}}), Row("other", {"recall@1": {"q1": 0.0, "q2": 0.0}})
    pooled, *rest = tables.with_all([one, other])
    assert metrics.mean(pooled.measures["recall@1"].values()) == pytest.approx(1 / 3)
    assert rest == [one, other]
    assert tables.with_all([one]) == (one,)


def _set(documents: int, questions: int) -> QuestionSet:
    return QuestionSet(
        "set",
        tuple(Text(f"d{number}", "Title", "group", f"text {number}") for number in range(documents)),
        tuple(Question(f"q{number}", "What?", frozenset({f"d{number}"})) for number in range(questions)),
    )


def test_a_sample_holds_the_documents_of_its_questions_first() -> None:
    part = sampling.sample(_set(100, 50), Caps(documents=30, questions=10))
    assert (len(part.questions), len(part.texts)) == (10, 30)
    asked = {document for question in part.questions for document in question.documents}
    assert asked == {text.id for text in part.texts[:10]}


def test_a_larger_sample_holds_the_smaller_one() -> None:
    small, large = (sampling.sample(_set(100, 50), Caps(None, most)) for most in (10, 20))
    assert {question.id for question in small.questions} < {question.id for question in large.questions}


def test_without_caps_all_is_there() -> None:
    whole = _set(100, 50)
    part = sampling.sample(whole, Caps())
    assert set(part.texts) == set(whole.texts)
    assert set(part.questions) == set(whole.questions)


def test_questions_whose_documents_have_no_room_are_left_out() -> None:
    part = sampling.sample(_set(100, 50), Caps(documents=5))
    assert len(part.questions) == len(part.texts) == 5
