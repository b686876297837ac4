"""The one HTTP client for addresses that tenants choose: it connects to public addresses only.

A host is resolved once, every address it has must be public (or the operator names host:port in
`OUTBOUND_ALLOWED_PRIVATE`), and the connection goes to an address that was checked, so a name cannot change its mind in
between. Nothing is taken from the environment, no redirect is followed, answers are limited in time and size.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, TypeVar

import httpcore2
import httpx2
from django.conf import settings

from tenants.errors import Invalid

READ_SECONDS = 30.0
MAX_RESPONSE_BYTES = 10 * 1024 * 1024
IDLE_CONNECTIONS, IDLE_SECONDS = 100, 15.0
WEB_PORTS = {80, 443}
UNPRIVILEGED, LAST_PORT = 1024, 65535
# Translators' prefixes that carry an IPv4 address in their last 32 bits.
_CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"))
# Global by some registry, and still not the public internet: Azure's wire server, 6to4 relays, protocol assignments,
# local-use NAT64.
_NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.0.0.0/24"),
    IPv6Network("64:ff9b:1::/48"),
)

Resolver = Callable[[str, int], list[str]]
T = TypeVar("T")


class AddressRefused(Invalid):
    code, title = "address_not_allowed", "This address is not allowed"


class AddressUnknown(Invalid):
    code, title = "address_unknown", "There is no such host"


class AnswerRefused(httpx2.TransportError):
    """The far side sends more than we take, or compresses what we asked for plain."""


class AnswerPacked(AnswerRefused):
    """It is compressed in a way that we did not offer."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, as the system sees it; numbers in any notation included. Raises `OSError`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host} is not a host's name.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, also behind the wrappings that IPv6 has for IPv4."""
    inner = _unwrapped(ip_address(address.partition("%")[0]))
    if any(inner in network for network in _NOT_PUBLIC if network.version == inner.version):
        return False
    return inner.is_global and not (inner.is_multicast or inner.is_reserved or inner.is_unspecified)


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip.teredo is not None:
        return ip.teredo[1]
    inner = ip.ipv4_mapped or ip.sixtofour
    if inner is None and any(ip in network for network in _CARRIERS):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


def check_url(url: str, *, resolver: Resolver = resolve) -> str:
    """The address as it is kept, without a trailing slash. Raises `AddressRefused` or `AddressUnknown`.

    For the moment it is entered; the client checks again whenever it connects.
    """
    parsed = _parsed(url)
    try:
        _checked(parsed.raw_host.decode(), port_of(parsed), resolver)
    except OSError as error:
        raise AddressUnknown(f"The host {parsed.host} could not be found.") from error
    return url.rstrip("/")


def port_of(url: httpx2.URL) -> int:
    default = 443 if url.scheme == "https" else 80
    return default if url.port is None else url.port


def _parsed(url: str) -> httpx2.URL:
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise AddressRefused("The address holds characters that no address has.")
    try:
        parsed = httpx2.URL(url)
        host, port = parsed.raw_host.decode(), port_of(parsed)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise AddressRefused("This is not an address.") from error
    if parsed.scheme not in {"http", "https"} or not host:
        raise AddressRefused("An address begins with http:// or https:// and names a host.")
    if parsed.userinfo or parsed.query or parsed.fragment or "?" in url or "#" in url or "@" in url:
        raise AddressRefused("An address here has no user, no ? and no #.")
    _check_port(port)
    return parsed


def _check_port(port: int) -> None:
    if port not in WEB_PORTS and not UNPRIVILEGED <= port <= LAST_PORT:
        raise AddressRefused(f"Port {port} is not one of the web's.")


def _checked(host: str, port: int, resolver: Resolver) -> list[str]:
    """The addresses of a host, all of them allowed. Raises `AddressRefused`, or `OSError` where there is none."""
    addresses = resolver(host, port)
    if not addresses:
        raise OSError(f"{host} has no address.")
    allowed = {entry.strip().lower() for entry in settings.OUTBOUND_ALLOWED_PRIVATE}
    if _named(host, port) in allowed:
        return addresses
    _check_port(port)
    for address in addresses:
        if not is_public(address) and _named(address, port) not in allowed:
            raise AddressRefused("The address leads to a private network, where providers are not looked for.")
    return addresses


def _named(host: str, port: int) -> str:
    bare = host.strip("[]").lower()
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections to checked addresses only; TLS and the Host header still see the name."""

    def __init__(self, resolver: Resolver = resolve) -> None:
        self._resolver = resolver
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await asyncio.to_thread(_checked, host, port, self._resolver)
                return await self._first(addresses, port, socket_options)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"{host} did not answer in time.") from error
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} could not be found.") from error

    async def _first(self, addresses: list[str], port: int, options: Any) -> httpcore2.AsyncNetworkStream:  # noqa: ANN401 -- handed on
        for address in addresses[:-1]:
            with suppress(httpcore2.ConnectError):
                return await self._inner.connect_tcp(address, port, socket_options=options)
        return await self._inner.connect_tcp(addresses[-1], port, socket_options=options)

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:  # noqa: ANN401 -- the interface's
        raise AddressRefused("Sockets of this machine are not for providers.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner, self._left = inner, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            self._left -= len(part)
            if self._left < 0:
                raise AnswerRefused("The answer is too large.")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Pool(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a pool of guarded connections."""

    def __init__(self, resolver: Resolver) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_tls(), max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS, network_backend=GuardedBackend(resolver),
        )  # fmt: skip


# One for each event loop, since a handshake costs more than most calls, and none outlives its loop.
_pools: dict[asyncio.AbstractEventLoop, tuple[_Pool, AsyncGenerator[None, None]]] = {}


class GuardedTransport(httpx2.AsyncBaseTransport):
    """One client's way through the pool, with a cap on what comes back.

    Connections are shared, clients are not: a client keeps cookies, which are nobody else's.
    """

    def __init__(self, *, resolver: Resolver, most: int, accept: str) -> None:
        self._own = None if resolver is resolve else _Pool(resolver)
        self._most = most
        self._accept = accept

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = self._accept
        response = await (self._own or await _shared()).handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        if response.headers.get("Content-Encoding", "identity").lower() not in {"identity", self._accept}:
            await response.stream.aclose()
            raise AnswerPacked("The answer is compressed in a way that was not asked for.")
        response.stream = _Capped(response.stream, self._most)
        return response

    async def aclose(self) -> None:
        if self._own is not None:
            await self._own.aclose()


async def _shared() -> _Pool:
    loop = asyncio.get_running_loop()
    if loop not in _pools:
        pool = _Pool(resolve)
        keeper = _keep(loop, pool)
        _pools[loop] = pool, keeper
        await anext(keeper)
    return _pools[loop][0]


async def _keep(loop: asyncio.AbstractEventLoop, pool: _Pool) -> AsyncGenerator[None, None]:
    """Ends with the loop, since that ends its generators, and takes the connections along.

    A loop that were only forgotten would stay: its connections know it.
    """
    try:
        yield
    finally:
        del _pools[loop]
        await pool.aclose()


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def patiently(work: Coroutine[Any, Any, T], *, on_wait: Callable[[], None]) -> T:
    """What the work comes to. Meanwhile `on_wait` is called about once a second, and what it raises ends the work.

    It is called between two runs of the loop, not inside: there it could not ask the database.
    """
    with asyncio.Runner() as runner:
        call = runner.get_loop().create_task(work)
        while not call.done():
            runner.run(asyncio.wait([call], timeout=1))
            on_wait()
        return call.result()


def client(
    *,
    read_seconds: float | None = READ_SECONDS,
    max_bytes: int = MAX_RESPONSE_BYTES,
    accept: str = "identity",
    resolver: Resolver = resolve,
) -> httpx2.AsyncClient:
    """A guarded client; the caller closes it (`async with`).

    Answers come plain, so that what is counted is what is held: a compressed one may be a bomb. Who accepts `gzip`
    reads the raw bytes and unpacks them within a limit.
    """
    return httpx2.AsyncClient(
        transport=GuardedTransport(resolver=resolver, most=max_bytes, accept=accept),
        timeout=httpx2.Timeout(read_seconds, connect=settings.PROVIDER_CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )
