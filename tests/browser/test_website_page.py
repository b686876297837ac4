"""A bot's website page in a real browser: the real widget as a preview, and the wait for the first visitor."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Place
from tests.browser.test_widget import part, violations


@pytest.mark.parametrize(("width", "light"), [(1440, "light"), (360, "dark")])
def test_what_is_typed_is_seen_and_the_first_visitor_turns_it_green(
    place: Place, visit: Any, width: int, light: str
) -> None:
    bot = place.bot()
    visitor = visit(width=width, color_scheme=light)
    page = visitor.page
    place.sign_in(page)
    page.goto(f"{place.url}/dashboard/{place.slug}/bots/{bot}/website/")
    expect(page.get_by_text("Waiting for the first visitor")).to_be_visible()
    expect(part(page, "h2")).to_have_text("Helper")
    page.get_by_label("Title").fill("Ask <b>Acme</b>")
    page.get_by_label("Colour").fill("#ffd400")
    page.get_by_label("Language of the widget").select_option("de")
    expect(part(page, "h2")).to_have_text("Ask <b>Acme</b>")
    expect(part(page, ".ask textarea")).to_have_attribute("placeholder", "Ihre Frage")
    assert part(page, "header").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 212, 0)"
    part(page, ".ask textarea").fill("Is this real?")
    part(page, ".send").click()
    expect(part(page, ".note")).to_have_text("Das ist eine Vorschau. Es wird nichts gesendet.")
    assert violations(page) == []
    visitor.picture(f"website-{width}-{light}")
    shop = visit().page
    shop.goto(place.page(bot))
    expect(part(shop, ".launcher")).to_be_visible()
    expect(page.get_by_text("The first visitor came on")).to_be_visible(timeout=15_000)
    page.locator("form[data-look] [type=submit]").click()
    expect(page.get_by_text("Saved. Websites show it within a minute.")).to_be_visible()
    expect(part(page, "h2")).to_have_text("Ask <b>Acme</b>")
    assert not visitor.errors
    assert not [said for said in visitor.warnings if "Content Security Policy" in said]
    assert place.owner.get("/v1/tenant/conversations", params={"bot": bot}).json()["count"] == 0
