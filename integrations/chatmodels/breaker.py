"""Leaves a provider alone that keeps failing, so that nobody waits for it in vain (a circuit breaker).

Closed: it is asked. After `FAILURES` failures in a row it opens: for `SECONDS`, or as long as the provider asked for,
nobody asks. A provider that asks for a longer pause than a call waits out itself opens it at once. Then one call is let
through: its first word, or a refusal that shows that somebody is there, closes the breaker; a failure opens it again.
Each process learns by itself: a few failures more, and nothing shared that could fail in its turn.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from integrations.errors import ProviderError, ProviderPaused
from integrations.types import ProviderRef

FAILURES = 5
SECONDS = 30.0
LONGEST = 300.0
SHORT = 2.0
_REMEMBERED = 10_000

Key = tuple[object, ...]


@dataclass(slots=True)
class _State:
    failures: int = 0
    open_until: float = 0.0
    trying: bool = False


_states: OrderedDict[Key, _State] = OrderedDict()


class Call:
    """One call that was let in; `is_trial`: the one by which an open breaker finds out."""

    def __init__(self, state: _State) -> None:
        self._state = state
        left = state.open_until - time.monotonic()
        if left > 0 or state.trying:
            raise ProviderPaused(retry_after=max(1.0, left))
        self.is_trial = state.trying = state.open_until > 0

    def works(self) -> None:
        """Somebody is there."""
        self._state.failures, self._state.open_until, self._state.trying = 0, 0.0, False

    def failed(self, error: ProviderError) -> None:
        state, asked = self._state, error.retry_after
        state.failures += 1
        if self.is_trial or state.failures >= FAILURES or (asked or 0.0) > SHORT:
            state.open_until = time.monotonic() + (SECONDS if asked is None else min(max(asked, 1.0), LONGEST))

    def over(self) -> None:
        if self.is_trial:
            self.is_trial = self._state.trying = False


@contextmanager
def guarded(provider: ProviderRef) -> Iterator[Call]:
    """Around one call. Raises `ProviderPaused` while the breaker is open."""
    key: Key = (provider.id, provider.name, provider.base_url)
    state = _states.setdefault(key, _State())
    _states.move_to_end(key)
    while len(_states) > _REMEMBERED:
        _states.popitem(last=False)
    call = Call(state)
    try:
        yield call
    except ProviderError as error:
        if error.retryable:
            call.failed(error)
        else:
            call.works()
        raise
    else:
        call.works()
    finally:
        call.over()


def forget() -> None:
    """Every breaker is closed again."""
    _states.clear()
