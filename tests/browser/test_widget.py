"""The widget on websites, in a real browser: where it serves, what it keeps, and who can use it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Place, Visitor
from tests.stack import Stack

QUESTION = "What is your shipping policy?"
CITED = {"strictness_level": "moderate", "allowed_topics": ["shipping"]}
COLORS = ["#1f6f54", "#ffd400", "#00ffcc", "#777777", "#767676", "#000000", "#ffffff", "#e11d48", "#808080"]


def part(page: Page, selector: str) -> Locator:
    return page.locator(f"parley-chat {selector}")


def opened(visitor: Visitor, address: str) -> Page:
    visitor.page.goto(address)
    part(visitor.page, ".launcher").click()
    expect(part(visitor.page, ".panel")).to_be_visible()
    return visitor.page


def ask(page: Page, words: str = QUESTION) -> None:
    answers = part(page, ".thumb[aria-label=Helpful]").count()
    part(page, ".ask textarea").fill(words)
    part(page, ".send").click()
    expect(part(page, ".thumb[aria-label=Helpful]")).to_have_count(answers + 1)


def violations(page: Page) -> list[Any]:
    return [
        (found["id"], [node["html"][:120] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
    ]


@pytest.fixture(scope="module")
def bot(prepared: Place) -> str:
    return prepared.bot(scope=CITED)


def test_a_visitor_asks_reads_the_source_and_says_what_they_think(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = opened(visitor, place.page(bot))
    expect(part(page, ".start .text")).to_have_text("Hello. What would you like to know?")
    ask(page)
    expect(part(page, ".item.other .text").last).to_contain_text("Orders over $50 ship free")
    part(page, "button.mark").click()
    quote = part(page, "details[open]")
    expect(quote.locator("summary")).to_contain_text("Shipping policy")
    expect(quote.locator("blockquote")).to_contain_text("free standard shipping on every order over $50")
    visitor.picture("widget-answer")
    part(page, ".thumb[aria-label='Not helpful']").click()
    part(page, ".feedback textarea").fill("How long does it take?")
    part(page, ".feedback form button").click()
    expect(part(page, ".feedback .said")).to_have_text("Thank you for telling us.")
    talk = place.owner.get("/v1/tenant/conversations", params={"bot": bot}).json()["results"][0]
    assert talk["metadata"]["source"] == "widget"
    message = place.owner.get(f"/v1/tenant/conversations/{talk['id']}").json()["messages"][-1]
    assert (message["feedback"]["rating"], message["feedback"]["comment"]) == ("down", "How long does it take?")
    assert not visitor.errors
    assert visitor.hosts == {place.site.origin.removeprefix("http://"), place.url.removeprefix("http://")}


def test_a_talk_goes_on_after_a_reload_on_the_next_page_and_in_another_tab(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = opened(visitor, place.page(bot))
    ask(page)
    page.reload()
    expect(part(page, ".panel")).to_be_visible()  # as it was left
    expect(part(page, ".item.user .text")).to_have_text(QUESTION)
    expect(part(page, "button.mark")).to_have_count(1)
    page.get_by_role("link", name="Another page").click()
    expect(page).to_have_url(re.compile("/second$"))
    expect(part(page, ".item.user .text")).to_have_text(QUESTION)
    tab = visitor.watch(visitor.context.new_page())
    tab.goto(place.site.origin)
    expect(part(tab, ".panel")).to_be_hidden()
    part(tab, ".launcher").click()
    expect(part(tab, ".item.user .text")).to_have_text(QUESTION)
    part(tab, ".tool[aria-label='New conversation']").click()
    expect(part(tab, ".item.user")).to_have_count(0)
    expect(part(page, ".item.user")).to_have_count(0)  # the other tab follows
    page.reload()
    expect(part(page, ".item.user")).to_have_count(0)


def test_a_foreign_website_is_told_what_is_wrong_and_gets_no_answer(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = opened(visitor, place.stranger.shows(bot, at=place.url))
    expect(part(page, ".note")).to_contain_text(f"The bot does not serve {place.stranger.origin}.")
    expect(part(page, ".ask")).to_be_hidden()
    assert any("does not serve" in said for said in visitor.warnings)
    visits = {
        row["origin"]: row["refused"] for row in place.owner.get(f"/v1/tenant/bots/{bot}/visits").json()["results"]
    }
    assert visits[place.stranger.origin] == "origin_not_allowed"
    assert visits.get(place.site.origin, "") == ""


def test_a_bot_that_is_not_public_says_so_on_its_own_website_alone(place: Place, visit: Any) -> None:
    private = place.bot(is_public=False)
    page = opened(visit(), place.page(private))
    expect(part(page, ".note")).to_contain_text("The bot is not public.")
    page = opened(visit(), place.stranger.shows(private, at=place.url))
    expect(part(page, ".note")).to_contain_text("There is no public bot with the id")


def test_a_bot_that_is_switched_off_is_gone_from_its_website(place: Place, visit: Any) -> None:
    visitor = visit()
    off = place.bot(is_active=False)
    visitor.page.goto(place.page(off))
    with visitor.page.expect_console_message(lambda said: "switched off" in said.text):
        visitor.page.reload()
    expect(visitor.page.locator("parley-chat")).to_have_count(0)


def test_the_policy_of_a_website_may_be_strict_and_its_styles_wild(place: Place, bot: str, visit: Any) -> None:
    wild = "*{color:red!important;font-size:40px!important;display:none} parley-chat{display:none!important;opacity:0}"
    body = f"<!doctype html><html lang=en><title>x</title><body>{{script}}</body></html><style>{wild}</style>"
    here = place.url
    strict = (
        f"default-src 'none'; script-src {here}; connect-src {here}; img-src {here}; require-trusted-types-for 'script'"
    )
    visitor = visit()
    page = opened(visitor, place.page(bot, headers={"Content-Security-Policy": strict}, body=body))
    ask(page)
    style = part(page, ".item.other .text").last.evaluate(
        "e => [getComputedStyle(e).color, getComputedStyle(e).fontSize]"
    )
    assert style == ["rgb(26, 29, 33)", "15px"]
    assert not [said for said in visitor.warnings if "Content Security Policy" in said and "widget.js" in said]
    closed = f"default-src 'none'; script-src {here}; connect-src 'none'"
    page = opened(visit(), place.page(bot, headers={"Content-Security-Policy": closed}, body=body))
    expect(part(page, ".note")).to_contain_text(f"connect-src {here}")


def test_the_keyboard_is_enough(place: Place, bot: str, visit: Any) -> None:
    place.look(bot, suggestions=[QUESTION])
    page = visit().page
    page.goto(place.page(bot))
    expect(part(page, ".launcher")).to_be_visible()
    focused = "() => document.activeElement.shadowRoot?.activeElement?.className"
    page.get_by_role("link", name="Another page").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(part(page, ".ask textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(part(page, ".panel")).to_be_hidden()
    assert "launcher" in page.evaluate(focused)
    page.keyboard.press("Enter")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    expect(part(page, "button.mark")).to_have_count(1)
    part(page, ".log").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "mark"
    page.keyboard.press("Enter")
    expect(part(page, "details[open] summary")).to_be_focused()
    place.look(bot, suggestions=[])


def test_answers_are_announced_once_they_are_whole(place: Place, bot: str, visit: Any) -> None:
    page = opened(visit(), place.page(bot))
    ask(page)
    expect(part(page, "[role=status]")).to_contain_text("Orders over $50 ship free")
    assert part(page, ".log").get_attribute("aria-live") == "off"
    assert part(page, ".panel").get_attribute("role") == "dialog"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("color", COLORS)
def test_whatever_the_colour_is_everybody_can_read_it(place: Place, visit: Any, theme: str, color: str) -> None:
    colored = place.bot(scope=CITED)
    place.look(colored, color=color, theme=theme, suggestions=[QUESTION], launcher="Ask us",
               privacy_url="https://acme.example/privacy", privacy_note="Answers come from our documents.")  # fmt: skip
    visitor = visit()
    page = opened(visitor, place.page(colored))
    part(page, ".chip").click()
    expect(part(page, "button.mark")).to_have_count(1)
    part(page, "button.mark").click()
    assert violations(page) == []
    visitor.picture(f"widget-{theme}-{color[1:]}")


def test_it_follows_the_device_into_the_dark(place: Place, bot: str, visit: Any) -> None:
    page = opened(visit(color_scheme="dark"), place.page(bot))
    expect(part(page, ".root")).to_have_class(re.compile("dark"))
    page.emulate_media(color_scheme="light")
    expect(part(page, ".root")).to_have_class(re.compile("light"))


def test_on_a_small_screen_it_fills_the_window_and_keeps_the_focus(place: Place, bot: str, visit: Any) -> None:
    visitor = visit(width=360, height=640, has_touch=True, reduced_motion="reduce")
    page = opened(visitor, place.page(bot))
    assert part(page, ".panel").bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 640}
    expect(part(page, ".launcher")).to_be_hidden()
    expect(part(page, ".panel")).to_have_attribute("aria-modal", "true")
    ask(page)
    visitor.picture("widget-360")
    for _ in range(14):
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.localName") == "parley-chat"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    part(page, ".tool[aria-label='Close the chat']").click()
    expect(part(page, ".panel")).to_be_hidden()


def test_from_the_right_to_the_left(place: Place, visit: Any) -> None:
    arabic = place.bot(scope=CITED)
    place.look(arabic, language="ar", suggestions=["ما هي سياسة الشحن؟", QUESTION])
    visitor = visit()
    page = opened(visitor, place.page(arabic))
    root = part(page, ".root")
    assert (root.get_attribute("dir"), root.get_attribute("lang")) == ("rtl", "ar")
    part(page, ".chip").nth(1).click()
    expect(part(page, "button.mark")).to_have_count(1)
    answer = part(page, ".item.other .text").last
    assert answer.evaluate("e => getComputedStyle(e).direction") == "ltr"  # an English answer stays one
    header, close = part(page, "header").bounding_box(), part(page, "header .tool").last.bounding_box()
    assert header
    assert close
    assert close["x"] < header["x"] + header["width"] / 2
    assert violations(page) == []
    visitor.picture("widget-rtl")


@pytest.mark.parametrize(
    ("locale", "placeholder"), [("de-AT", "Ihre Frage"), ("pl", "Twoje pytanie"), ("ja", "Your question")]
)
def test_it_speaks_the_visitors_language(place: Place, bot: str, visit: Any, locale: str, placeholder: str) -> None:
    page = opened(visit(locale=locale), place.page(bot))
    expect(part(page, ".ask textarea")).to_have_attribute("placeholder", placeholder)


def test_who_asks_for_a_person_is_told_that_one_will_come(place: Place, bot: str, visit: Any) -> None:
    visitor = visit(locale="de")
    page = opened(visitor, place.page(bot))
    page.get_by_role("button", name="Mit einem Menschen sprechen").click()
    expect(part(page, ".note")).to_contain_text("Ein Mensch wurde benachrichtigt")
    talk = place.owner.get("/v1/tenant/conversations", params={"bot": bot, "status": "escalated"}).json()["results"][0]
    assert talk["escalation_reason"]
    page.reload()
    expect(part(page, ".note")).to_contain_text("Ein Mensch wurde benachrichtigt")
    visitor.picture("widget-handover")


def test_where_the_bot_finds_nothing_a_person_is_offered_under_the_last_answer(
    place: Place, bot: str, visit: Any
) -> None:
    visitor = visit()
    page = opened(visitor, place.page(bot))
    offer = part(page, ".log .offer button")
    ask(page)
    expect(part(page, "button.mark")).to_have_count(1)
    expect(offer).to_have_count(0)  # this one was answered
    for _ in range(2):
        ask(page, "Who won the chess championship of 1972?")
        expect(offer).to_have_count(1)
        expect(part(page, ".item").last.locator(".offer button")).to_have_text("Talk to a person")
    visitor.picture("widget-offer")
    assert violations(page) == []
    page.reload()
    expect(part(page, ".item").last.locator(".offer button")).to_have_count(1)
    expect(offer).to_have_count(1)
    offer.focus()
    page.keyboard.press("Enter")
    expect(part(page, ".note")).to_contain_text("A person has been told")
    expect(offer).to_have_count(0)
    assert page.evaluate("() => document.activeElement.shadowRoot.activeElement.localName") == "textarea"


def test_a_bot_that_offers_no_person_offers_none_under_its_answers(place: Place, visit: Any) -> None:
    alone = place.bot(scope=CITED)
    place.look(alone, offers_person=False)
    page = opened(visit(), place.page(alone))
    ask(page, "Who won the chess championship of 1972?")
    expect(part(page, ".item.other")).to_have_count(2)
    expect(page.get_by_role("button", name="Talk to a person")).to_have_count(0)


def test_who_waits_for_a_person_may_leave_an_address_once(place: Place, visit: Any) -> None:
    bot = place.bot(scope=CITED)
    visitor = visit()
    page = opened(visitor, place.page(bot))
    asked, field = part(page, ".contact"), part(page, ".contact input")
    expect(asked).to_have_count(0)
    page.get_by_role("button", name="Talk to a person").click()
    expect(asked).to_be_visible()
    visitor.picture("widget-contact")
    assert violations(page) == []
    field.fill("jane")
    page.keyboard.press("Enter")
    expect(part(page, ".contact .error")).to_have_text("This is no e-mail address.")
    expect(field).to_be_focused()
    assert violations(page) == []
    field.fill("jane@customer.example")
    page.keyboard.press("Enter")
    expect(asked).to_have_text("An answer goes to your e-mail if you leave.")
    page.reload()
    expect(part(page, ".note")).to_contain_text("A person has been told")
    expect(asked).to_have_count(0)
    page = opened(visit(), place.page(bot))
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_role("button", name="No, thanks").click()
    expect(part(page, ".contact")).to_be_hidden()
    expect(part(page, ".ask textarea")).to_be_focused()
    page.reload()
    expect(part(page, ".note")).to_contain_text("A person has been told")
    expect(part(page, ".contact")).to_have_count(0)


def called(place: Place, bot: str, page: Page) -> Callable[..., None]:
    """A talk that waits for a person; answers what that person can do with it."""
    page.get_by_role("button", name="Talk to a person").click()
    expect(part(page, ".note")).to_contain_text("A person has been told")
    talk = place.owner.get("/v1/tenant/conversations", params={"bot": bot, "status": "escalated"}).json()["results"][0]

    def desk(deed: str, **body: str) -> None:
        answer = place.owner.post(f"/v1/tenant/conversations/{talk['id']}/{deed}", json=body)
        assert answer.status_code in {200, 201}, answer.text

    return desk


def test_a_person_takes_over_answers_hands_back_and_ends_it(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = opened(visitor, place.page(bot))
    desk = called(place, bot, page)
    desk("take")
    desk("reply", content="I *am* here. <img src=x onerror=alert(1)>")
    expect(part(page, ".author")).to_have_count(1, timeout=15_000)
    expect(part(page, ".item.other .text").last).to_have_text("I am here. <img src=x onerror=alert(1)>")
    expect(part(page, ".note")).to_have_text("A person has taken over this conversation.")
    visitor.picture("widget-person")
    said = part(page, ".item").count()
    part(page, ".ask textarea").fill("Thank you. Where is my parcel?")
    page.keyboard.press("Enter")
    expect(part(page, ".item.user")).to_have_count(2)
    expect(part(page, ".item.writing")).to_have_count(0)
    part(page, ".tool[aria-label='Close the chat']").click()
    desk("reply", content="On its way.")
    expect(part(page, ".launcher.unread")).to_be_visible(timeout=30_000)
    part(page, ".launcher").click()
    expect(part(page, ".item.other .text").last).to_have_text("On its way.")
    assert part(page, ".item").count() == said + 2  # the question and the answer, each once
    page.reload()
    expect(part(page, ".author")).to_have_count(2)
    desk("hand-back")
    expect(part(page, ".note")).to_have_text("The assistant answers again.", timeout=30_000)
    desk("close")
    page.reload()
    expect(part(page, ".note")).to_contain_text("This conversation has ended.")
    expect(part(page, ".ask")).to_be_hidden()


def test_an_error_is_told_and_the_question_can_be_sent_again(place: Place, bot: str, visit: Any) -> None:
    place.owner.put(f"/v1/tenant/bots/{bot}", json={"settings": {"provider_failure": "apologize"}})
    visitor = visit()
    page = opened(visitor, place.page(bot))
    place.wire.mode = "bad_key"
    part(page, ".ask textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(part(page, ".error")).to_be_visible()
    assert violations(page) == []
    place.wire.mode = "ok"
    page.get_by_role("button", name="Try again").click()
    expect(part(page, "button.mark")).to_have_count(1)
    expect(part(page, ".item.user")).to_have_count(1)
    expect(part(page, ".error")).to_have_count(0)
    place.owner.put(f"/v1/tenant/bots/{bot}", json={"settings": {"provider_failure": "quote"}})


def test_offline_and_too_much_are_said(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = opened(visitor, place.page(bot))
    expect(part(page, ".note")).to_be_hidden()
    visitor.context.set_offline(True)
    expect(part(page, ".note")).to_contain_text("You are offline")
    part(page, ".ask textarea").fill(QUESTION)
    part(page, ".send").click()
    expect(part(page, ".item.user")).to_have_count(0)
    visitor.context.set_offline(False)
    expect(part(page, ".note")).to_be_hidden()
    page.route("**/v1/chat/public", lambda route: route.fulfill(
        status=429, content_type="application/problem+json", body=json.dumps({"code": "rate_limited"}),
        headers={"Retry-After": "41", "Access-Control-Allow-Origin": place.site.origin,
                 "Access-Control-Expose-Headers": "Retry-After"},
    ))  # fmt: skip
    part(page, ".send").click()
    expect(part(page, ".error")).to_contain_text("41 seconds")


def test_an_answer_can_be_stopped(place: Place, visit: Any) -> None:
    free = place.bot(scope={"strictness_level": "lenient", "context_settings": {"citation_required": False}})
    place.wire.answer, place.wire.pace = "One more word. " * 60, 0.1
    page = opened(visit(), place.page(free))
    part(page, ".ask textarea").fill("Tell me a long story about gardens.")
    part(page, ".send").click()
    expect(part(page, ".item.other .text").last).to_contain_text("One more word")
    part(page, ".send[aria-label=Stop]").click()
    expect(part(page, ".said")).to_have_text("Stopped.")
    expect(part(page, ".send[aria-label=Send]")).to_be_visible()


def test_a_website_can_open_it_and_ask(place: Place, bot: str, visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(place.page(bot))
    expect(part(page, ".launcher")).to_be_visible()
    before = set(page.evaluate("() => Object.keys(window)"))
    assert page.evaluate("() => Object.keys(Parley).sort()") == ["close", "open", "reset", "send"]
    page.evaluate(f"() => {{ Parley.send({json.dumps(QUESTION)}) }}")
    expect(part(page, "button.mark")).to_have_count(1)
    page.evaluate("() => Parley.close()")
    expect(part(page, ".panel")).to_be_hidden()
    assert set(page.evaluate("() => Object.keys(window)")) == before
    assert page.evaluate("() => Parley.open.call(null, {}) === undefined")


def test_the_bots_own_page(place: Place, bot: str, visit: Any) -> None:
    place.look(bot, title="Ask Acme", suggestions=[QUESTION])
    visitor = visit()
    page = visitor.page
    page.goto(f"{place.url}/c/{bot}/")
    expect(page).to_have_title("Ask Acme")
    part(page, ".chip").click()
    expect(part(page, "button.mark")).to_have_count(1)
    assert violations(page) == []
    assert not visitor.errors
    assert not [said for said in visitor.warnings if "Content Security Policy" in said]
    visitor.picture("page")
    for other in (place.bot(is_public=False), "00000000-0000-4000-8000-000000000000"):
        page.goto(f"{place.url}/c/{other}/")
        expect(page.get_by_role("heading")).to_have_text("This chat is not available here.")
        assert violations(page) == []
    place.look(bot, title="", suggestions=[])


def test_only_the_bots_websites_may_frame_its_page(place: Place, bot: str, visit: Any) -> None:
    body = (
        f'<!doctype html><html lang=en><title>x</title><body><iframe src="{place.url}/c/{bot}/"></iframe></body></html>'
    )
    for site, framed in ((place.site, True), (place.stranger, False)):
        page = visit().page
        page.goto(site.shows(bot, at=place.url, body=body))
        inside = page.frame_locator("iframe").locator("parley-chat .panel")
        if framed:
            expect(inside).to_be_visible()
        else:
            page.wait_for_load_state("networkidle")
            expect(inside).to_have_count(0)


def test_without_javascript_the_page_says_so(place: Place, bot: str) -> None:
    """Read as it is sent: a browser whose scripts are switched off from outside shows no `noscript`."""
    page = place.owner.get(f"/c/{bot}/", headers={"Accept-Language": "de"}).text
    said = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "Dieser Chat braucht JavaScript." in said


def test_it_is_small(stack: Stack, place: Place) -> None:
    answer = place.owner.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(place.owner.get("/widget.js").content, 9, mtime=0)) < 4500
    again = place.owner.get("/widget.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
