"""Nothing that bots, documents, people or owners write becomes more than words on somebody's website."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Place, Visitor, add_document
from tests.browser.payloads import payloads
from tests.browser.sites import Site
from tests.browser.test_widget import QUESTION, ask, opened, part
from tests.stack import ROOT, Stack

EVIL = "http://127.0.0.3:9"
FREE = {"strictness_level": "lenient", "context_settings": {"citation_required": False}}
TEXTS = payloads(EVIL)
# What the words may be dressed in; a link is looked at by itself.
TAGS = {
    "a",
    "bdi",
    "blockquote",
    "br",
    "button",
    "code",
    "details",
    "div",
    "em",
    "footer",
    "form",
    "h1",
    "h2",
    "header",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "path",
    "pre",
    "section",
    "span",
    "strong",
    "summary",
    "svg",
    "table",
    "td",
    "textarea",
    "th",
    "tr",
    "ul",
}


def all_is_well(place: Place, visitor: Visitor, page: Page) -> None:
    """No dialog, no script, no request to anybody, no element and no link that has no business there."""
    for link in part(page, "a").all():
        address, text = link.get_attribute("href") or "", link.text_content() or ""
        assert address.startswith(("http://", "https://"))
        assert "@" not in address
        assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer")
        host = address.split("/")[2]
        assert host in text, (address, text)
    for control in part(page, "summary, .feedback button, button.mark").all()[:20]:
        control.click()
    found = page.evaluate("""() => {
        const all = [...document.querySelector("parley-chat").shadowRoot.querySelectorAll("*")];
        const odd = all.flatMap(one => [...one.attributes]).map(one => one.name).filter(name => name.startsWith("on"));
        const images = all.filter(one => one.localName === "img").map(one => one.src);
        return { tags: [...new Set(all.map(one => one.localName))], odd, images };
    }""")
    assert set(found["tags"]) <= TAGS
    assert found["odd"] == []
    assert [src for src in found["images"] if not src.startswith(place.url)] == []
    assert page.evaluate("() => window.broken") is None
    assert visitor.dialogs == []
    assert visitor.errors == []
    served = {site.origin.removeprefix("http://") for site in (place.site, place.stranger)}
    assert visitor.hosts <= served | {place.url.removeprefix("http://")}


@pytest.fixture(scope="module")
def free(prepared: Place) -> str:
    return prepared.bot(scope=FREE)


def test_there_are_many() -> None:
    assert len(set(TEXTS)) >= 40


@pytest.mark.parametrize("half", [0, 1])
def test_what_a_provider_answers(place: Place, free: str, visit: Any, half: int) -> None:
    visitor = visit()
    page = opened(visitor, place.page(free))
    place.wire.answer = "Here it is. " + "\n\n".join(TEXTS[half::2])
    ask(page, "Tell me a story about a garden.")
    all_is_well(place, visitor, page)
    page.reload()
    expect(part(page, ".item.user")).to_have_count(1)
    all_is_well(place, visitor, page)


def test_what_a_server_that_lets_everything_through_would_send(place: Place, free: str, visit: Any) -> None:
    """Parley's checks take most of it out of an answer; the widget does not rely on them."""
    visitor = visit(height=2400)
    page = opened(visitor, place.page(free))
    cited = [
        {
            "number": at + 1,
            "document_title": text,
            "heading": text,
            "page": 1,
            "quote": text,
            "document_id": "",
            "score": 1,
        }
        for at, text in enumerate(TEXTS)
    ]
    said = "".join(f"{text} [{at + 1}]\n\n" for at, text in enumerate(TEXTS))
    whole = {"id": "x", "session_id": "s", "message": {"role": "assistant", "content": said}, "citations": cited}
    events = [("start", {"session_id": "s"}), ("token", {"text": said}), ("end", whole)]
    body = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    headers = {"Access-Control-Allow-Origin": place.site.origin, "Content-Type": "text/event-stream"}
    page.route("**/v1/chat/public", lambda route: route.fulfill(status=200, headers=headers, body=body))
    ask(page, "Everything, please.")
    expect(part(page, "details")).to_have_count(len(TEXTS))
    all_is_well(place, visitor, page)


def test_what_a_visitor_writes(place: Place, free: str, visit: Any) -> None:
    visitor = visit()
    page = opened(visitor, place.page(free))
    written = "\n".join(TEXTS)[:3_900]
    ask(page, written)
    assert (part(page, ".item.user .text").text_content() or "").startswith("<script>")
    all_is_well(place, visitor, page)


def test_what_documents_say_and_are_called(stack: Stack, place: Place, visit: Any) -> None:
    """The built-in provider quotes them, so that the words come as they are."""
    dataset = place.made("/v1/tenant/datasets/", {"name": "Hostile"})["id"]
    for at, text in enumerate(TEXTS[:8]):
        content = (
            f"# {TEXTS[at + 8]}\n\nThe warranty of the spade number {at} is five years and {text} covers the handle."
        )
        add_document(stack, place.owner, dataset, title=f"Spade {at} {text}", content=content)
    provider = place.made("/v1/tenant/ai-providers/", {"provider_name": "builtin", "name": "Quotes"})["id"]
    bot = place.bot(provider=provider)
    place.made(f"/v1/tenant/bots/{bot}/datasets", {"dataset_id": dataset})
    visitor = visit()
    page = opened(visitor, place.page(bot))
    ask(page, "How long is the warranty of the spade?")
    expect(part(page, "details").first).to_contain_text("Spade")
    all_is_well(place, visitor, page)


@pytest.mark.parametrize("at", range(0, len(TEXTS), 6))
def test_what_an_owner_writes_into_the_look(place: Place, free: str, visit: Any, at: int) -> None:
    six = [text.replace("\x01", "") for text in TEXTS[at : at + 6]]
    place.look(
        free, title=six[0][:80], greeting=six[0][:500], placeholder=six[-1][:100], launcher=six[0][:40],
        suggestions=[text[:150] for text in six], privacy_note=six[0][:300],
    )  # fmt: skip
    visitor = visit()
    page = opened(visitor, place.page(free))
    part(page, ".tool[aria-label='Close the chat']").click()
    all_is_well(place, visitor, page)
    page.goto(f"{place.url}/c/{free}/")
    expect(part(page, ".panel")).to_be_visible()
    all_is_well(place, visitor, page)
    place.look(free, title="", greeting="", placeholder="", launcher="", suggestions=[], privacy_note="")


def test_the_guides_own_client_still_works(place: Place, visit: Any) -> None:
    """docs/chat-client.html, with the class that the guide prints."""
    bot = place.bot(scope={"strictness_level": "moderate", "allowed_topics": ["shipping"]})
    key = place.made("/v1/tenant/api-keys/", {"name": "Page", "scopes": ["chat:read", "chat:write"]})["key"]
    site: Site = place.site
    visitor = visit()
    page = visitor.page
    page.goto(site.shows(bot, at=place.url, body=(ROOT / "docs" / "chat-client.html").read_text(encoding="utf-8")))
    for name, value in {"Address of Parley": place.url, "Bot id": bot, "API key": key}.items():
        page.get_by_label(name).fill(value)
    for answers in (1, 2):
        page.get_by_label("Your message").fill(QUESTION)
        page.get_by_role("button", name="Send").click()
        expect(page.locator("li.assistant")).to_have_count(answers)
    expect(page.locator("li.assistant").first).to_contain_text("[1] Shipping policy")
    talk = place.owner.get("/v1/tenant/conversations", params={"bot": bot}).json()
    assert (talk["count"], talk["results"][0]["message_count"]) == (1, 4)
