"""Every page of the dashboard in a real browser: who can use it, on which screen, and what it loads and runs.

The pages are found by following links from the overview, so that a new one is looked at without a word here. Each is
loaded wide and narrow, in both lights, by the owner of a tenant that has one of everything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser import crawl, desk
from tests.browser.desk import Desk
from tests.stack import Stack

pytestmark = pytest.mark.timeout(600)
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 740}
HEAVIEST = 100_000  # bytes of a first visit
STILL = 0.05
# No pages, though their addresses answer: files, and what only a form of another page leads to.
FILES = {"test-set-export", "conversations-export", "analytics-sheet", "audit-sheet", "document-file"}
OF_FORMS = {"bot-website-places", "bot-website-words", "conversation-reply"}
GUIDE = ("name", "provider", "knowledge", "bot", "topics", "look", "website")
# What a member has beside the dashboard.
DOORS = ("dashboard/", "accounts/", "accounts/email/", "accounts/password/change/", "accounts/2fa/")


@dataclass
class Seen:
    """A page as it was found; each list is of what should not be."""

    name: str
    path: str
    status: int = 0
    bytes: int = 0
    shifts: list[float] = field(default_factory=list)
    nowhere: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    unusable: list[Any] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def furnished(stack: Stack) -> Iterator[Desk]:
    place = desk.opened(stack)
    desk.furnish(stack, place)
    yield place
    place.owner.close()


@pytest.fixture(scope="module")
def page(browser: Browser, furnished: Desk) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, color_scheme="light", reduced_motion="reduce")
    context.add_init_script(crawl.WATCH)
    page = context.new_page()
    furnished.sign_in(page)
    yield page
    context.close()


@pytest.fixture(scope="module")
def seen(page: Page, furnished: Desk) -> list[Seen]:
    watcher = crawl.Watcher(page, host=urlsplit(furnished.url).netloc)
    found: list[Seen] = []

    def look(address: str) -> list[str]:
        one = Seen(crawl.name_of(address), address.removeprefix(furnished.root))
        links = _wide(watcher, one, address)
        if one.status:
            _narrow(watcher, one, address)
            found.append(one)
        return links

    addresses = list(crawl.walk(furnished.root, look, most=1))
    for address in _more(addresses, furnished):
        look(address)
    return found


def _more(addresses: list[str], place: Desk) -> Iterator[str]:
    """Pages that are linked at other times: in the first hour, where something is old, was chosen or is over."""
    yield from (f"{place.root}guide/", *(f"{place.root}guide/{step}/" for step in GUIDE))
    document = next(each for each in addresses if crawl.name_of(each) == "document")
    dataset, document_id = document.rstrip("/").split("/documents/")
    yield from (f"{document}reprocess/", f"{dataset}/reprocess/")
    yield from (f"{dataset}/chosen/?do={do}&id={document_id}" for do in ("delete", "retry", "reprocess", "tags"))
    for each in place.owner.get("/v1/tenant/datasets/").json()["results"]:
        for row in place.owner.get(f"/v1/tenant/datasets/{each['id']}/imports").json()["results"]:
            yield f"{place.root}knowledge/{each['id']}/imports/{row['id']}/delete/"
    yield from _passages(place)
    yield from (f"{place.url}/{door}" for door in DOORS)


def _passages(place: Desk) -> Iterator[str]:
    """From an answer's source to its passage, of one document a dataset."""
    for each in place.owner.get("/v1/tenant/datasets/").json()["results"]:
        documents = f"/v1/tenant/datasets/{each['id']}/documents"
        for row in place.owner.get(documents, params={"status": "completed"}).json()["results"][:1]:
            chunk = place.owner.get(f"{documents}/{row['id']}/chunks").json()["results"][0]
            yield f"{place.root}cited/{row['id']}/{chunk['id']}/"


def _wide(watcher: crawl.Watcher, one: Seen, address: str) -> list[str]:
    page = watcher.page
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    answer = watcher.go(address)
    if answer is None:
        return []
    one.status, one.bytes = answer.status, watcher.bytes
    _note(watcher, one)
    _picture(page, one, "wide-light")
    one.unusable += crawl.axe(page)
    page.emulate_media(color_scheme="dark")
    one.unusable += crawl.axe(page, rules=["color-contrast"])
    _picture(page, one, "wide-dark")
    links: list[str] = page.evaluate(crawl.LINKS)
    return links


def _narrow(watcher: crawl.Watcher, one: Seen, address: str) -> None:
    page = watcher.page
    page.set_viewport_size(NARROW)
    watcher.go(address)
    _note(watcher, one)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    if width > NARROW["width"]:
        one.too_wide = [f"{width} px", *page.evaluate(_WIDEST, NARROW["width"])]
    one.out_of_order = page.evaluate(_OUT_OF_ORDER)
    one.unusable += crawl.axe(page, rules=["target-size", "scrollable-region-focusable"])
    _picture(page, one, "narrow-dark")
    page.emulate_media(color_scheme="light")
    _picture(page, one, "narrow-light")


_WIDEST = """(width) => [...document.querySelectorAll('main *')]
  .filter((each) => each.getBoundingClientRect().right > width + 1)
  .slice(0, 3).map((each) => each.outerHTML.slice(0, 120))"""

# What comes later and is drawn above moves what the reader has begun to read, on a line that is slow enough.
_OUT_OF_ORDER = """() => [...document.querySelectorAll('main, main *')].filter((each) => {
  const style = getComputedStyle(each);
  return style.order !== '0' || style.flexDirection.endsWith('reverse') || style.flexWrap === 'wrap-reverse';
}).slice(0, 3).map((each) => each.outerHTML.slice(0, 120))"""


def _note(watcher: crawl.Watcher, one: Seen) -> None:
    told = watcher.page.evaluate("() => window.told")
    one.shifts.append(round(told["shift"], 3))
    one.nowhere += watcher.page.evaluate(crawl.NOWHERE)
    one.noise += [*watcher.console, *watcher.failed, *watcher.dialogs, *told["blocked"]]
    one.foreign += watcher.foreign


def _picture(page: Page, one: Seen, how: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{one.name}-{how}.png", full_page=True)


def _names() -> set[str]:
    """Every page: what shows itself whole when it is asked for."""
    found = set()
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "dashboard":
            for each in entry.url_patterns:
                assert isinstance(each, URLPattern)
                view: Any = getattr(each.callback, "view_class", None)
                part = view.template.rsplit("/", 1)[-1].startswith("_")
                if hasattr(view, "get") and not part:
                    found.add(str(each.name))
    return found


def test_links_lead_to_every_page(seen: list[Seen]) -> None:
    assert sorted(_names() - FILES - OF_FORMS - {each.name for each in seen}) == []
    assert {each.name: each.status for each in seen if each.status != 200} == {}


def test_no_link_leads_nowhere(seen: list[Seen]) -> None:
    assert {each.path: sorted(set(each.nowhere)) for each in seen if each.nowhere} == {}


def test_everybody_can_use_every_page(seen: list[Seen]) -> None:
    """As far as a program sees it: the rules of WCAG 2.2, level AA, by axe."""
    assert {each.path: each.unusable for each in seen if each.unusable} == {}


def test_no_page_complains_or_asks_elsewhere(seen: list[Seen]) -> None:
    assert {each.path: each.noise for each in seen if each.noise} == {}
    assert {each.path: each.foreign for each in seen if each.foreign} == {}


def test_every_page_fits_a_phone(seen: list[Seen]) -> None:
    assert {each.path: each.too_wide for each in seen if each.too_wide} == {}


def test_every_page_is_light_and_keeps_still(seen: list[Seen]) -> None:
    assert {each.path: each.bytes for each in seen if each.bytes > HEAVIEST} == {}
    assert {each.path: each.shifts for each in seen if max(each.shifts) >= STILL} == {}
    assert {each.path: each.out_of_order for each in seen if each.out_of_order} == {}
