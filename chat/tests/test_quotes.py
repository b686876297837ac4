from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat.turn import quotes
from chat.turn.support import Support

TEXT = "Express costs $14.95. It arrives the next day. Hawaii is left out. Returns are free."


def at(said: str, score: float = 1.0) -> Support:
    start = TEXT.index(said)
    return Support(1, 0, start, start + len(said), score)


def test_a_quote_is_the_passages_own_words() -> None:
    assert quotes.of(TEXT, [at("It arrives the next day.")]) == "It arrives the next day."


def test_all_that_supports_what_was_said_is_quoted_in_the_passages_order() -> None:
    both = [at("Returns are free."), at("Express costs $14.95.")]
    assert quotes.of(TEXT, both) == "Express costs $14.95. … Returns are free."


def test_neighbours_run_on_and_nothing_is_quoted_twice() -> None:
    touching = [at("It arrives the next day."), at("Express costs $14.95."), at("Express costs $14.95.")]
    assert quotes.of(TEXT, touching) == "Express costs $14.95. It arrives the next day."


def test_where_all_is_too_long_what_supports_best_is_kept() -> None:
    text = "a" * 500 + " then " + "b" * 500
    first, second = Support(1, 0, 0, 500, 0.8), Support(1, 0, 506, 1006, 0.9)
    assert quotes.of(text, [first, second]) == "b" * 500
    assert quotes.of("c" * 900, [Support(1, 0, 0, 900, 1.0)]) == "c" * 799 + "…"


@given(st.text(min_size=1, max_size=60), st.data())
def test_every_part_of_a_quote_stands_in_its_passage(text: str, data: st.DataObject) -> None:
    places = st.integers(0, len(text) - 1).flatmap(
        lambda start: st.builds(
            Support, st.just(1), st.just(0), st.just(start), st.integers(start + 1, len(text)), st.floats(0, 1)
        )
    )
    found = quotes.of(text, data.draw(st.lists(places, min_size=1, max_size=6)))
    if "…" not in text:
        assert all(part in text for part in found.split(quotes.APART))
