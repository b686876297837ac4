"""What of the widget a website's visitors load, and when; and what they see where it cannot be loaded."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from chat.widget.script import PARTS
from tests.browser.conftest import Place, Visitor
from tests.browser.test_widget import CITED, QUESTION, ask, called, opened, part, violations

MODULES = re.compile(r"/widget/[^/]+/")
WHOLE = {f"{name}.js" for name in (*PARTS, "words/en")}


@pytest.fixture(scope="module")
def bot(prepared: Place) -> str:
    return prepared.bot(scope=CITED)


def asked_for(place: Place, page: Page) -> list[str]:
    """What is asked of Parley from now on: paths, of modules only what stands behind the version."""
    seen: list[str] = []
    ours = urlsplit(place.url).netloc

    def see(address: str) -> None:
        if urlsplit(address).netloc == ours:
            seen.append(MODULES.sub("", urlsplit(address).path))

    page.on("request", lambda request: see(request.url))
    return seen


def hold(page: Page) -> list[Route]:
    """The first time that the panel is asked for, which then has to wait."""
    held: list[Route] = []

    def decide(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/widget/*/panel.js", decide)
    return held


def idle(page: Page) -> None:
    """As long as a page takes to go on with a talk, and some more."""
    page.wait_for_timeout(1_500)


def test_until_somebody_comes_near_there_is_the_bubble_alone(place: Place, bot: str, visit: Any) -> None:
    page = visit().page
    seen = asked_for(place, page)
    page.goto(place.page(bot))
    expect(part(page, ".launcher")).to_be_visible()
    idle(page)
    assert seen == ["/widget.js", f"/v1/chat/widget/{bot}"]
    part(page, ".launcher").hover()
    expect(part(page, ".ask")).to_have_count(1)
    assert set(seen[2:]) == WHOLE
    part(page, ".launcher").click()
    expect(part(page, ".ask textarea")).to_be_focused()
    ask(page)
    assert len(seen) == len(set(seen)), "nothing is loaded twice"


@pytest.mark.parametrize("way", ["focus", "open", "send"])
def test_the_keyboard_and_the_website_bring_it_as_well(place: Place, bot: str, visit: Any, way: str) -> None:
    page = visit().page
    seen = asked_for(place, page)
    page.goto(place.page(bot))
    expect(part(page, ".launcher")).to_be_visible()
    assert not set(seen) & WHOLE
    if way == "focus":
        part(page, ".launcher").focus()
    else:
        page.evaluate(f"() => Parley.{way}('{QUESTION}')")
        expect(part(page, ".panel")).to_be_visible()
    expect(part(page, ".ask")).to_have_count(1)
    expect(part(page, ".item.user")).to_have_count(1 if way == "send" else 0)
    assert set(seen) >= WHOLE


def test_the_frame_is_there_before_the_chat(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    held = hold(page)
    page.goto(place.page(bot))
    part(page, ".launcher").click()
    expect(part(page, ".panel h2")).to_have_text("Helper")
    expect(part(page, ".note[role=status]")).to_have_text("The chat is loading…")
    expect(part(page, ".panel")).to_be_focused()
    assert violations(page) == []
    frame = part(page, ".panel").bounding_box()
    visitor.picture("widget-frame")
    held[0].continue_()
    expect(part(page, ".ask textarea")).to_be_focused()
    assert part(page, ".panel").bounding_box() == frame
    expect(page.get_by_text("The chat is loading…")).to_have_count(0)


def test_a_press_holds_though_the_chat_comes_while_the_button_is_down(place: Place, bot: str, visit: Any) -> None:
    page = visit().page
    held = hold(page)
    page.goto(place.page(bot))
    box = part(page, ".launcher svg").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(part(page, ".panel")).to_have_attribute("aria-modal", "false")
    page.mouse.up()
    expect(part(page, ".panel")).to_be_visible()


def test_who_closes_it_while_it_loads_is_not_pulled_back(place: Place, bot: str, visit: Any) -> None:
    page = visit().page
    held = hold(page)
    page.goto(place.page(bot))
    part(page, ".launcher").click()
    expect(part(page, ".note")).to_be_visible()
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_hidden()
    expect(part(page, ".launcher")).to_be_focused()
    held[0].continue_()
    expect(part(page, ".ask")).to_have_count(1)
    expect(part(page, ".panel")).to_be_hidden()
    expect(part(page, ".launcher")).to_be_focused()


@pytest.mark.parametrize("broken", ["panel", "talk", "words/en"])
def test_a_chat_that_cannot_be_loaded_says_so_and_can_be_tried_again(
    place: Place, bot: str, visit: Any, broken: str
) -> None:
    visitor = visit()
    page = visitor.page
    page.route(f"**/widget/*/{broken}.js", lambda route: route.abort())
    page.goto(place.page(bot))
    expect(part(page, ".launcher")).to_be_visible()
    page.evaluate(f"() => Parley.send('{QUESTION}')")
    expect(part(page, ".note")).to_contain_text("The chat could not be loaded.")
    assert violations(page) == []
    visitor.picture("widget-not-loaded")
    page.get_by_role("button", name="Try again").click()
    expect(part(page, ".note")).to_contain_text("The chat could not be loaded.")
    page.unroute(f"**/widget/*/{broken}.js")
    page.get_by_role("button", name="Try again").click()
    expect(part(page, "button.mark")).to_have_count(1)  # what was asked was not forgotten
    expect(part(page, ".item.user .text")).to_have_text(QUESTION)
    assert not visitor.errors


def test_a_chat_that_hangs_can_be_tried_again_too(place: Place, bot: str, visit: Any) -> None:
    page = visit().page
    page.clock.install()
    held = hold(page)
    page.goto(place.page(bot))
    part(page, ".launcher").click()
    expect(part(page, ".note")).to_contain_text("The chat is loading…")
    page.clock.fast_forward(21_000)
    expect(part(page, ".note")).to_contain_text("The chat could not be loaded.")
    page.get_by_role("button", name="Try again").click()
    expect(part(page, ".ask textarea")).to_be_visible()
    held[0].continue_()  # it comes after all
    page.wait_for_timeout(300)
    expect(part(page, ".ask")).to_have_count(1)


def test_a_chat_that_breaks_as_it_starts_stays_inside(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    page.add_init_script("onunhandledrejection = () => { window.broken = true; };")
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
    broken = "export function start() { throw new Error('out of order'); }"
    page.route("**/widget/*/panel.js", lambda route: route.fulfill(headers=headers, body=broken))
    page.goto(place.page(bot))
    part(page, ".launcher").click()
    expect(part(page, ".note")).to_contain_text("The chat could not be loaded.")
    assert any("out of order" in said for said in visitor.warnings)
    assert page.evaluate("() => window.broken") is None
    assert not visitor.errors
    page.unroute("**/widget/*/panel.js")
    page.get_by_role("button", name="Try again").click()
    expect(part(page, ".ask textarea")).to_be_focused()


def test_who_has_talked_goes_on_on_every_page_and_nobody_else(place: Place, bot: str, visit: Any) -> None:
    page = opened(visit(), place.page(bot))
    ask(page)
    part(page, "header .tool[aria-label='Close the chat']").click()
    seen = asked_for(place, page)
    page.goto(f"{place.site.origin}/second")
    expect(part(page, ".item.user .text")).to_have_text(QUESTION)
    expect(part(page, ".panel")).to_be_hidden()
    assert any(path.startswith("/v1/chat/sessions/") for path in seen)
    other = visit().page
    seen = asked_for(place, other)
    other.goto(f"{place.site.origin}/second")
    expect(part(other, ".launcher")).to_be_visible()
    idle(other)
    assert not set(seen) & WHOLE


def test_a_persons_answer_that_nobody_saw_waits_on_the_next_page(place: Place, bot: str, visit: Any) -> None:
    page = opened(visit(), place.page(bot))
    desk = called(place, bot, page)
    desk("take")
    part(page, "header .tool[aria-label='Close the chat']").click()
    page.goto("about:blank")
    desk("reply", content="It leaves today.")
    page.goto(f"{place.site.origin}/second")
    expect(part(page, ".launcher.unread")).to_be_visible()
    expect(part(page, ".launcher")).to_have_attribute("aria-label", "Open the chat: There is a new message")
    part(page, ".launcher").click()
    expect(part(page, ".item.other .text").last).to_have_text("It leaves today.")
    expect(part(page, ".launcher.unread")).to_have_count(0)
    part(page, "header .tool[aria-label='Close the chat']").click()
    page.reload()
    expect(part(page, ".author")).to_have_count(1)
    expect(part(page, ".launcher.unread")).to_have_count(0)  # now it was seen


@pytest.mark.parametrize(
    ("scripts", "sees"),
    [
        ("{url}", "chat"),
        ("'nonce-n0'", "chat"),
        ("'nonce-n0' 'strict-dynamic'", "chat"),
        ("{url}/widget.js", "words"),
        ("'nonce-other'", "nothing"),
    ],
)
def test_what_a_websites_policy_says_of_scripts(place: Place, bot: str, visit: Any, scripts: str, sees: str) -> None:
    said = scripts.format(url=place.url)
    policy = f"default-src 'none'; script-src {said}; connect-src {place.url}; require-trusted-types-for 'script'"
    visitor = visit()
    page = visitor.page
    page.goto(place.page(bot, headers={"Content-Security-Policy": policy}, more='nonce="n0"'))
    if sees == "nothing":
        idle(page)
        expect(page.locator("parley-chat")).to_have_count(0)
        return
    part(page, ".launcher").click()
    if sees == "words":
        expect(part(page, ".note")).to_contain_text(f"Content-Security-Policy keeps the chat from {place.url}.")
        expect(part(page, ".note")).to_contain_text(f"Add it: script-src {place.url}")
        assert any(f"Add it: script-src {place.url}" in line for line in visitor.warnings)
    else:
        ask(page)
        assert not [line for line in visitor.warnings if "Content Security Policy" in line]
    assert not visitor.errors


def test_the_website_is_left_as_it_is(place: Place, bot: str, visit: Any) -> None:
    """Nothing moves, no name and no style is added, and a page without the widget looks the same."""
    measured = """() => ({
        names: Object.keys(window).filter(name => name !== "Parley").sort(), head: document.head.innerHTML,
        body: [...document.body.children].map(one => one.localName).filter(name => name !== "parley-chat"),
        sheets: document.styleSheets.length + document.adoptedStyleSheets.length, own: {...document.body.dataset},
        boxes: [...document.querySelectorAll("main, h1, p, a")].map(one => JSON.stringify(one.getBoundingClientRect())),
        fonts: [...document.querySelectorAll("main, h1, p, a")].map(one => getComputedStyle(one).font),
        size: [document.documentElement.scrollWidth, document.documentElement.scrollHeight],
    })"""
    address = place.page(bot)
    bare = visit().page
    bare.route("**/widget.js", lambda route: route.abort())
    bare.goto(address)
    visitor: Visitor = visit()
    page = visitor.page
    page.add_init_script("""
        let moved = 0;
        new PerformanceObserver(list => { for (const one of list.getEntries()) moved += one.value; })
            .observe({ type: "layout-shift", buffered: true });
        Object.defineProperty(window, "hasMoved", { value: () => moved });
    """)
    page.goto(address)
    expect(part(page, ".launcher")).to_be_visible()
    assert page.evaluate(measured) == bare.evaluate(measured)
    part(page, ".launcher").click()
    ask(page)
    assert page.evaluate(measured) == bare.evaluate(measured)
    assert page.evaluate("() => hasMoved()") == 0
    assert not visitor.errors


def test_from_the_right_to_the_left_before_the_chat_is_there(place: Place, visit: Any) -> None:
    for language, from_the_right in (("he", True), ("fr", False)):
        spoken = place.bot(scope=CITED)
        place.look(spoken, language=language, launcher="A, B", position="left")
        page = visit().page
        page.route("**/widget/*/panel.js", lambda route: None)
        page.goto(place.page(spoken))
        bubble, mark = part(page, ".launcher").bounding_box(), part(page, ".launcher svg").bounding_box()
        assert bubble
        assert mark
        assert bubble["x"] < 60, "the side is the owner's choice in any language"
        assert (mark["x"] > bubble["x"] + bubble["width"] / 2) is from_the_right
        part(page, ".launcher").click()
        header, close = part(page, "header").bounding_box(), part(page, "header .tool").bounding_box()
        assert header
        assert close
        assert (close["x"] < header["x"] + header["width"] / 2) is from_the_right


def test_two_bots_on_one_page_do_not_mix(place: Place, bot: str, visit: Any) -> None:
    other = place.bot("Second", scope=CITED)
    place.look(other, position="left")
    script = f'<script src="{place.url}/widget.js" data-bot="{other}" async></script>'
    visitor = visit()
    page = visitor.page
    page.goto(
        place.page(bot, body=f"<!doctype html><html lang=en><title>x</title><body>{{script}}{script}</body></html>")
    )
    chats = page.locator("parley-chat")
    expect(chats).to_have_count(2)
    for chat, count in ((chats.nth(0), 1), (chats.nth(1), 0)):
        if count:
            chat.locator(".launcher").click()
            chat.locator(".ask textarea").fill(QUESTION)
            chat.locator(".send").click()
            expect(chat.locator("button.mark")).to_have_count(1)
            page.keyboard.press("Escape")
        else:
            chat.locator(".launcher").click()
            expect(chat.locator(".ask")).to_have_count(1)
        expect(chat.locator(".item.user")).to_have_count(count)
    assert not visitor.errors


def test_the_bots_own_page_says_that_it_cannot_be_loaded(place: Place, bot: str, visit: Any) -> None:
    page = visit().page
    page.route("**/widget/*/talk.js", lambda route: route.abort())
    page.goto(f"{place.url}/c/{bot}/")
    expect(part(page, ".note")).to_contain_text("The chat could not be loaded.")
    page.unroute("**/widget/*/talk.js")
    page.get_by_role("button", name="Try again").click()
    expect(part(page, ".ask textarea")).to_be_focused()
    assert violations(page) == []
