"""Fetching pages as a well-behaved robot does, from a site on real sockets."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from integrations import webpages
from integrations.tests.site import Site
from tenants.errors import Invalid
from tenants.models import Tenant


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


@pytest.mark.parametrize("location", ["http://user:word@127.0.0.1/", "http:///x", "\\\\host", "//"])
def test_a_redirect_to_no_address_is_said_to_be_one(site: Site, location: str) -> None:
    site.page("/x", "", status=302, Location=location)
    assert refused(site, "/x").code == "page_redirects"


def test_ports_that_are_not_the_webs_are_not_knocked_at() -> None:
    for port in (22, 25):
        with pytest.raises(webpages.WebPageError) as raised:
            webpages.fetch(f"http://1.1.1.1:{port}/", on_wait=nothing)
        assert raised.value.code == "address_refused"


def test_a_packed_page_is_unpacked_as_far_as_a_page_may_be_large(site: Site, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1_000
    packed = {"Content-Encoding": "gzip"}
    site.page("/fits", gzip.compress(b"x" * 500) + gzip.compress(b"y" * 500), status=200, **packed)
    assert webpages.fetch(f"{site.url}/fits", on_wait=nothing).data == b"x" * 500 + b"y" * 500
    site.page("/bomb", gzip.compress(b"x" * 100_000), status=200, **packed)
    assert refused(site, "/bomb").code == "page_too_large"
    site.page("/broken", b"not packed at all", status=200, **packed)
    assert refused(site, "/broken").code == "page_type_unsupported"
    site.page("/strange", b"x", status=200, **{"Content-Encoding": "br"})
    assert refused(site, "/strange").code == "page_type_unsupported"


@pytest.mark.parametrize(
    ("named", "known"),
    [
        ('"UTF-8"', "utf-8"), ("shift_jis", "shift_jis"), ("nonsense", ""), ("base64", ""), ("rot13", ""), ("", ""),
        ("punycode", ""), ("idna", ""), ("unicode_escape", ""), ("undefined", ""),
    ],
)  # fmt: skip
def test_only_charsets_that_pages_are_written_in_are_known(site: Site, named: str, known: str) -> None:
    site.page("/x", "x", kind=f"text/html; charset={named}")
    assert webpages.fetch(f"{site.url}/x", on_wait=nothing).charset == known


def test_who_waits_for_a_page_may_ask_the_database_meanwhile(site: Site, db: None) -> None:
    site.page("/x", "x")
    counts: list[int] = []
    webpages.fetch(f"{site.url}/x", on_wait=lambda: counts.append(Tenant.objects.count()))
    assert counts


def test_what_waits_for_a_page_can_be_ended(site: Site) -> None:
    site.page("/x", "x")

    def enough() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        webpages.fetch(f"{site.url}/x", on_wait=enough)


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


def test_no_robots_txt_allows_all(site: Site) -> None:
    assert webpages.allowed(f"{site.url}/x", on_wait=nothing)


def test_a_robots_txt_behind_endless_redirects_is_none(site: Site) -> None:
    site.page("/robots.txt", "", status=302, Location="/robots.txt")
    assert webpages.allowed(f"{site.url}/x", on_wait=nothing)


def test_without_redis_robots_txt_is_asked_for_each_time(site: Site, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    site.page("/robots.txt", "User-agent: *\nDisallow: /private\n", kind="text/plain")
    assert not webpages.allowed(f"{site.url}/private", on_wait=nothing)
    assert webpages.allowed(f"{site.url}/public", on_wait=nothing)
    assert len(site.asked) == 2


def test_a_broken_robots_txt_allows_nothing_yet(site: Site) -> None:
    site.page("/robots.txt", "", status=503, **{"Retry-After": "30"})
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.allowed(f"{site.url}/x", on_wait=nothing)
    assert (raised.value.retryable, raised.value.retry_after) == (True, 30)


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


def index(*urls: str) -> str:
    return "<sitemapindex>" + "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls) + "</sitemapindex>"


def test_a_sitemap_that_is_gone_does_not_spoil_the_others_of_its_index(site: Site) -> None:
    site.page("/index.xml", index(f"{site.url}/gone.xml", f"{site.url}/here.xml"), kind="text/xml")
    site.page("/here.xml", urlset(f"{site.url}/a"), kind="text/xml")
    found = webpages.sitemap(f"{site.url}/index.xml", limit=10, on_wait=nothing)
    assert (found.urls, found.truncated, found.skipped) == ([f"{site.url}/a"], False, 1)
    site.page("/gone.xml", "", status=503)
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.sitemap(f"{site.url}/index.xml", limit=10, on_wait=nothing)
    assert raised.value.retryable, "the others may be had together with it, later"


def test_an_index_is_read_whole_but_not_for_ever(site: Site) -> None:
    for number in range(60):
        site.page(f"/{number}.xml", urlset(f"{site.url}/page-{number}"), kind="text/xml")
    site.page("/few.xml", index(*(f"{site.url}/{number}.xml" for number in range(40))), kind="text/xml")
    found = webpages.sitemap(f"{site.url}/few.xml", limit=40, on_wait=nothing)
    assert (len(found.urls), found.truncated) == (40, False)
    site.page("/many.xml", index(*(f"{site.url}/{number}.xml" for number in range(60))), kind="text/xml")
    found = webpages.sitemap(f"{site.url}/many.xml", limit=100, on_wait=nothing)
    assert (len(found.urls), found.truncated) == (49, True)
    site.page("/deep.xml", index(f"{site.url}/deep2.xml", f"{site.url}/1.xml"), kind="text/xml")
    site.page("/deep2.xml", index(f"{site.url}/deep3.xml", f"{site.url}/2.xml"), kind="text/xml")
    site.page("/deep3.xml", index(f"{site.url}/3.xml"), kind="text/xml")
    found = webpages.sitemap(f"{site.url}/deep.xml", limit=100, on_wait=nothing)
    assert (found.urls, found.truncated) == ([f"{site.url}/page-2", f"{site.url}/page-1"], True)


def test_a_sitemap_may_have_any_name(site: Site) -> None:
    site.page("/?sitemap=index", index(f"{site.url}/map"), kind="text/xml")
    site.page("/map", urlset(f"{site.url}/a"), kind="text/xml")
    site.page("/sitemap.xml", urlset(f"{site.url}/usual"), kind="text/xml")
    assert webpages.sitemap(f"{site.url}/?sitemap=index", limit=9, on_wait=nothing).urls == [f"{site.url}/a"]
    site.page("/about", "<p>About us</p>")
    assert webpages.sitemap(f"{site.url}/about", limit=9, on_wait=nothing).urls == [f"{site.url}/usual"]


def test_addresses_come_in_several_dresses(site: Site) -> None:
    spellings = [
        "<loc>{}</loc>",
        "<loc>\n  {}\n</loc>",
        "<loc><![CDATA[{}]]></loc>",
        "<loc> <![CDATA[ {} ]]></loc>",
    ]
    wanted = [f"{site.url}/{number}" for number in range(len(spellings))]
    text = "".join(spelling.format(url) for spelling, url in zip(spellings, wanted, strict=True))
    long = f"<loc>{site.url}/{'x' * 3_000}</loc><loc>{site.url}/{'x' * 5_000}</loc><loc/><loc></loc>"
    site.page("/sitemap.xml", f"<urlset>{text}{long}</urlset>", kind="text/xml")
    found = webpages.sitemap(site.url, limit=10, on_wait=nothing)
    assert (found.urls, found.skipped) == (wanted, 3)


@pytest.mark.parametrize("nasty", ["<loc>" + " " * 10**6, "<" + "a" * 10**6, "<loc>" * 10**4, "<loc><![CDATA[" * 10**4])
def test_a_sitemap_made_to_be_read_slowly_is_read_all_the_same(site: Site, nasty: str) -> None:
    """A pattern that can read blanks in several ways would still be at it when the tests' time is over."""
    site.page("/sitemap.xml", f"<urlset>{nasty}<loc>{site.url}/a</loc></urlset>", kind="text/xml")
    assert webpages.sitemap(site.url, limit=10, on_wait=nothing).urls == [f"{site.url}/a"]


def test_a_robots_txt_cannot_send_us_inside(site: Site) -> None:
    site.page("/robots.txt", "Sitemap: http://169.254.169.254/x.xml\nSitemap: http://[\nSitemap: file:///etc/passwd\n")
    site.page("/sitemap.xml", urlset(f"{site.url}/a"), kind="text/xml")
    assert webpages.sitemap(site.url, limit=10, on_wait=nothing).urls == [f"{site.url}/a"]
    site.page("/sitemap.xml", "", status=302, Location="http://169.254.169.254/x.xml")
    with pytest.raises(webpages.WebPageError) as raised:
        webpages.sitemap(f"{site.url}/sitemap.xml", limit=10, on_wait=nothing)
    assert raised.value.code == "address_refused"


def test_addresses_of_pictures_in_a_sitemap_are_no_pages(site: Site) -> None:
    entry = "<url><{0}loc>{1}/page</{0}loc><image:image><image:loc>{1}/p.jpg</image:loc></image:image></url>"
    for prefix in ("", "sm:"):
        body = f"<{prefix}urlset>{entry.format(prefix, site.url)}</{prefix}urlset>"
        site.page("/sitemap.xml", body, kind="text/xml")
        assert webpages.sitemap(f"{site.url}/sitemap.xml", limit=9, on_wait=nothing).urls == [f"{site.url}/page"]


def test_what_stands_on_an_error_s_page_does_not_matter(site: Site, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 1_000
    site.page("/gone", "x" * 5_000, status=404)
    assert refused(site, "/gone").code == "page_not_found"
    site.page("/broken", b"no gzip at all", status=500, **{"Content-Encoding": "gzip"})
    assert (refused(site, "/broken").code, refused(site, "/broken").retryable) == ("page_failed", True)
