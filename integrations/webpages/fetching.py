"""Fetches one page: redirects are followed by hand and checked again at each step; time and size are limited.

Called by workers, so it blocks; `on_wait` is called about once a second meanwhile, and what it raises ends the fetch.
"""

from __future__ import annotations

import asyncio
import codecs
import gzip
import io
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
_FORBIDDEN: Final = {401, 403, 451}
# Python reads these too, and no page is written in them: slow to read, or they cannot replace what does not fit.
_NO_CHARSETS: Final = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
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
    """What a server answered with at the end of its redirects; nothing but a 200 has `data`."""

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
        raise WebPageError("page_forbidden" if raw.status in _FORBIDDEN else "page_not_found")


def get(url: str, *, on_wait: OnWait, most: int) -> Raw:
    """Whatever the address answers with, at most so many bytes. Raises `WebPageError`, `Invalid` for no address."""
    return outbound.patiently(_followed(canonical(url), most), on_wait=on_wait)


async def _followed(url: str, most: int) -> Raw:
    try:
        async with asyncio.timeout(_SECONDS), outbound.client(max_bytes=most, accept="gzip") as http:
            for _ in range(_REDIRECTS + 1):
                raw = await _one(http, url, most)
                target = raw.headers.get("Location")
                if not 300 <= raw.status < 400 or not target:
                    return raw
                url = _next(url, target)
            raise WebPageError("page_redirects")
    except (TimeoutError, httpx2.TimeoutException):
        raise WebPageError("page_unreachable") from None
    except outbound.AddressRefused:
        raise WebPageError("address_refused") from None
    except outbound.AnswerPacked:
        raise WebPageError("page_type_unsupported") from None
    except outbound.AnswerRefused:
        raise WebPageError("page_too_large") from None
    except httpx2.TransportError:
        raise WebPageError("page_unreachable") from None


async def _one(http: httpx2.AsyncClient, url: str, most: int) -> Raw:
    agent = f"ParleyBot/0.1 (+{settings.PUBLIC_URL})"
    async with http.stream("GET", url, headers={"User-Agent": agent, "Accept": ", ".join(sorted(TYPES))}) as answer:
        if answer.status_code != 200:  # what stands on an error's page is nothing to us, however much it is
            return Raw(url, answer.status_code, answer.headers, b"")
        data = b"".join([part async for part in answer.aiter_raw()])
        if answer.headers.get("Content-Encoding", "").lower() == "gzip":
            data = gunzipped(data, most=most)
    return Raw(url, answer.status_code, answer.headers, data)


def _next(url: str, target: str) -> str:
    try:
        return canonical(str(httpx2.URL(url).join(target)))
    except (Invalid, httpx2.InvalidURL, UnicodeError, ValueError):
        raise WebPageError("page_redirects") from None


def gunzipped(data: bytes, *, most: int) -> bytes:
    """What a gzip holds. Raises `WebPageError` where that is more than `most`, or no gzip."""
    try:
        out = gzip.GzipFile(fileobj=io.BytesIO(data)).read(most + 1)
    except (zlib.error, OSError, EOFError):
        raise WebPageError("page_type_unsupported") from None
    if len(out) > most:
        raise WebPageError("page_too_large")
    return out


def _charset(parameters: str) -> str:
    for part in parameters.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return _known(value.strip().strip("\"'"))
    return ""


def _known(charset: str) -> str:
    try:
        b"\0\0\0\0".decode(charset, "replace")  # refused by what is a codec and no charset, such as base64
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _NO_CHARSETS else name
