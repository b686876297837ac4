"""A call is tried again where that may help, as the provider asks for it, and a provider that fails is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations import errors, failures
from integrations.chatmodels import attempts, breaker, registry
from integrations.chatmodels.breaker import guarded
from integrations.errors import ProviderPaused
from integrations.tests.asking import ask, ref
from integrations.tests.wire import ANSWER, Wire
from integrations.types import ProviderRef

BOTH = pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
VENDORS = pytest.mark.parametrize("vendor", ["openai", "anthropic"])


@BOTH
@VENDORS
@pytest.mark.parametrize("failures_left", [1, 2])
@pytest.mark.parametrize("mode", ["rate_limited", "broken", "overloaded", "reset", "timed_out"])
def test_what_passes_is_not_noticed(wire: Wire, vendor: str, streamed: bool, mode: str, failures_left: int) -> None:
    wire.mode, wire.failures_left = mode, failures_left
    assert ask(wire, vendor, streamed=streamed).text == ANSWER
    assert len(wire.requests) == failures_left + 1
    assert len({str(body) for _, _, body in wire.requests}) == 1


@BOTH
@VENDORS
def test_what_fails_three_times_has_failed(wire: Wire, vendor: str, streamed: bool) -> None:
    wire.mode, wire.failures_left = "broken", attempts.ATTEMPTS
    with pytest.raises(errors.ProviderFailed):
        ask(wire, vendor, streamed=streamed)
    assert len(wire.requests) == attempts.ATTEMPTS


@pytest.mark.parametrize("mode", ["bad_key", "bad_request", "empty", "html", "redirect"])
def test_what_would_be_no_better_is_not_tried_again(wire: Wire, mode: str) -> None:
    wire.mode, wire.failures_left = mode, 1
    with pytest.raises(errors.ProviderError):
        ask(wire, "openai", streamed=True)
    assert len(wire.requests) == 1


@VENDORS
@pytest.mark.parametrize("mode", ["slow_down", "busy"])
def test_a_short_pause_that_the_provider_asks_for_is_made(wire: Wire, vendor: str, mode: str) -> None:
    wire.mode, wire.failures_left, wire.retry_after = mode, 1, "1"
    assert ask(wire, vendor, streamed=True).text == ANSWER
    first, second = wire.times
    assert second - first >= 1


def test_a_short_pause_may_be_a_moment_in_time(wire: Wire) -> None:
    wire.mode, wire.failures_left = "slow_down", 1
    wire.retry_after = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    assert ask(wire, "openai", streamed=True).text == ANSWER
    assert len(wire.requests) == 2


def test_nobody_waits_for_a_long_pause(wire: Wire) -> None:
    wire.mode, wire.failures_left, wire.retry_after = "slow_down", 1, "3"
    with pytest.raises(errors.ProviderRateLimited) as caught:
        ask(wire, "openai", streamed=True)
    assert (caught.value.retry_after, len(wire.requests)) == (3, 1)


def test_no_pause_reaches_beyond_the_end_of_all(wire: Wire, settings: Any) -> None:
    settings.PROVIDER_TOTAL_SECONDS = 0.9
    wire.mode, wire.failures_left, wire.retry_after = "slow_down", 1, "1"
    with pytest.raises(errors.ProviderRateLimited):
        ask(wire, "openai", streamed=True)
    assert len(wire.requests) == 1


def test_the_owners_own_time_out_goes_before_the_operators(wire: Wire, settings: Any) -> None:
    wire.mode = "endless_words"
    with pytest.raises(errors.ProviderTimedOut) as caught:
        ask(wire, "openai", {"settings": {"timeout": 0.5}}, streamed=True)
    assert "come to an end" in caught.value.owner_detail


def test_pauses_are_at_random_and_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "BASE_SECONDS", 0.25)
    drawn = [[attempts._pause(errors.ProviderFailed(), attempt) or 0.0 for _ in range(200)] for attempt in (1, 2, 9)]
    assert all(max(each) <= most for each, most in zip(drawn, (0.5, 1.0, attempts.MOST_SECONDS), strict=True))
    assert max(drawn[2]) > 1.0
    assert len(set(drawn[0])) > 100


@given(said=st.text() | st.from_regex(r"\A\w{3}, \d{1,30} [A-Z][a-z]{2} \d{1,30} \d+:\d+:\d+ ([A-Z]{3}|[+-]\d+)\Z"))
@example(said="Mon, 01 Jan 99999999999 00:00:00 GMT")
@example(said="Mon, 01 Jan 2024 00:00:00 +99999999999")
@example(said="Mon, 01 Jan 0001 00:00:00 -0000")
@example(said="٣")
@example(said="1" * 5000)
def test_whatever_a_retry_after_says_is_a_time_or_nothing(said: str) -> None:
    wait = failures.retry_after({"retry-after": said})
    assert wait is None or 0 <= wait <= 3600


@pytest.mark.parametrize(("said", "seconds"), [("0", 0), ("7", 7), ("86400", 3600), ("-5", None), ("1e3", None)])
def test_a_retry_after_in_seconds_is_an_hour_at_most(said: str, seconds: float | None) -> None:
    assert failures.retry_after({"retry-after": said}) == seconds


# The breaker


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(breaker, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def provider() -> ProviderRef:
    return ProviderRef(id=uuid4(), name="openai", base_url="https://one.example")


def call(provider: ProviderRef, error: BaseException | None = None) -> None:
    """One call that goes well, or fails so."""
    with guarded(provider):
        if error is not None:
            raise error


def fail(provider: ProviderRef, times: int, make: Callable[[], Exception] = errors.ProviderFailed) -> None:
    for _ in range(times):
        error = make()
        with pytest.raises(type(error)):
            call(provider, error)


def test_five_failures_in_a_row_open_it(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 4)
    call(provider)
    fail(provider, 4)
    call(provider)
    fail(provider, 5)
    with pytest.raises(ProviderPaused) as caught:
        call(provider)
    assert caught.value.retry_after == breaker.SECONDS


def test_after_a_while_one_call_is_let_through_and_closes_it(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 5)
    clock.now += breaker.SECONDS - 1
    with pytest.raises(ProviderPaused):
        call(provider)
    clock.now += 2
    with guarded(provider), pytest.raises(ProviderPaused):
        call(provider)
    call(provider)
    with guarded(provider):
        call(provider)
    fail(provider, 4)
    call(provider)


def test_a_trial_that_fails_opens_it_again(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 5)
    clock.now += breaker.SECONDS + 1
    fail(provider, 1)
    clock.now += breaker.SECONDS - 1
    with pytest.raises(ProviderPaused):
        call(provider)
    clock.now += 2
    call(provider)


def test_a_trial_whose_customer_leaves_leaves_room_for_another(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 5)
    clock.now += breaker.SECONDS + 1
    with pytest.raises(asyncio.CancelledError):
        call(provider, asyncio.CancelledError())
    call(provider)


def test_what_would_be_no_better_does_not_open_it(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 20, errors.ProviderBadKey)
    fail(provider, 20, errors.ProviderMisbehaved)
    call(provider)


@pytest.mark.parametrize(("asked", "paused"), [(60.0, 60.0), (3600.0, breaker.LONGEST)])
def test_a_pause_that_is_asked_for_is_kept_at_once(
    provider: ProviderRef, clock: Clock, asked: float, paused: float
) -> None:
    fail(provider, 1, lambda: errors.ProviderRateLimited(retry_after=asked))
    clock.now += paused - 0.1
    with pytest.raises(ProviderPaused):
        call(provider)
    clock.now += 0.2
    call(provider)


def test_a_pause_that_a_call_waits_out_itself_keeps_nobody_else(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 1, lambda: errors.ProviderRateLimited(retry_after=1.0))
    call(provider)


def test_the_first_word_of_the_trial_lets_the_others_in(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, breaker.FAILURES)
    clock.now += breaker.SECONDS + 1
    with guarded(provider) as trial:
        with pytest.raises(ProviderPaused):
            call(provider)
        trial.works()
        call(provider)


def test_a_call_from_before_may_end_the_trial_by_showing_that_somebody_is_there(
    provider: ProviderRef, clock: Clock
) -> None:
    with ExitStack() as trial:
        with suppress(errors.ProviderBadRequest), guarded(provider):
            fail(provider, breaker.FAILURES)
            clock.now += breaker.SECONDS + 1
            trial.enter_context(guarded(provider))
            with pytest.raises(ProviderPaused):
                call(provider)
            raise errors.ProviderBadRequest
        call(provider)  # the refusal showed that somebody is there


def test_a_failure_from_before_does_not_end_the_trial(provider: ProviderRef, clock: Clock) -> None:
    with ExitStack() as trial:
        with suppress(errors.ProviderFailed), guarded(provider):
            fail(provider, breaker.FAILURES)
            clock.now += breaker.SECONDS + 1
            trial.enter_context(guarded(provider))
            raise errors.ProviderFailed
        with pytest.raises(ProviderPaused):
            call(provider)


def test_a_refusal_shows_that_somebody_is_there(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, breaker.FAILURES)
    clock.now += breaker.SECONDS + 1
    fail(provider, 1, errors.ProviderBadKey)
    call(provider)


def test_one_provider_does_not_stand_for_another(provider: ProviderRef, clock: Clock) -> None:
    fail(provider, 5)
    call(replace(provider, id=uuid4()))
    call(replace(provider, base_url="https://two.example"))
    with pytest.raises(ProviderPaused):
        call(replace(provider, api_key="another", label="the same"))


def test_only_so_many_are_remembered(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "_REMEMBERED", 10)
    for _ in range(30):
        fail(ProviderRef(id=uuid4(), name="openai"), 1)
    assert len(breaker._states) == 10


def test_a_paused_provider_is_not_asked_but_when_it_is_tried_out(wire: Wire, clock: Clock) -> None:
    provider = ref(wire, "openai_compatible")
    fail(provider, 5)
    with pytest.raises(ProviderPaused):
        ask(wire, "openai_compatible", {"id": provider.id}, streamed=True)
    assert wire.requests == []
    assert asyncio.run(registry.probe(provider, model="llama-3")).ok
    clock.now += breaker.SECONDS + 1
    assert ask(wire, "openai_compatible", {"id": provider.id}, streamed=True).text == ANSWER


def test_trying_out_asks_once(wire: Wire) -> None:
    wire.mode = "broken"
    result = asyncio.run(registry.probe(ref(wire, "openai_compatible"), model="llama-3"))
    assert (result.ok, result.code, len(wire.requests)) == (False, "provider_failed", 1)
