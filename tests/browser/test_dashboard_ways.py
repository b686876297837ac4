"""Other ways of using the dashboard than with a mouse and scripts: by keyboard alone, and by forms alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser import desk
from tests.browser.desk import POLICY, Desk
from tests.stack import Stack

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def place(stack: Stack) -> Iterator[Desk]:
    place = desk.opened(stack)
    yield place
    place.owner.close()


def focused(page: Page) -> str:
    """What the keyboard is at, in words; nothing where it is nowhere to be seen."""
    said: str = page.evaluate("""() => {
      const at = document.activeElement;
      const seen = at.matches(":focus-visible") && getComputedStyle(at).outlineStyle !== "none";
      const said = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
      return seen ? said.trim().replace(/\\s+/g, " ") : "";
    }""")
    return said


def test_the_first_key_offers_to_skip_the_menu(arrived: Any) -> None:
    page = arrived()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def test_every_entry_of_the_menu_is_reached_and_seen(arrived: Any, place: Desk) -> None:
    page = arrived()
    page.goto(f"{place.root}keys/")
    entries = [each.strip() for each in page.locator(".sidebar a > span:first-of-type").all_inner_texts()]
    reached = []
    for _ in range(len(entries) + 5):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    assert "" not in reached
    assert [entry for entry in entries if not any(each.startswith(entry) for each in reached)] == []


def test_the_account_menu_opens_and_closes_where_it_was(arrived: Any) -> None:
    page = arrived()
    summary = page.locator(".topbar summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".drop-panel")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('.drop-panel').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator(".drop-panel")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_menu_of_a_phone_opens_and_closes_by_keys(arrived: Any) -> None:
    page = arrived(viewport={"width": 360, "height": 740})
    button, menu = page.locator("[data-menu]"), page.locator(".sidebar")
    expect(menu).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_a_secret_is_copied_and_confirmed(arrived: Any, place: Desk) -> None:
    page = arrived(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{place.root}keys/new/")
    page.fill("[name=name]", "By keyboard")
    page.locator("[name=name]").press("Enter")
    secret = page.locator("#secret").inner_text()
    page.locator("[data-copy='#secret']").press("Enter")
    assert page.evaluate("() => navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="Done").press("Enter")
    assert page.locator("#secret").is_visible()  # not before it is said to be copied
    page.locator("#copied").press("Space")
    page.get_by_role("button", name="Done").press("Enter")
    page.wait_for_url("**/keys/*-*/*")
    assert secret not in page.content()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # nothing of it was kept
        page.go_back()


def test_a_bot_is_made_by_forms_alone(arrived: Any, place: Desk, stack: Stack) -> None:
    page = arrived(java_script_enabled=False)
    page.goto(f"{place.root}providers/new/?kind=builtin")
    _send(page, name="Quotes")
    page.goto(f"{place.root}knowledge/new/")
    _send(page, name="Handbook")
    page.goto(f"{page.url}?from=text")
    dataset = page.url.split("/knowledge/")[1].split("/")[0]
    _send(page, title="Shipping policy", content=POLICY)
    documents = f"/v1/tenant/datasets/{dataset}/documents"
    stack.wait(lambda: place.owner.get(documents).json()["results"][0]["status"] == "completed", "the document")
    page.goto(f"{place.root}bots/new/")
    page.locator("[name=dataset_ids]").first.check()
    _send(page, name="Helper")
    bot = page.url
    page.goto(f"{bot}guardrails/")
    _send(page, "[name=do][value=save]:visible", allowed_topics="shipping", forbidden_topics="weapons")
    bot_id = bot.rstrip("/").rsplit("/", 1)[1]
    scope = place.owner.get(f"/v1/tenant/bots/{bot_id}/scopes").json()["results"][0]
    assert (scope["allowed_topics"], scope["forbidden_topics"]) == (["shipping"], ["weapons"])
    answer = place.made("/v1/chat/efficient", {"bot_id": bot_id, "message": "What does express shipping cost?"})
    assert "$14.95" in answer["message"]["content"]
    assert answer["citations"][0]["document_title"] == "Shipping policy"


def _send(page: Page, button: str = "main form .button.is-primary[type=submit]", **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"main [name={name}]").first.fill(value)
    page.locator(button).last.click()
    assert not page.locator(".errorlist, .notice.is-bad").all_inner_texts(), page.url
