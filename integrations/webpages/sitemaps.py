"""The pages that a site names in its sitemaps (sitemaps.org): of the same site only, each once, at most so many.

A sitemap is a stranger's XML, and this runs in a worker; so it is not parsed but searched for `<loc>` in one pass.
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
from integrations.webpages.fetching import check_status, get, gunzipped
from tenants.errors import Invalid

_BYTES: Final = 10 * 1024 * 1024
_FILES: Final = 50
_DEPTH: Final = 3
_LOC: Final = re.compile(
    rb"<(?:\w{1,20}:)?loc>\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,4000}?)\s*(?:\]\]>)?\s*</(?:\w{1,20}:)?loc>"
)
_INDEX: Final = re.compile(rb"<(?:\w{1,20}:)?sitemapindex[\s>]")
OnWait = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SitemapFound:
    """`truncated` where there were more than asked for; `skipped` are addresses of elsewhere, or none."""

    urls: list[str]
    truncated: bool
    skipped: int


@dataclass(slots=True)
class _Search:
    host: str
    limit: int
    on_wait: OnWait
    files: int = 0
    skipped: int = 0
    found: dict[str, None] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return len(self.found) > self.limit

    def read(self, url: str, depth: int) -> None:
        if self.files >= _FILES or depth > _DEPTH or self.is_full:
            return
        self.files += 1
        raw = get(url, on_wait=self.on_wait, most=_BYTES)
        check_status(raw)
        data = gunzipped(raw.data, most=_BYTES) if raw.data[:2] == b"\x1f\x8b" else raw.data
        is_index = _INDEX.search(data[:4_096]) is not None
        for address in islice(self._addresses(data), self.limit + 1):
            if is_index:
                self.read(address, depth + 1)
            else:
                self.found[address] = None

    def _addresses(self, data: bytes) -> Iterator[str]:
        for match in _LOC.finditer(data):
            try:
                address = canonical(html.unescape(match[1].decode("utf-8", "replace")))
            except Invalid:
                self.skipped += 1
                continue
            if host_of(address) == self.host:
                yield address
            else:
                self.skipped += 1


def sitemap(url: str, *, limit: int, on_wait: OnWait) -> SitemapFound:
    """`url` is a sitemap, an index of sitemaps, or any page of the site. Raises `WebPageError`."""
    search = _Search(host_of(url), limit, on_wait)
    for place in _places(url, on_wait):
        try:
            search.read(place, 1)
        except WebPageError as error:
            if error.retryable or place == url:
                raise
    urls = list(search.found)[:limit]
    if not urls:
        raise WebPageError("sitemap_empty")
    return SitemapFound(urls, truncated=len(search.found) > limit, skipped=search.skipped)


def _places(url: str, on_wait: OnWait) -> list[str]:
    """Where the site's sitemaps are: at the address itself, where robots.txt says, or where they usually are."""
    if url.partition("?")[0].endswith((".xml", ".xml.gz")):
        return [url]
    named = [place for place in robots.sitemaps(url, on_wait=on_wait) if host_of(place) == host_of(url)]
    return named or [f"{site_of(url)}/sitemap.xml"]
