"""Leaves a provider alone that keeps failing, so that nobody waits for it in vain (a circuit breaker).

Closed: it is asked. After `FAILURES` failures in a row it opens: for `SECONDS`, or as long as the provider asked for,
nobody asks. Then one call is let through; when it succeeds the breaker closes, when it fails it opens again. Each
process learns by itself: a few failures more, and nothing shared that could fail in its turn.
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
_REMEMBERED = 10_000

Key = tuple[object, ...]


@dataclass(slots=True)
class _State:
    failures: int = 0
    open_until: float = 0.0
    trying: bool = False


_states: OrderedDict[Key, _State] = OrderedDict()


@contextmanager
def guarded(provider: ProviderRef) -> Iterator[None]:
    """Around one call. Raises `ProviderPaused` while the breaker is open."""
    key: Key = (provider.id, provider.name, provider.base_url)
    state = _states.setdefault(key, _State())
    _states.move_to_end(key)
    while len(_states) > _REMEMBERED:
        _states.popitem(last=False)
    _let_in(state)
    try:
        yield
    except ProviderError as error:
        if error.retryable:
            _failed(state, error)
        raise
    else:
        state.failures, state.open_until = 0, 0.0
    finally:
        state.trying = False


def _let_in(state: _State) -> None:
    left = state.open_until - time.monotonic()
    if left > 0 or state.trying:
        raise ProviderPaused(retry_after=max(1.0, left))
    state.trying = state.open_until > 0


def _failed(state: _State, error: ProviderError) -> None:
    state.failures += 1
    asked = error.retry_after
    if state.trying or state.failures >= FAILURES:
        pause = SECONDS if asked is None else min(max(asked, 1.0), LONGEST)
    elif asked:  # no longer than that: the call that was told so comes back then
        pause = min(asked, LONGEST)
    else:
        return
    state.open_until = time.monotonic() + pause


def forget() -> None:
    """Every breaker is closed again."""
    _states.clear()
