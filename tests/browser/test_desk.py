"""A person answers a customer from the conversation's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.desk import Desk
from tests.stack import Stack

pytestmark = pytest.mark.timeout(600)
TURNS = 6
IN_THE_BOX = "() => document.activeElement?.name === 'content'"  # whether or not the window has the focus
Arrive = Callable[..., Page]


@pytest.fixture(scope="module")
def place(stack: Stack) -> Iterator[Desk]:
    place = desk.opened(stack)
    yield place
    place.owner.close()


@pytest.fixture
def address(place: Desk) -> str:
    """The page of a talk that is longer than a screen."""
    provider = place.made("/v1/tenant/ai-providers/", {"provider_name": "builtin", "name": "Own"})
    bot = place.made("/v1/tenant/bots/", {"name": "Helper", "tenant_ai_provider_id": provider["id"]})
    told: dict[str, Any] = {}
    for turn in range(TURNS):
        asked = {"bot_id": bot["id"], "message": f"Where is parcel number {turn}?"}
        told = place.made("/v1/chat/efficient", {**asked, **({"session_id": told["session_id"]} if told else {})})
    talk = place.owner.get("/v1/tenant/conversations", params={"bot": bot["id"]}).json()["results"][0]
    return f"{place.root}conversations/{talk['id']}/"


@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, {"width": 360, "height": 740}])
def test_the_box_for_the_answer_is_in_sight_and_keys_send(arrived: Arrive, address: str, size: dict[str, int]) -> None:
    page = arrived(viewport=size)
    page.goto(address)
    page.get_by_role("button", name="Take over and answer").click()
    box = page.get_by_label("Your answer")
    page.wait_for_function(IN_THE_BOX, timeout=5_000)
    expect(box).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_in_viewport(ratio=1)
    expect(page.locator(".said").last).to_be_in_viewport()
    page.keyboard.type("It is on its way.")
    page.keyboard.press("Enter")
    page.keyboard.type("It comes tomorrow.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.is-person")).to_contain_text("It comes tomorrow.")
    expect(page.locator(".said.is-person")).to_be_in_viewport(ratio=1)
    page.wait_for_function(IN_THE_BOX, timeout=5_000)
    expect(box).to_have_value("")
    page.evaluate("scrollTo(0, 0)")
    expect(box).to_be_in_viewport(ratio=1)
    assert_nothing_covered(page)


def assert_nothing_covered(page: Page) -> None:
    """What the keyboard reaches in the talk stands above the box."""
    for at in page.locator(".said summary").all():
        at.focus()
        mine, box = at.bounding_box(), page.locator("[data-reply]").bounding_box()
        assert mine
        assert box
        assert mine["y"] + mine["height"] <= box["y"] or mine["y"] >= box["y"] + box["height"]


def test_without_scripts_one_lands_at_the_box(arrived: Arrive, address: str) -> None:
    page = arrived(java_script_enabled=False, viewport={"width": 1280, "height": 720})
    page.goto(address)
    page.get_by_role("button", name="Take over and answer").click()
    box = page.get_by_label("Your answer")
    expect(box).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Ctrl+Enter")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(box).to_be_focused()
    page.keyboard.type("It is on its way.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".said.is-person")).to_be_in_viewport(ratio=1)
    expect(box).to_be_in_viewport(ratio=1)
