"""Session ids."""

from __future__ import annotations

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from chat import tokens


def test_a_session_id_names_its_bot_and_is_told_once() -> None:
    bot_id = uuid4()
    one, other = tokens.new_session(bot_id), tokens.new_session(bot_id)
    assert one != other
    assert len(one) == tokens.LENGTH
    assert tokens.bot_of(one) == bot_id
    assert tokens.hash_of(one) != tokens.hash_of(other)
    assert one not in tokens.hash_of(one)


@given(st.text(max_size=80) | st.text(alphabet="ab-_=+/é", min_size=54, max_size=54))
def test_any_text_may_be_asked(text: str) -> None:
    found = tokens.bot_of(text)
    assert found is None or len(text) == tokens.LENGTH
