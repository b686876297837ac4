"""The client itself: httpx2 on the outside, as the vendors' SDKs ask for it, and aiohttp underneath, which relays a
streamed token for a third of the processor time (docs/performance.md has the figures).

A host is resolved when it is connected to, every address it has is checked, and the connection goes to one of those, so
a name cannot change its mind in between. Nothing is taken from the environment, no redirect is followed, answers are
limited in time and size.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import aiohttp
import httpx2
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from yarl import URL

from integrations.outbound.addresses import AnswerPacked, AnswerRefused, Resolver, checked, resolve

READ_SECONDS = 30.0
MAX_RESPONSE_BYTES = 10 * 1024 * 1024
IDLE_SECONDS = 15.0
T = TypeVar("T")
# In this order: a time-out is also an error of the connection.
_KINDS: tuple[tuple[type[BaseException], type[httpx2.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (TimeoutError, httpx2.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientOSError, httpx2.ReadError),
    (aiohttp.ClientError, httpx2.RemoteProtocolError),
    (OSError, httpx2.ReadError),
)


@contextmanager
def _as_httpx2() -> Any:  # noqa: ANN401 -- a context manager
    """What aiohttp raises, as the SDKs over httpx2 expect it."""
    try:
        yield
    except tuple(kind for kind, _ in _KINDS) as error:
        ours = next(ours for kind, ours in _KINDS if isinstance(error, kind))
        raise ours(str(error)) from error


class GuardedResolver(AbstractResolver):
    """Answers with checked addresses only. Raises `AddressRefused`, or `OSError` where there is none.

    Looked up in threads of its own: a slow name server is waited for by those who asked for its names.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(_lookups(), checked, host, port, self._resolver)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            )
            for address in found
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is held."""


@cache
def _lookups() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(32, thread_name_prefix="lookup")


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def _session(resolver: Resolver) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(resolver), use_dns_cache=False, ssl=_tls(), limit=0, keepalive_timeout=IDLE_SECONDS
    )
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None),
    )  # fmt: skip


# One for each event loop, since a handshake costs more than most calls, and none outlives its loop.
_sessions: dict[asyncio.AbstractEventLoop, tuple[aiohttp.ClientSession, AsyncGenerator[None, None]]] = {}


async def _shared() -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        session = _session(resolve)
        keeper = _keep(loop, session)
        _sessions[loop] = session, keeper
        await anext(keeper)
    return _sessions[loop][0]


async def _keep(loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    """Ends with the loop, since that ends its generators, and takes the connections along.

    A loop that were only forgotten would stay: its connections know it.
    """
    try:
        yield
    finally:
        del _sessions[loop]
        await session.close()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse, most: int) -> None:
        self._answer, self._left = answer, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx2():
            async for part in self._answer.content.iter_any():
                self._left -= len(part)
                if self._left < 0:
                    raise AnswerRefused("The answer is too large.")
                yield part

    async def aclose(self) -> None:
        """A connection that was read to its end is used again; any other is closed, and the far side can stop."""
        if self._answer.content.at_eof():
            self._answer.release()
        else:
            self._answer.close()


class GuardedTransport(httpx2.AsyncBaseTransport):
    """One client's way to the loop's connections, with a cap on what comes back.

    Connections are shared, clients are not: a client keeps cookies, which are nobody else's.
    """

    def __init__(self, *, resolver: Resolver, most: int, accept: str) -> None:
        self._resolver = resolver
        self._own: aiohttp.ClientSession | None = None
        self._most = most
        self._accept = accept

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = self._accept
        with _as_httpx2():
            answer = await self._ask(request)
        body = _Body(answer, self._most)
        if answer.headers.get("Content-Encoding", "identity").lower() not in {"identity", self._accept}:
            await body.aclose()
            raise AnswerPacked("The answer is compressed in a way that was not asked for.")
        extensions = {"reason_phrase": (answer.reason or "").encode("latin-1", "replace")}
        return httpx2.Response(answer.status, headers=answer.raw_headers, stream=body, extensions=extensions)

    async def _ask(self, request: httpx2.Request) -> aiohttp.ClientResponse:
        session = await self._connections()
        if _is_number(request.url.host):  # which aiohttp does not resolve
            checked(request.url.raw_host.decode(), request.url.port or _PORTS[request.url.scheme], self._resolver)
        times = request.extensions.get("timeout", {})
        return await session.request(
            request.method,
            URL(str(request.url), encoded=True),
            data=await request.aread() or None,
            headers=request.headers.multi_items(),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=times.get("connect"), sock_connect=times.get("connect"), sock_read=times.get("read")
            ),
        )

    async def _connections(self) -> aiohttp.ClientSession:
        if self._resolver is resolve:
            return await _shared()
        self._own = self._own or _session(self._resolver)
        return self._own

    async def aclose(self) -> None:
        if self._own is not None:
            await self._own.close()


_PORTS = {"http": 80, "https": 443}


def _is_number(host: str) -> bool:
    """Whether a host is an address and no name, in any notation: a digit begins its last part, or it has colons."""
    return ":" in host or host.rstrip(".").rpartition(".")[2][:1].isdigit()


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
