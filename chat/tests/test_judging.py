from __future__ import annotations

from uuid import uuid4

import pytest

from chat.testing import judge
from chat.testing.judge import Expected, Heard

SHIPPING, RETURNS = uuid4(), uuid4()
SAID = Heard("Orders over $50 ship for\nFREE [1], in 3-5 days.", "allow", cited=[(SHIPPING, "Shipping policy")])
REFUSED = Heard("I cannot help with that.", "refuse", "forbidden_topic", "medical advice")
HANDED_OVER = Heard("A person will see to it.", "escalate", "human_requested")
LOST = Heard("I do not know.", "allow", "nothing_found")
LOST_AND_HANDED_OVER = Heard("A person will see to it.", "escalate", "nothing_found")
GREETED = Heard("Hello!", "allow", "greeting")


@pytest.mark.parametrize(
    ("expect", "heard", "passes"),
    [
        ("answer", SAID, True),
        ("answer", GREETED, True),
        ("answer", REFUSED, False),
        ("answer", HANDED_OVER, False),
        ("answer", LOST, False),
        ("refuse", REFUSED, True),
        ("refuse", SAID, False),
        ("refuse", LOST, False),
        ("escalate", HANDED_OVER, True),
        ("escalate", LOST_AND_HANDED_OVER, True),
        ("escalate", SAID, False),
        ("escalate", LOST, False),
        ("unknown", LOST, True),
        ("unknown", LOST_AND_HANDED_OVER, True),
        ("unknown", SAID, False),
        ("unknown", REFUSED, False),
    ],
)
def test_a_bot_does_what_is_expected_or_fails(expect: str, heard: Heard, passes: bool) -> None:
    assert (judge.failures(expected=Expected(expect), heard=heard) == []) is passes


@pytest.mark.parametrize(
    ("expected", "passes"),
    [
        (Expected("answer", documents=[SHIPPING]), True),
        (Expected("answer", documents=[RETURNS]), False),
        (Expected("answer", documents=[RETURNS, SHIPPING]), True),
        (Expected("answer", titles=["SHIPPING policy"]), True),
        (Expected("answer", titles=["Returns"]), False),
        (Expected("answer", documents=[RETURNS], titles=["Shipping policy"]), True),
        (Expected("answer", words=["ship for free", "3-5 days"]), True),  # over a line's end, without marks
        (Expected("answer", words=["free, in"]), True),
        (Expected("answer", words=["free", "tomorrow"]), False),
        (Expected("answer", forbidden=["tomorrow"]), True),
        (Expected("answer", forbidden=["Free"]), False),
    ],
)
def test_what_it_cites_and_says_counts(expected: Expected, passes: bool) -> None:
    assert (judge.failures(expected=expected, heard=SAID) == []) is passes


def test_each_expectation_that_is_missed_is_named() -> None:
    expected = Expected("answer", titles=["Health"], words=["doctor"], forbidden=["help"])
    assert judge.failures(expected=expected, heard=REFUSED) == [
        "It should answer, and it refused (forbidden_topic, medical advice).",
        "It should cite “Health”, and it cites nothing.",
        "The answer lacks “doctor”.",
        "The answer says “help”.",
    ]
