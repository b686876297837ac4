"""What a site allows robots, by its robots.txt (RFC 9309), which is asked for once an hour a site."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from protego import Protego
from redis.exceptions import RedisError

from integrations import failures
from integrations.webpages.addresses import canonical, site_of
from integrations.webpages.errors import WebPageError
from integrations.webpages.fetching import get
from tenants.errors import Invalid
from tenants.keys import platform_key, redis

AGENT: Final = "ParleyBot"
_BYTES: Final = 500 * 1024  # more of a robots.txt need not be read
_HOUR: Final = 3600
OnWait = Callable[[], None]
log = logging.getLogger(__name__)


def check_allowed(url: str, *, on_wait: OnWait) -> None:
    """Raises `WebPageError` where robots may not read the page, or where that cannot be known now."""
    if not allowed(url, on_wait=on_wait):
        raise WebPageError("page_disallowed")


def allowed(url: str, *, on_wait: OnWait) -> bool:
    return bool(_rules(site_of(url), on_wait).can_fetch(url, AGENT))


def crawl_delay(url: str, *, on_wait: OnWait) -> float:
    """The seconds that the site wants between two pages; 0 where it does not say."""
    return float(_rules(site_of(url), on_wait).crawl_delay(AGENT) or 0.0)


def sitemaps(url: str, *, on_wait: OnWait) -> list[str]:
    """The sitemaps that the robots.txt names."""
    found = []
    for named in _rules(site_of(url), on_wait).sitemaps:
        with suppress(Invalid):
            found.append(canonical(named))
    return found


def _rules(site: str, on_wait: OnWait) -> Any:  # noqa: ANN401 -- Protego comes without types
    name = platform_key("robots", site)
    known = _cached(name)
    if known is None:
        known = _fetched(site, on_wait)
        _cache(name, known)
    return _parsed(known)


@lru_cache(maxsize=4)
def _parsed(text: str) -> Any:  # noqa: ANN401 -- same
    """Kept for the next page of the same site."""
    return Protego.parse(text)


def _fetched(site: str, on_wait: OnWait) -> str:
    """No robots.txt allows all, and one behind endless redirects is none; one that cannot be had now allows nothing
    yet."""
    try:
        raw = get(f"{site}/robots.txt", on_wait=on_wait, most=_BYTES * 20)
    except WebPageError as error:
        if error.code == "page_redirects":
            return ""
        raise
    if raw.status == 429 or raw.status >= 500:
        raise WebPageError("page_unreachable", retry_after=failures.retry_after(raw.headers))
    return raw.data[:_BYTES].decode("utf-8", "replace") if raw.status == 200 else ""


def _cached(name: str) -> str | None:
    try:
        found: Any = redis().get(name)
    except RedisError as error:
        log.warning("A robots.txt cannot be remembered at the moment: %s", error)
        return None
    return None if found is None else str(found.decode())


def _cache(name: str, text: str) -> None:
    try:
        redis().set(name, text, ex=_HOUR)
    except RedisError as error:
        log.warning("A robots.txt cannot be remembered at the moment: %s", error)
