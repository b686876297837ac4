"""A real browser before a real Parley: Debian's Chromium, and a tenant with a bot on a running stack."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

from integrations.tests.wire import ANSWER, Wire
from tests.browser.sites import Site
from tests.stack import Stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip
PASSWORD = "secure_password_123"
POLICY = (
    "Our shipping policy offers free standard shipping on every order over $50. Other orders ship for $5.95. "
    "Express shipping costs $14.95 per order and delivers on the next business day."
)


def chromium() -> str:
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if name and (found := shutil.which(name)):
            return found
    pytest.fail("The tests need Chromium: run .ci/browser, or name one with CHROMIUM=/path/to/chromium.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module and no longer: Playwright's event loop would be in the way of tests that use the database."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


@dataclass
class Visitor:
    """A browser with nothing in it, and what happened in it that nobody asked for."""

    context: BrowserContext
    page: Page
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> Page:
        page.on("dialog", self._dismiss)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.warnings.append(said.text))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        return page

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def picture(self, name: str) -> None:
        """Kept for people to look at, where `SCREENSHOTS` names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Any]:
    """`visit(width=360, color_scheme="dark")`: a visitor of their own."""
    contexts = []

    def make(width: int = 1100, height: int = 800, **more: Any) -> Visitor:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        context.set_default_timeout(20_000)
        contexts.append(context)
        visitor = Visitor(context=context, page=context.new_page())
        visitor.watch(visitor.page)
        return visitor

    yield make
    for context in contexts:
        context.close()


@dataclass(frozen=True)
class Place:
    """A tenant on a running Parley, its provider's far side, and websites: one that its bots serve, and another."""

    url: str
    owner: httpx2.Client
    wire: Wire
    site: Site
    stranger: Site
    dataset: str
    provider: str
    slug: str

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.url}/accounts/login/?next=/dashboard/{self.slug}/")
        page.fill("[name=login]", f"{self.slug}@acme.example")
        page.fill("[name=password]", PASSWORD)
        page.click("main [type=submit]")
        page.wait_for_url(f"{self.url}/dashboard/{self.slug}/")

    def bot(
        self, name: str = "Helper", *, provider: str = "", scope: dict[str, Any] | None = None, **fields: Any
    ) -> str:
        given = {"is_public": True, "allowed_domains": [self.site.origin], **fields}
        made = self.made(
            "/v1/tenant/bots/", {"name": name, "tenant_ai_provider_id": provider or self.provider, **given}
        )
        self.made(f"/v1/tenant/bots/{made['id']}/datasets", {"dataset_id": self.dataset})
        if scope:
            self.made(f"/v1/tenant/bots/{made['id']}/scopes", scope)
        return str(made["id"])

    def made(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.owner.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def look(self, bot: str, **fields: Any) -> None:
        answer = self.owner.put(f"/v1/tenant/bots/{bot}/look", json=fields)
        assert answer.status_code == 200, answer.text

    def page(self, bot: str, **more: Any) -> str:
        return self.site.shows(bot, at=self.url, **more)


@pytest.fixture(scope="module")
def prepared(stack: Stack) -> Iterator[Place]:
    wire, site, stranger = Wire(), Site(), Site("127.0.0.2")
    port = stack.start_web("browser", OUTBOUND_ALLOWED_PRIVATE=wire.place, CHAT_PUBLIC_PER_MINUTE="5000")
    url, slug = f"http://127.0.0.1:{port}", f"web-{uuid4().hex[:8]}"
    account = {"email": f"{slug}@acme.example", "password": PASSWORD}
    with httpx2.Client(base_url=url, timeout=60) as anyone:
        made = anyone.post("/admin/tenants/", json={"name": "Web", "slug": slug, "plan": "enterprise", **account})
        assert made.status_code == 201, made.text
        token = anyone.post("/v1/auth/login", json=account).json()["token"]
    owner = httpx2.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"})
    place = Place(url, owner, wire, site, stranger, "", "", slug)
    dataset = place.made("/v1/tenant/datasets/", {"name": "Handbook"})["id"]
    provider = place.made("/v1/tenant/ai-providers/", {
        "provider_name": "openai_compatible", "name": "Local", "api_key": "sk-of-the-test",
        "base_url": f"http://{wire.place}/v1", "custom_settings": {"default_model": "local-1"},
    })["id"]  # fmt: skip
    add_document(stack, owner, dataset, title="Shipping policy", content=POLICY)
    yield Place(url, owner, wire, site, stranger, dataset, provider, slug)
    owner.close()
    for server in (wire, site, stranger):
        server.stop()
    stack.stop("browser")


def add_document(stack: Stack, owner: httpx2.Client, dataset: str, *, title: str, content: str) -> None:
    path = f"/v1/tenant/datasets/{dataset}/documents"
    added = owner.post(path, json={"title": title, "content": content, "source_type": "text"})
    assert added.status_code == 201, added.text
    stack.wait(lambda: all(row["status"] == "completed" for row in owner.get(path).json()["results"]), "the document")


@pytest.fixture
def place(prepared: Place) -> Place:
    wire = prepared.wire
    wire.mode, wire.pace, wire.answer, wire.failures_left = "ok", 0.0, ANSWER, None
    prepared.site.headers = {}
    return prepared


@pytest.fixture
def arrived(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Any]:
    """`arrived(viewport=...)`: a page of somebody who is signed in at the module's `place`."""
    place, contexts = request.getfixturevalue("place"), []

    def arrive(**more: Any) -> Page:
        context = browser.new_context(**more)
        contexts.append(context)
        page = context.new_page()
        place.sign_in(page)
        return page

    yield arrive
    for context in contexts:
        context.close()
