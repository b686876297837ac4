"""The pages that a site names in its sitemaps (sitemaps.org): of the same site only, each once, at most so many.

A sitemap is a stranger's XML, and this runs in a worker; so it is not parsed but searched for `<loc>` in one pass. The
pattern has one way only to read any text: with two it would read a line of blanks for hours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from integrations.webpages import robots
from integrations.webpages.addresses import canonical, host_of, site_of
from integrations.webpages.errors import WebPageError
from integrations.webpages.fetching import Raw, check_status, get, gunzipped
from tenants.errors import Invalid

_BYTES: Final = 10 * 1024 * 1024
_FILES: Final = 50
_DEPTH: Final = 3
_LOCS: Final = 50_000  # what one file may name, by the protocol
_LONGEST: Final = 2_000  # characters of an address
# The prefix tells a page's address from that of an image or a video on it, which another namespace has.
_LOC: Final = re.compile(rb"<((?:\w{1,20}:)?)loc>([^<]{0,4100})(?:<!\[CDATA\[([^\]<]{0,4100}))?")
_ROOT: Final = re.compile(rb"<((?:\w{1,20}:)?)(urlset|sitemapindex)[\s>]")
OnWait = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SitemapFound:
    """`truncated` where there is more than was asked for or than is read; `skipped` are addresses of elsewhere, or
    none, and sitemaps that are not there."""

    urls: list[str]
    truncated: bool
    skipped: int


@dataclass(slots=True)
class _Search:
    host: str
    limit: int
    on_wait: OnWait
    skipped: int = 0
    cut: bool = False
    seen: set[str] = field(default_factory=set)
    found: dict[str, None] = field(default_factory=dict)

    def read(self, url: str, depth: int = 1) -> None:
        """Raises `WebPageError`."""
        if url in self.seen:
            return
        if depth > _DEPTH or len(self.seen) == _FILES:
            self.cut = True
            return
        self.seen.add(url)
        raw = get(url, on_wait=self.on_wait, most=_BYTES)
        check_status(raw)
        data = _unpacked(raw)
        prefix, kind = _root(data)
        is_index = kind == b"sitemapindex"
        for address in self._addresses(data, prefix):
            if len(self.found) > self.limit:
                return
            if is_index:
                self._read_named(address, depth + 1)
            else:
                self.found[address] = None

    def _read_named(self, url: str, depth: int) -> None:
        """One that is gone does not spoil the others."""
        try:
            self.read(url, depth)
        except WebPageError as error:
            if error.retryable:
                raise
            self.skipped += 1

    def _addresses(self, data: bytes, prefix: bytes) -> Iterator[str]:
        matches = (match for match in _LOC.finditer(data) if match[1] == prefix)
        for match in islice(matches, _LOCS):
            try:
                address = canonical(html.unescape((match[2].strip() or match[3] or b"").decode("utf-8", "replace")))
            except Invalid:
                self.skipped += 1
                continue
            if host_of(address) == self.host and len(address) <= _LONGEST:
                yield address
            else:
                self.skipped += 1
        self.cut |= next(matches, None) is not None


def sitemap(url: str, *, limit: int, on_wait: OnWait) -> SitemapFound:
    """`url` is a sitemap, an index of sitemaps, or any page of the site. Raises `WebPageError`, or `Invalid` where it
    is no address."""
    url = canonical(url)
    search = _Search(host_of(url), limit, on_wait)
    for place in _places(url, on_wait):
        try:
            search.read(place)
        except WebPageError as error:
            if error.retryable or place == url:
                raise
    urls = list(search.found)[:limit]
    if not urls:
        raise WebPageError("sitemap_empty")
    return SitemapFound(urls, truncated=search.cut or len(search.found) > limit, skipped=search.skipped)


def _places(url: str, on_wait: OnWait) -> list[str]:
    """Where the site's sitemaps are: at the address itself, where robots.txt says, or where they usually are."""
    if url.partition("?")[0].endswith((".xml", ".xml.gz")) or _is_sitemap(url, on_wait):
        return [url]
    named = [place for place in robots.sitemaps(url, on_wait=on_wait) if host_of(place) == host_of(url)]
    return named or [f"{site_of(url)}/sitemap.xml"]


def _is_sitemap(url: str, on_wait: OnWait) -> bool:
    """Some sites serve theirs under any name."""
    if url == f"{site_of(url)}/":
        return False
    try:
        raw = get(url, on_wait=on_wait, most=_BYTES)
        return raw.status == 200 and bool(_root(_unpacked(raw))[1])
    except WebPageError as error:
        if error.retryable or error.code == "address_refused":
            raise
        return False


def _unpacked(raw: Raw) -> bytes:
    return gunzipped(raw.data, most=_BYTES) if raw.data[:2] == b"\x1f\x8b" else raw.data


def _root(data: bytes) -> tuple[bytes, bytes]:
    """The prefix and the name of the root element; nothing where it is no sitemap's."""
    found = _ROOT.search(data[:4_096])
    return (found[1], found[2]) if found else (b"", b"")
