"""Fetching pages as a well-behaved robot does, from a site on real sockets."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from integrations import webpages
from integrations.tests.site import Site
from tenants.errors import Invalid


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    server = Site()
    settings.OUTBOUND_ALLOWED_PRIVATE = [server.place]
    yield server
    server.stop()


def nothing() -> None:
    """For who does not wait."""


def refused(site: Site, path: str) -> webpages.WebPageError:
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.fetch(f"{site.url}{path}", on_wait=nothing)
    return raised.value


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("HTTPS://Acme.Example:443/A?b=1#c", "https://acme.example/A?b=1"),
        ("http://acme.example", "http://acme.example/"),
        ("http://acme.example:8080/x/", "http://acme.example:8080/x/"),
        (" http://acme.example/ü ", "http://acme.example/%C3%BC"),
    ],
)
def test_two_spellings_of_an_address_are_one(given: str, normal: str) -> None:
    assert webpages.canonical(given) == normal


@pytest.mark.parametrize(
    "given", ["", "acme.example", "ftp://a.example", "http://u:p@a.example", "http://a b", "http://"]
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        webpages.canonical(given)


def test_a_page_is_fetched_by_our_name_with_its_type_and_charset(site: Site) -> None:
    site.page("/a?b=1", "Grüße".encode("latin-1"), kind="text/html; charset=ISO-8859-1")
    page = webpages.fetch(f"{site.url}/a?b=1", on_wait=nothing)
    assert (page.content_type, page.charset, page.data.decode(page.charset)) == ("text/html", "iso8859-1", "Grüße")
    assert site.asked[0][1].startswith("ParleyBot/")


def test_redirects_are_followed_a_few_times_and_never_inside(site: Site) -> None:
    site.page("/old", "", status=301, Location="/new")
    site.page("/new", "<p>Here</p>")
    assert webpages.fetch(f"{site.url}/old", on_wait=nothing).url == f"{site.url}/new"
    site.page("/loop", "", status=302, Location="/loop")
    assert refused(site, "/loop").code == "page_redirects"
    for inside in ("http://127.0.0.1:1/", "http://169.254.169.254/latest", "http://[::1]:9/"):
        site.page("/in", "", status=302, Location=inside)
        assert refused(site, "/in").code == "address_refused"
    site.page("/strange", "", status=302, Location="file:///etc/passwd")
    assert refused(site, "/strange").code == "page_redirects"


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (404, "page_not_found", False), (410, "page_not_found", False), (401, "page_forbidden", False),
        (403, "page_forbidden", False), (429, "page_failed", True), (500, "page_failed", True),
        (503, "page_failed", True),
    ],
)  # fmt: skip
def test_what_the_site_answers_has_a_name(site: Site, status: int, code: str, retryable: bool) -> None:
    site.page("/x", "", status=status, **{"Retry-After": "9"})
    error = refused(site, "/x")
    assert (error.code, error.retryable) == (code, retryable)
    assert error.retry_after == (9 if retryable else None)


def test_only_pages_of_some_size_are_taken(site: Site, settings: Any) -> None:
    site.page("/pic", b"\x89PNG", kind="image/png")
    assert refused(site, "/pic").code == "page_type_unsupported"
    settings.MAX_UPLOAD_BYTES = 1_000
    site.page("/big", "x" * 1_001)
    assert refused(site, "/big").code == "page_too_large"
    site.page("/fits", "x" * 1_000)
    assert len(webpages.fetch(f"{site.url}/fits", on_wait=nothing).data) == 1_000


def test_a_site_that_is_away_is_tried_again(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_PRIVATE = ["127.0.0.1:1"]
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.fetch("http://127.0.0.1:1/", on_wait=nothing)
    assert (raised.value.code, raised.value.retryable) == ("page_unreachable", True)


def test_robots_are_told_once_what_they_may_read(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nDisallow: /private\nCrawl-delay: 2\n", kind="text/plain")
    assert webpages.allowed(f"{site.url}/public", on_wait=nothing)
    assert not webpages.allowed(f"{site.url}/private/x", on_wait=nothing)
    assert webpages.crawl_delay(f"{site.url}/public", on_wait=nothing) == 2
    with pytest.raises(webpages.WebPageError, match="robots"):
        webpages.check_allowed(f"{site.url}/private", on_wait=nothing)
    assert [path for path, _ in site.asked] == ["/robots.txt"]


def test_no_robots_txt_allows_all_and_a_broken_one_nothing_yet(site: Site) -> None:
    assert webpages.allowed(f"{site.url}/x", on_wait=nothing)


def test_a_broken_robots_txt_allows_nothing_yet(site: Site) -> None:
    site.page("/robots.txt", "", status=503)
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.allowed(f"{site.url}/x", on_wait=nothing)
    assert raised.value.retryable


def urlset(*urls: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>{url}</loc></url>" for url in urls) + "</urlset>"


def test_a_sitemap_names_the_pages_of_its_site_once(site: Site) -> None:
    inside = [f"{site.url}/{number}" for number in range(5)]
    site.page("/sitemap.xml", urlset(*inside, inside[0], "https://elsewhere.example/x", "nonsense"), kind="text/xml")
    found = webpages.sitemap(f"{site.url}/sitemap.xml", limit=10, on_wait=nothing)
    assert (found.urls, found.truncated, found.skipped) == (inside, False, 2)
    found = webpages.sitemap(f"{site.url}/any/page", limit=3, on_wait=nothing)
    assert (found.urls, found.truncated) == (inside[:3], True)


def test_an_index_of_sitemaps_packed_or_not_is_followed(site: Site) -> None:
    site.page("/robots.txt", f"Sitemap: {site.url}/index.xml\n", kind="text/plain")
    index = f"<sitemapindex><sitemap><loc>{site.url}/a.xml.gz</loc></sitemap></sitemapindex>"
    site.page("/index.xml", index, kind="text/xml")
    site.page("/a.xml.gz", gzip.compress(urlset(f"{site.url}/deep?a=1&amp;b=2").encode()), kind="application/gzip")
    assert webpages.sitemap(site.url + "/", limit=10, on_wait=nothing).urls == [f"{site.url}/deep?a=1&b=2"]


def test_a_site_without_a_sitemap_a_loop_and_a_bomb_are_said_to_be_empty_or_too_large(site: Site) -> None:
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.sitemap(site.url + "/", limit=10, on_wait=nothing)
    assert raised.value.code == "sitemap_empty"
    loop = f"<sitemapindex><sitemap><loc>{site.url}/loop.xml</loc></sitemap></sitemapindex>"
    site.page("/loop.xml", loop, kind="text/xml")
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.sitemap(f"{site.url}/loop.xml", limit=10, on_wait=nothing)
    assert raised.value.code == "sitemap_empty"
    site.page("/bomb.xml.gz", gzip.compress(b" " * 30_000_000), kind="application/gzip")
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.sitemap(f"{site.url}/bomb.xml.gz", limit=10, on_wait=nothing)
    assert raised.value.code == "page_too_large"
