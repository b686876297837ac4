"""Whatever a provider does, a call ends in time, with our code for it, without the key, and leaves nothing open.

Each fault is met by both wire formats, streamed and whole. Before the first word a fault that may pass is met up to
three times; after it, once.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from integrations import outbound
from integrations.chatmodels import breaker, messages, registry
from integrations.errors import FOR_VISITORS
from integrations.tests.asking import KEY, Outcome, ask, ref, request, still_open, tried
from integrations.tests.wire import ANSWER, Wire
from integrations.types import ProviderRef

VENDORS = ("openai", "anthropic")
SLACK = 3.0  # of a busy machine
PATIENT = 8.0
STATUSES = {"provider_timed_out": 504, "provider_rate_limited": 503, "provider_paused": 503}
WORDS = "Orders over "  # were said when the middle came


@dataclass(frozen=True, slots=True)
class Fault:
    """`asked` is how often the far side was, `said` what the customer had heard of a stream. `whole` and `whole_asked`
    are of the same fault without a stream, where they differ. The seconds are the deadlines."""

    mode: str
    code: str
    asked: int = 1
    said: str = ""
    whole: str = ""
    whole_asked: int = 0
    first: float = PATIENT
    idle: float = PATIENT
    total: float = 3 * PATIENT
    retry_after: str = "7"

    @property
    def name(self) -> str:
        return self.mode if self.retry_after == "7" else f"{self.mode}-{self.retry_after}"

    def deadline(self, *, streamed: bool) -> float:
        """Once it is met, nothing is tried again. Faults that are no matter of time end well before."""
        if self.first == self.idle == PATIENT:
            return min(self.total, 2.0)
        return min(self.total, self.first + self.idle)


def dated(**distance: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**distance), usegmt=True)


FAULTS = (
    # Refusals
    Fault("bad_request", "provider_bad_request"),
    Fault("bad_key", "provider_bad_key"),
    Fault("not_allowed", "provider_not_allowed"),
    Fault("unknown_model", "provider_unknown_model"),
    Fault("timed_out", "provider_timed_out", asked=3),
    Fault("conflict", "provider_failed", asked=3),
    Fault("too_large", "provider_bad_request"),
    Fault("unprocessable", "provider_bad_request"),
    Fault("long_prompt", "provider_text_too_long"),
    Fault("no_quota", "provider_no_quota"),
    Fault("rate_limited", "provider_rate_limited", asked=3),
    Fault("slow_down", "provider_rate_limited"),
    Fault("slow_down", "provider_rate_limited", retry_after="in half a minute"),
    Fault("slow_down", "provider_rate_limited", retry_after="86400"),
    Fault("slow_down", "provider_rate_limited", retry_after="9" * 400),
    Fault("slow_down", "provider_rate_limited", asked=3, retry_after="0"),
    Fault("slow_down", "provider_rate_limited", asked=3, retry_after="a minute ago"),
    Fault("slow_down", "provider_rate_limited", asked=3, retry_after="-5"),
    Fault("slow_down", "provider_rate_limited", asked=3, retry_after="soon, I hope"),
    Fault("slow_down", "provider_rate_limited", asked=3, retry_after="Mon, 01 Jan 99999999999 00:00:00 GMT"),
    Fault("busy", "provider_failed"),
    Fault("broken", "provider_failed", asked=3),
    Fault("broken_hugely", "provider_failed"),
    Fault("bad_gateway", "provider_failed", asked=3),
    Fault("no_service", "provider_failed", asked=3),
    Fault("overloaded", "provider_failed", asked=3),
    Fault("site_overloaded", "provider_failed", asked=3),
    Fault("too_slow", "provider_timed_out", asked=3),
    # No answer in time
    Fault("hang", "provider_timed_out", first=0.4, idle=0.2),
    Fault("slow_headers", "provider_timed_out", first=0.4, idle=0.2),
    Fault("silent_start", "provider_timed_out", first=0.4, idle=0.2),
    Fault("pings", "provider_timed_out", first=0.4, idle=0.2),
    Fault("drip", "provider_timed_out", first=0.4, idle=0.2),
    Fault("broken_slowly", "provider_timed_out", first=0.4, idle=0.2),
    Fault("silent_middle", "provider_timed_out", said=WORDS, first=1.0, idle=0.4),
    Fault("endless_words", "provider_timed_out", said=WORDS, total=1.0),
    # No connection, or none any more
    Fault("reset", "provider_unreachable", asked=3),
    Fault("reset_middle", "provider_unreachable", said=WORDS, whole_asked=3),
    Fault("no_http", "provider_unreachable", asked=3),
    # No answer at all
    Fault("unfinished", "provider_failed", said=WORDS),
    Fault("broken_json", "provider_failed", said=WORDS),
    Fault("bad_utf8", "provider_failed", said=WORDS),
    Fault("other_json", "provider_failed", said=WORDS),
    Fault("error_middle", "provider_failed", said=WORDS),
    Fault("error_first", "provider_failed", asked=3, whole_asked=1),
    Fault("flood", "provider_failed", said="word word word"),
    Fault("long_line", "provider_failed"),
    Fault("html", "provider_failed"),
    Fault("garbage", "provider_failed", asked=3, whole_asked=1),
    Fault("empty", "provider_failed"),
    Fault("empty_choices", "provider_failed"),
    Fault("redirect", "provider_failed"),
    Fault("redirect_metadata", "provider_failed"),
    Fault("huge", "provider_failed"),
    Fault("squeezed", "provider_failed"),
    Fault("bomb", "provider_failed"),
)


def seen(wire: Wire, fault: Fault, vendor: str, settings: Any, *, streamed: bool) -> Outcome:
    settings.PROVIDER_FIRST_TOKEN_SECONDS, settings.PROVIDER_IDLE_SECONDS = fault.first, fault.idle
    settings.PROVIDER_TOTAL_SECONDS = fault.total
    wire.mode = fault.mode
    known = {"in half a minute": dated(seconds=30), "a minute ago": dated(seconds=-60)}
    wire.retry_after = known.get(fault.retry_after, fault.retry_after)
    return asyncio.run(tried(wire, ref(wire, vendor), streamed=streamed))


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """The vendors' libraries take their time when they are first used."""
    server = Wire()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.OUTBOUND_ALLOWED_PRIVATE", [server.place])
        for vendor in VENDORS:
            ask(server, vendor, streamed=True)
    server.stop()


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_ends_in_time_with_its_code_and_without_the_key(
    wire: Wire, fault: Fault, vendor: str, streamed: bool, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = seen(wire, fault, vendor, settings, streamed=streamed)
    error = outcome.error
    assert error is not None, outcome
    assert error.code == (fault.code if streamed else fault.whole or fault.code)
    assert error.status == STATUSES.get(error.code, 502)
    assert len(wire.requests) == (fault.asked if streamed else fault.whole_asked or fault.asked)
    assert outcome.seconds < fault.deadline(streamed=streamed) + SLACK
    said = "".join(outcome.said)
    assert said.startswith(fault.said) if streamed and fault.said else not said
    assert len(said) <= messages.MOST_CHARACTERS
    assert outcome.left_open == 0
    assert error.detail == FOR_VISITORS
    assert error.owner_detail not in ("", FOR_VISITORS)
    told = [repr(error), str(error), error.owner_detail, *traceback.format_exception(error), caplog.text]
    assert KEY not in "".join(told)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names under .invalid are unknown, without asking anybody."""
    real = socket.getaddrinfo

    def asked(host: Any, *args: Any, **options: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", asked)


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("way", ["refused", "unknown host", "no TLS"])
def test_where_there_is_no_way_the_provider_is_unreachable(
    wire: Wire, vendor: str, way: str, streamed: bool, elsewhere: None
) -> None:
    place = wire.place
    if way == "refused":
        wire.stop()
    base = {"unknown host": "https://provider.invalid/v1", "no TLS": f"https://{place}/v1"}.get(way, f"http://{place}")
    outcome = asyncio.run(tried(wire, ref(wire, vendor, base_url=base), streamed=streamed))
    assert outcome.error is not None
    assert outcome.error.code == "provider_unreachable"
    assert wire.requests == []
    assert outcome.seconds < 2 + SLACK


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_takes_no_connection_is_given_up(wire: Wire, vendor: str, settings: Any) -> None:
    settings.PROVIDER_CONNECT_SECONDS, settings.PROVIDER_TOTAL_SECONDS = 0.2, 1.0
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        settings.OUTBOUND_ALLOWED_PRIVATE = [f"127.0.0.1:{port}"]
        outcome = asyncio.run(tried(wire, ref(wire, vendor, base_url=f"http://127.0.0.1:{port}/v1"), streamed=True))
        for each in waiting:
            each.close()
    assert outcome.error is not None
    assert outcome.error.code == "provider_timed_out"
    assert outcome.seconds < 1 + SLACK


GOOD = ("ok", "no_usage", "returns", "shreds", "comments", "lingers", "unstreamed")


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", GOOD)
def test_what_only_looks_odd_is_an_answer(wire: Wire, vendor: str, mode: str) -> None:
    wire.mode, wire.answer = mode, "Über $50 ist der Versand frei 🎉 [1]."
    outcome = asyncio.run(tried(wire, ref(wire, vendor), streamed=True))
    assert outcome.error is None
    assert outcome.reply is not None
    assert outcome.reply.text == wire.answer == "".join(outcome.said)
    assert (len(outcome.said) > 1) is (mode != "unstreamed")
    counted = (outcome.reply.prompt_tokens, outcome.reply.completion_tokens) == (1000, 200)
    assert counted is (mode != "no_usage")
    assert outcome.reply.completion_tokens > 0
    assert (len(wire.requests), outcome.left_open) == (1, 0)
    assert outcome.seconds < SLACK, "nobody waits for what follows the last word"


def test_an_answer_that_was_finished_needs_no_last_word(wire: Wire) -> None:
    wire.mode = "no_done"
    assert ask(wire, "openai", streamed=True).text == ANSWER


def test_one_byte_at_a_time_is_an_answer_where_it_comes_in_time(wire: Wire) -> None:
    wire.mode, wire.pace = "ok", 0.01
    outcome = asyncio.run(tried(wire, ref(wire, "anthropic"), streamed=True))
    assert outcome.said == ["Orders ", "over ", "$50 ", "ship ", "free ", "[1]."]


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_customer_who_leaves_ends_the_call_at_the_provider(wire: Wire, vendor: str, streamed: bool) -> None:
    wire.mode = "endless_words" if streamed else "hang"

    async def leaving() -> int:
        said: list[str] = []
        asking = registry.generate(request(vendor), ref(wire, vendor), say=said.append if streamed else None)
        call = asyncio.create_task(asking)
        end = time.monotonic() + PATIENT
        while (not said if streamed else not wire.open) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        assert wire.open == 1
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        return await still_open(wire)

    assert asyncio.run(leaving()) == 0
    assert (wire.cut, len(wire.requests)) == (1, 1)
    assert ask_again(wire, vendor, streamed=streamed) == ANSWER


def ask_again(wire: Wire, vendor: str, *, streamed: bool) -> str:
    wire.mode = "ok"
    return ask(wire, vendor, streamed=streamed).text


def test_what_the_listener_raises_ends_the_call_and_the_stream(wire: Wire) -> None:
    wire.mode = "endless_words"

    async def hearing() -> int:
        def deaf(piece: str) -> None:
            raise RuntimeError(piece)

        with pytest.raises(Exception, match=r"."):
            await registry.generate(request("openai"), ref(wire, "openai"), say=deaf)
        return await still_open(wire)

    assert asyncio.run(hearing()) == 0
    assert len(wire.requests) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_clients_own_patience_does_not_cut_a_providers_short(
    wire: Wire, vendor: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a silent provider would be asked again before its time was over."""
    assert outbound.client.__kwdefaults__ is not None
    monkeypatch.setitem(outbound.client.__kwdefaults__, "read_seconds", 0.2)
    settings.PROVIDER_FIRST_TOKEN_SECONDS, settings.PROVIDER_IDLE_SECONDS = 0.5, 0.3
    wire.mode = "hang"
    outcome = asyncio.run(tried(wire, ref(wire, vendor), streamed=False))
    assert outcome.error is not None
    assert (outcome.error.code, len(wire.requests)) == ("provider_timed_out", 1)
    assert outcome.seconds > 0.7


@pytest.fixture
def failing(wire: Wire) -> Iterator[ProviderRef]:
    breaker.forget()
    yield ref(wire, "openai")
    breaker.forget()


def test_a_provider_that_keeps_failing_is_refused_at_once(wire: Wire, failing: ProviderRef) -> None:
    wire.mode = "broken"

    async def asking() -> tuple[list[str], float]:
        codes = []
        for _ in range(3):
            outcome = await tried(wire, failing, streamed=True)
            assert outcome.error is not None
            codes.append(outcome.error.code)
        return codes, outcome.seconds

    codes, seconds = asyncio.run(asking())
    assert codes == ["provider_failed", "provider_paused", "provider_paused"]
    assert len(wire.requests) == breaker.FAILURES
    assert seconds < 1
