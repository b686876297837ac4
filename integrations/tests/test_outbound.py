"""The guarded client reaches public addresses, and private ones that the operator names. A trap listens on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from integrations import outbound
from integrations.outbound import AddressRefused, AddressUnknown
from integrations.tests.wire import Wire

PRIVATE = [
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "192.88.99.1", "168.63.129.16", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
MALFORMED = [
    "", "x", "//host", "ftp://host.example", "file:///etc/passwd", "gopher://host.example/", "http://", "http:///v1",
    "http://user@host.example", "http://user:secret@host.example/v1", "https://host.example@127.0.0.1/",
    "http://host.example\\@127.0.0.1/", "http://host.example/v1?x=1", "http://host.example/#f", "http://host .example",
    "http://host.example/\n", "http://[::1", "http://host.example:0", "http://host.example:22", "http://host.example:99999",
    "http://host.example:port", "http://１２７.0.0.1/", "http://host\u200b.example",
]  # fmt: skip


class Trap:
    """Counts who connects."""

    def __init__(self) -> None:
        self.caught = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.caught += 1
            connection.close()

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.stop()


def get(url: str, **options: Any) -> httpx2.Response:
    async def ask() -> httpx2.Response:
        async with outbound.client(**options) as client:
            return await client.get(url)

    return asyncio.run(ask())


def post(url: str, **options: Any) -> httpx2.Response:
    async def ask() -> httpx2.Response:
        async with outbound.client(**options) as client:
            return await client.post(url, json={"model": "m"})

    return asyncio.run(ask())


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_told_from_public_ones(address: str) -> None:
    assert not outbound.is_public(address)
    with pytest.raises(AddressRefused):
        outbound.check_url("https://host.example/v1", resolver=lambda host, port: ["8.8.8.8", address])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert outbound.is_public(address)
    kept = outbound.check_url("https://host.example/v1/", resolver=lambda host, port: [address])
    assert kept == "https://host.example/v1"


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        outbound.check_url(url, resolver=lambda host, port: ["8.8.8.8"])


@pytest.mark.parametrize("url", ["https://host.example", "http://host.example:8080/v1", "https://bücher.example"])
def test_plain_web_addresses_pass(url: str) -> None:
    assert outbound.check_url(url, resolver=lambda host, port: ["8.8.8.8"]) == url


def test_a_host_that_does_not_exist_is_unknown() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such host")

    with pytest.raises(AddressUnknown):
        outbound.check_url("https://host.example", resolver=nothing)
    with pytest.raises(httpx2.ConnectError):
        get("http://host.example", resolver=nothing)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1",
        "localhost", "localhost.", "LOCALHOST", "0.0.0.0", "0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    ],
)  # fmt: skip
def test_no_notation_of_loopback_reaches_the_trap(host: str, trap: Trap) -> None:
    url = f"http://{host}:{trap.port}/"
    with pytest.raises((AddressRefused, AddressUnknown)):
        outbound.check_url(url)
    with pytest.raises((AddressRefused, httpx2.ConnectError, httpx2.InvalidURL)):
        get(url)
    assert trap.caught == 0


def test_a_name_that_leads_to_loopback_does_not_reach_the_trap(trap: Trap) -> None:
    url = f"http://innocent.example:{trap.port}/"
    for answer in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]):
        with pytest.raises(AddressRefused):
            get(url, resolver=lambda host, port, answer=answer: answer)
    assert trap.caught == 0


def test_a_name_that_changes_its_mind_is_asked_once(wire: Wire) -> None:
    answers = iter([["127.0.0.1"]])
    _, port = wire.place.split(":")
    response = post(f"http://rebound.example:{port}/v1/chat/completions", resolver=lambda host, at: next(answers))
    assert response.status_code == 200
    assert wire.requests[0][1]["host"] == f"rebound.example:{port}"


def test_what_the_operator_names_is_reached(wire: Wire, settings: Any) -> None:
    url = f"http://{wire.place}/v1/chat/completions"
    assert outbound.check_url(url) == url
    assert post(url).status_code == 200
    port = wire.place.split(":")[1]
    settings.OUTBOUND_ALLOWED_PRIVATE = [f"localhost:{port}"]
    assert post(f"http://localhost:{port}/v1/chat/completions").status_code == 200
    with pytest.raises(AddressRefused):
        post(url)


def test_another_port_of_a_named_host_is_refused(wire: Wire, trap: Trap) -> None:
    with pytest.raises(AddressRefused):
        get(f"http://127.0.0.1:{trap.port}/")
    assert trap.caught == 0


def test_redirects_are_not_followed(wire: Wire) -> None:
    wire.mode = "redirect"
    assert post(f"http://{wire.place}/v1/chat/completions").status_code == 302
    assert len(wire.requests) == 1


@pytest.mark.parametrize("mode", ["huge", "squeezed"])
def test_answers_are_limited_in_size_and_come_plain(wire: Wire, mode: str) -> None:
    wire.mode = mode
    with pytest.raises(outbound.AnswerRefused):
        post(f"http://{wire.place}/v1/chat/completions")
    assert wire.requests[0][1]["accept-encoding"] == "identity"


def test_the_environment_sets_no_proxy(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(f"http://{wire.place}/v1/chat/completions").status_code == 200


def test_silence_ends_by_the_clock(wire: Wire) -> None:
    wire.mode = "hang"
    with pytest.raises(httpx2.ReadTimeout):
        post(f"http://{wire.place}/v1/chat/completions", read_seconds=0.2)
