"""From an empty account to the first cited answer and a bot on a website, clicked through by somebody who signs in."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Place, Visitor

PASSWORD = "secure_password_123"
POLICY = b"""\
# Shipping policy

Orders over $50 ship free.

## Express shipping

Express shipping costs $14.95 per order and delivers on the next business day.

## Returns

You can return a defective product within 30 days of delivery.
"""


@pytest.fixture
def newcomer(place: Place, visit: Any) -> tuple[Visitor, str]:
    """The owner of a new tenant, signed in, and where the tenant's pages are."""
    slug = f"new-{uuid4().hex[:8]}"
    account = {"email": f"{slug}@acme.example", "password": PASSWORD}
    made = httpx2.post(f"{place.url}/admin/tenants/", json={"name": "Greenleaf", "slug": slug, **account}, timeout=60)
    assert made.status_code == 201, made.text
    visitor: Visitor = visit(width=1280)
    page = visitor.page
    page.goto(f"{place.url}/accounts/login/?next=/dashboard/{slug}/guide/")
    page.fill("input[name=login]", account["email"])
    page.fill("input[name=password]", PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_url("**/guide/provider/")  # the name was given with the account
    return visitor, f"{place.url}/dashboard/{slug}"


def test_a_newcomer_gets_to_a_cited_answer_and_onto_a_website(place: Place, newcomer: tuple[Visitor, str]) -> None:
    visitor, _ = newcomer
    page = visitor.page
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/guide/name/")
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/guide/provider/")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.wait_for_url("**/guide/knowledge/")
    _to_the_first_answer(page)
    visitor.picture("first-run-answer")
    page.fill("#play-question", "How much does express shipping cost?")
    page.keyboard.press("Enter")
    expect(page.locator("[data-turn]").nth(1)).to_contain_text("$14.95", timeout=60_000)
    page.locator(".guide-foot").get_by_text("Continue").click()
    _through_topics_and_look(page)
    _onto(place, visitor)
    visitor.picture("first-run-visitor")
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("h1")).to_have_text("You are set")
    assert not visitor.errors
    assert not visitor.dialogs


def _to_the_first_answer(page: Page) -> None:
    page.set_input_files("#id_files", {"name": "policy.md", "mimeType": "text/markdown", "buffer": POLICY})
    page.get_by_role("button", name="Add 1 file").click()
    expect(page.locator("#documents .badge")).to_contain_text("ready", timeout=60_000)
    page.locator(".guide-foot").get_by_text("Continue").click()
    page.get_by_role("button", name="Make the bot").click()
    expect(page.locator(".play-citations").first).to_contain_text("policy", timeout=60_000)


def _through_topics_and_look(page: Page) -> None:
    page.wait_for_url("**/guide/topics/")
    expect(page.locator(".probe-outcome.is-good")).to_have_count(5)
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url("**/guide/look/")
    expect(page.locator("#widget-preview")).to_contain_text("Greenleaf Assistant")
    page.get_by_role("button", name="Save and continue").click()


def _onto(place: Place, visitor: Visitor) -> None:
    """The bot shows on a website, which the page hears of by itself."""
    page = visitor.page
    page.wait_for_url("**/guide/website/")
    page.fill("#id_allowed_domains", place.site.origin)
    page.get_by_role("button", name="Save", exact=True).click()
    bot = re.search(r'data-bot="([0-9a-f-]+)"', page.locator("#snippet").inner_text())
    assert bot is not None
    expect(page.locator("#visitor")).to_contain_text("Waiting for the first visitor")
    visitor.watch(visitor.context.new_page()).goto(place.page(bot[1]))
    expect(page.locator("#visitor")).to_contain_text(f"seen on {place.site.origin}", timeout=30_000)


def test_the_playground_shows_why_and_keeps_the_talk(place: Place, newcomer: tuple[Visitor, str]) -> None:
    visitor, base = newcomer
    page = visitor.page
    page.goto(f"{base}/guide/knowledge/")
    _to_the_first_answer(page)
    page.goto(f"{base}/guide/topics/")
    address = page.get_by_role("link", name="All guardrails").get_attribute("href")
    assert address is not None
    page.goto(place.url + address.replace("guardrails", "playground"))
    page.fill("#play-question", "How much does express shipping cost?")
    page.keyboard.press("Enter")
    turn = page.locator("[data-turn]").first
    expect(turn).to_contain_text("$14.95", timeout=60_000)
    expect(turn.locator(".play-trace")).to_contain_text("Passages")
    turn.get_by_text("Save as a test").click()
    turn.get_by_role("button", name="Save the test").click()
    expect(turn).to_contain_text("Saved in First tests")
    page.reload()
    expect(page.locator("[data-turn]").first).to_contain_text("$14.95")
    page.get_by_text("New talk").click()
    expect(page.locator("[data-turn]")).to_have_count(0)
    _speaks_german(place, visitor)
    assert not visitor.errors


def _speaks_german(place: Place, visitor: Visitor) -> None:
    """The page and the answer that is streamed to it, both of which are drawn in threads of their own."""
    page = visitor.page
    visitor.context.add_cookies([{"name": "django_language", "value": "de", "url": place.url}])
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.fill("#play-question", "How much does express shipping cost?")
    page.keyboard.press("Enter")
    expect(page.locator("[data-turn] .play-trace").first).to_contain_text("Wie lange es dauerte", timeout=60_000)
