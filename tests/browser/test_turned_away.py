"""A website that is turned away, in a real browser: its owner is told without a reload, and may allow it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Place
from tests.browser.test_widget import part, violations


def test_who_is_turned_away_is_told_and_may_be_allowed(place: Place, visit: Any) -> None:
    bot = place.bot()  # the first, which the guide is about
    visitor, german, stranger = visit(), visit(locale="de"), visit().page
    page, doctor = visitor.page, german.page
    place.sign_in(page)
    page.goto(f"{place.url}/dashboard/{place.slug}/guide/website/")
    expect(page.get_by_text("Waiting for the first visitor")).to_be_visible()
    stranger.goto(place.stranger.shows(bot, at=place.url))
    said = page.get_by_text(f"{place.stranger.origin} tried to show the bot and is not listed.")
    expect(said).to_be_visible(timeout=15_000)
    said.scroll_into_view_if_needed()
    visitor.picture("turned-away-guide")
    assert violations(page) == []
    place.sign_in(doctor)
    doctor.goto(f"{place.url}/dashboard/{place.slug}/bots/{bot}/website/")
    expect(
        doctor.get_by_text(f"{place.stranger.origin} wollte den Bot zeigen und ist nicht aufgeführt.")
    ).to_be_visible()
    doctor.locator("#doctor-title").scroll_into_view_if_needed()
    german.picture("turned-away-doctor")
    page.locator("#allow-1").click()
    expect(page.get_by_text(f"{place.stranger.origin} is served from now on.")).to_be_visible()
    expect(said).to_have_count(0)
    stranger.reload()
    part(stranger, ".launcher").click()
    expect(part(stranger, ".ask")).to_be_visible()
    expect(page.get_by_text(f"The bot was seen on {place.stranger.origin}.")).to_be_visible(timeout=15_000)
    assert not visitor.errors
