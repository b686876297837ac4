"""What people and documents say is shown and never run: everything that can be named is named by an attacker.

The browser is told to ignore our policy, so that what gets through the templates would run, and be seen to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import crawl, desk
from tests.browser.desk import Desk, Words
from tests.browser.payloads import payloads
from tests.stack import Stack

pytestmark = pytest.mark.timeout(600)
EVIL = "http://127.0.0.3:9"
TEXTS = [each for each in payloads(EVIL) if "\x00" not in each]
FILTERS = ("q", "state", "status", "page", "tag", "from", "bot", "kind", "old", "new", "which", "since")
# Elements and attributes that none of our pages has, and addresses that run.
AUDIT = """() => {
  const found = [];
  const say = (each, why) => found.push(`${why}: ${each.outerHTML.slice(0, 160)}`);
  for (const each of document.querySelectorAll("*")) {
    const name = each.localName;
    if (name === "script" && !each.src && !each.type.includes("json")) say(each, "script");
    if (["object", "embed", "base", "animate", "math", "marquee"].includes(name)) say(each, name);
    if (name === "iframe" && new URL(each.src, location.href).origin !== location.origin) say(each, name);
    for (const {name, value} of each.attributes) {
      if (name.startsWith("on") || name === "srcdoc") say(each, name);
      const plain = value.replace(/[\\u0000-\\u0020]/g, "").toLowerCase();
const runs = /^(javascript|vbscript|data:text|file):/.test(plain);
      if (runs && /href$|src$|action$|^data$|^poster$/.test(name)) say(each, name);
    }
  }
  return found;
}"""
RAN = "() => window.broken ?? null"


@pytest.fixture(scope="module")
def attacked(stack: Stack) -> Iterator[Desk]:
    words = Words(TEXTS)
    place = desk.opened(stack, name=words.of(150))
    desk.furnish(stack, place, words=words, rows=10)
    yield place
    place.owner.close()


@pytest.fixture(scope="module")
def page(browser: Browser, attacked: Desk) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1100, "height": 800}, bypass_csp=True)
    page = context.new_page()
    attacked.sign_in(page)
    yield page
    context.close()


def harm(watcher: crawl.Watcher) -> list[Any]:
    page = watcher.page
    ran = page.evaluate(RAN)
    return [
        *([f"ran: {ran}"] if ran is not None else []), *watcher.dialogs, *watcher.foreign, *page.evaluate(AUDIT)
    ]  # fmt: skip


def test_nothing_that_is_named_anywhere_runs(page: Page, attacked: Desk) -> None:
    watcher = crawl.Watcher(page, host=urlsplit(attacked.url).netloc, caching=True)
    found: dict[str, list[Any]] = {}
    shown: set[str] = set()

    def look(address: str) -> list[str]:
        answer = watcher.go(address)
        if answer is None:
            return []
        if trouble := harm(watcher):
            found[address] = trouble
        text = page.inner_text("body")
        shown.update(each for each in TEXTS if each.split("\n")[0] in text)
        assert answer.status == 200, address
        links: list[str] = page.evaluate(crawl.LINKS)
        return links

    pages = list(crawl.walk(attacked.root, look, most=2))
    assert found == {}
    assert len(pages) > 40
    # They were there to be read, so what did not run was not merely missing.
    assert len(shown) > 0.9 * len(TEXTS)


def test_nothing_that_an_address_says_runs(page: Page, attacked: Desk) -> None:
    watcher = crawl.Watcher(page, host=urlsplit(attacked.url).netloc, caching=True)
    lists = [
        "",
        "knowledge/",
        "bots/",
        "conversations/",
        "inbox/",
        "gaps/",
        "analytics/",
        "keys/",
        "members/",
        "audit-log/",
    ]
    found = {}
    for text in (
        '"><script>window.broken=1</script>',
        "'onfocus='window.broken=1' autofocus='",
        "javascript:window.broken=1",
    ):
        for where in lists:
            watcher.go(f"{attacked.root}{where}?{'&'.join(f'{name}={quote(text)}' for name in FILTERS)}")
            if trouble := harm(watcher):
                found[where] = trouble
    assert found == {}


def test_nothing_that_a_bot_says_in_the_playground_runs(page: Page, attacked: Desk) -> None:
    watcher = crawl.Watcher(page, host=urlsplit(attacked.url).netloc, caching=True)
    bots = [each["id"] for each in attacked.owner.get("/v1/tenant/bots/", params={"page_size": 100}).json()["results"]]
    bot = next(each for each in bots if attacked.owner.get(f"/v1/tenant/bots/{each}/datasets").json()["count"])
    watcher.go(f"{attacked.root}bots/{bot}/playground/")
    for question, shown in (("What does express shipping cost?", "$14.95"), (" ".join(TEXTS[:12]), TEXTS[1])):
        page.fill("textarea[name=question]", question)
        page.locator("textarea[name=question]").press("Enter")
        expect(page.locator("[data-turns]")).to_contain_text(shown)
        watcher.settle()
        assert harm(watcher) == []
