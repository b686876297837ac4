"""A passage is cut where a reader would cut it, in any script; headings and questions stay above what they head."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.chatmodels import units
from integrations.chatmodels.types import Passage

SENTENCES = [
    ("One here. Two there! Three?", ["One here.", "Two there!", "Three?"]),
    ("Order before 2 p.m. Eastern Time. We ship at once.", ["Order before 2 p.m. Eastern Time.", "We ship at once."]),
    ("Open until 8 p.m. The shop is closed on Sunday.", ["Open until 8 p.m.", "The shop is closed on Sunday."]),
    ("See Dr. Miller, e.g. on Monday. It costs $5.95.", ["See Dr. Miller, e.g. on Monday.", "It costs $5.95."]),
    ("Das kostet 5,95 €. Der Versand dauert z. B. 3 Tage.", ["Das kostet 5,95 €.", "Der Versand dauert z. B. 3 Tage."]),
    ("¿Cuánto cuesta? Cuesta 5 dólares.", ["¿Cuánto cuesta?", "Cuesta 5 dólares."]),
    ("超过50美元免运费。标准配送需要3到5天！", ["超过50美元免运费。", "标准配送需要3到5天！"]),
    ("送料は無料です。「返品はできますか？」はい。", ["送料は無料です。", "「返品はできますか？」", "はい。"]),
    ("الشحن مجاني. كم يستغرق؟ ثلاثة أيام.", ["الشحن مجاني.", "كم يستغرق؟", "ثلاثة أيام."]),
    ("शिपिंग मुफ़्त है। इसमें 3 दिन लगते हैं।", ["शिपिंग मुफ़्त है।", "इसमें 3 दिन लगते हैं।"]),
    ("No full stop at the end", ["No full stop at the end"]),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences_of_many_scripts(text: str, expected: list[str]) -> None:
    assert units.sentences(text) == expected


def test_a_text_without_marks_is_cut_at_spaces() -> None:
    thai = "การจัดส่งมาตรฐานฟรีสำหรับคำสั่งซื้อที่มากกว่า 50 ดอลลาร์ " * 12
    parts = units.sentences(thai)
    assert len(parts) > 2
    assert all(len(part) <= units.LONGEST // 2 for part in parts)
    assert " ".join(parts) == thai.strip()


@given(st.text(max_size=1500))
def test_no_sentence_is_lost_or_empty(text: str) -> None:
    parts = units.sentences(text)
    assert all(parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def cut(text: str, *, title: str = "Handbook", heading: str = "") -> list[tuple[str, str, str]]:
    passage = Passage(number=1, title=title, heading=heading, text=text)
    return [(unit.kind, unit.heading, unit.text) for unit in units.of(passage, rank=0)]


def test_headings_head_what_follows() -> None:
    text = "Refunds\n\nRefunds take a week. Banks add days.\n\n## Fees\nNo fee is charged."
    assert cut(text, heading="Billing > Refunds") == [
        ("sentence", "Refunds", "Refunds take a week."),
        ("sentence", "Refunds", "Banks add days."),
        ("sentence", "Fees", "No fee is charged."),
    ]


def test_a_question_heads_its_answer() -> None:
    text = "Do gift cards expire?\nNo, they never do.\n\nCan I pick up my order?\nYes, in a locker."
    assert cut(text) == [
        ("sentence", "Do gift cards expire?", "No, they never do."),
        ("sentence", "Can I pick up my order?", "Yes, in a locker."),
    ]


def test_rows_carry_their_columns() -> None:
    expected = [
        ("row", "Prices", "Standard – Price: $5.95; Time: 3-5 days"),
        ("row", "Prices", "Express – Price: $14.95; Time: next day"),
    ]
    stored = "Service | Price | Time\nStandard | $5.95 | 3-5 days\nExpress | $14.95 | next day"
    names, *rows = (f"| {line} |" for line in stored.split("\n"))
    markdown = "\n".join([names, "| --- | :-: | --- |", *rows])
    assert cut(stored, heading="Prices") == expected
    assert cut(f"## Prices\n{markdown}") == expected
    assert cut("Name: Lid | Price: $18") == [("row", "", "Name: Lid, Price: $18")]


def test_a_short_list_stays_whole_under_its_lead() -> None:
    text = "These cannot be returned:\n\n- seeds;\n- gift cards."
    passage = Passage(number=1, title="", heading="", text=text)
    (unit,) = units.of(passage, rank=0)
    assert (unit.kind, unit.lead, unit.text) == ("list", "These cannot be returned:", "- seeds;\n- gift cards.")


def test_a_list_that_lost_its_marks_is_known_by_its_lead() -> None:
    assert cut("Bring along:\n\nyour card\nthe receipt")[-1] == ("list", "", "- your card\n- the receipt")


def test_a_long_list_is_quoted_by_the_item() -> None:
    items = [
        f"{at}. Step {at} takes a while and is described at some length, so that it fills its line."
        for at in range(1, 12)
    ]
    found = cut("Do this:\n\n" + "\n".join(items))
    assert len(found) == 11
    assert found[0] == ("item", "", "Step 1 takes a while and is described at some length, so that it fills its line.")


def test_wrapped_prose_is_prose() -> None:
    text = "Standard delivery takes three to five business days from the day\non which the parcel leaves our warehouse."
    assert cut(text) == [("sentence", "", text.replace("\n", " "))]


def test_emphasis_is_not_quoted() -> None:
    assert cut("Open **Orders** and select **Change address**.") == [
        ("sentence", "", "Open Orders and select Change address.")
    ]


@given(st.text(max_size=600), st.text(max_size=40))
def test_no_passage_breaks_the_cutter(text: str, heading: str) -> None:
    found = units.of(Passage(number=1, title="T", heading=heading, text=text), rank=0)
    assert all(unit.text.strip() for unit in found)
