"""Fetches one page: redirects are followed by hand and checked again at each step; time and size are limited.

Called by workers, so it blocks; `on_wait` is called about once a second meanwhile, and what it raises ends the fetch.
"""

from __future__ import annotations

import asyncio
import codecs
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx2
from django.conf import settings

from integrations import failures, outbound
from integrations.webpages.addresses import canonical
from integrations.webpages.errors import WebPageError
from tenants.errors import Invalid

TYPES: Final = frozenset(
    {"text/html", "application/xhtml+xml", "application/pdf", "text/plain", "text/markdown", "text/x-markdown"}
)
_SECONDS: Final = 30.0
_REDIRECTS: Final = 5
_REFUSED: Final = {401: "page_forbidden", 403: "page_forbidden", 404: "page_not_found", 410: "page_not_found"}
OnWait = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Page:
    """`url` is where it was found in the end; `charset` is empty where the server names none that Python knows."""

    url: str
    content_type: str
    charset: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Raw:
    """Whatever a server answered with, at the end of its redirects."""

    url: str
    status: int
    headers: httpx2.Headers
    data: bytes


def fetch(url: str, *, on_wait: OnWait) -> Page:
    """Raises `WebPageError`."""
    raw = get(url, on_wait=on_wait, most=settings.MAX_UPLOAD_BYTES)
    check_status(raw)
    content_type, _, rest = raw.headers.get("Content-Type", "text/html").partition(";")
    content_type = content_type.strip().lower()
    if content_type not in TYPES:
        raise WebPageError("page_type_unsupported")
    return Page(raw.url, content_type, _charset(rest), raw.data)


def check_status(raw: Raw) -> None:
    """Raises `WebPageError` for anything but an answer."""
    if raw.status == 429 or raw.status >= 500:
        raise WebPageError("page_failed", retry_after=failures.retry_after(raw.headers))
    if raw.status != 200:
        raise WebPageError(_REFUSED.get(raw.status, "page_not_found"))


def get(url: str, *, on_wait: OnWait, most: int) -> Raw:
    """Whatever the address answers with, at most so many bytes of it. Raises `WebPageError`."""

    async def patiently() -> Raw:
        call = asyncio.ensure_future(_followed(url, most))
        try:
            while not call.done():
                await asyncio.wait([call], timeout=1)
                on_wait()
        finally:
            call.cancel()
        return call.result()

    return asyncio.run(patiently())


async def _followed(url: str, most: int) -> Raw:
    try:
        async with asyncio.timeout(_SECONDS), outbound.client(max_bytes=most) as http:
            for _ in range(_REDIRECTS + 1):
                raw = await _one(http, url, most)
                target = raw.headers.get("Location")
                if not 300 <= raw.status < 400 or not target:
                    return raw
                url = canonical(str(httpx2.URL(url).join(target)))
            raise WebPageError("page_redirects")
    except (TimeoutError, httpx2.TimeoutException):
        raise WebPageError("page_unreachable") from None
    except outbound.AddressRefused:
        raise WebPageError("address_refused") from None
    except outbound.AnswerRefused:
        raise WebPageError("page_too_large") from None
    except Invalid:
        raise WebPageError("page_redirects") from None
    except httpx2.TransportError:
        raise WebPageError("page_unreachable") from None


async def _one(http: httpx2.AsyncClient, url: str, most: int) -> Raw:
    agent = f"ParleyBot/0.1 (+{settings.PUBLIC_URL})"
    async with http.stream("GET", url, headers={"User-Agent": agent, "Accept": ", ".join(sorted(TYPES))}) as answer:
        redirected = 300 <= answer.status_code < 400
        data = b"" if redirected else b"".join([part async for part in answer.aiter_raw()])
    return Raw(url, answer.status_code, answer.headers, data)


def gunzipped(data: bytes, *, most: int) -> bytes:
    """What a .gz file holds. Raises `WebPageError` where that is more than `most`, or no gzip."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        out = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise WebPageError("page_type_unsupported") from None
    if len(out) > most:
        raise WebPageError("page_too_large")
    return out


def _charset(parameters: str) -> str:
    for part in parameters.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            try:
                return codecs.lookup(value.strip().strip("\"'")).name
            except LookupError:
                return ""
    return ""
