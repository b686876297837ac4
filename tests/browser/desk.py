"""A tenant with one of everything that the dashboard shows, made through the API, the services and a worker at work.

What is typed anywhere comes out of `Words`: sentences for people, or what an attacker would type (payloads.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from uuid import uuid4

import httpx2
from playwright.sync_api import Page

from tests.stack import Stack

POLICY = (
    "Our shipping policy offers free standard shipping on every order over $50. Other orders ship for $5.95. "
    "Express shipping costs $14.95 per order and delivers on the next business day."
)
PASSWORD = "secure_password_123"


class Words:
    """What is typed, in turn: as many of the pieces as a field takes."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._next: Iterator[str] = cycle(pieces)
        self._all = pieces

    def of(self, most: int) -> str:
        """At most so many characters; one piece after the other, those that are too long left out."""
        said = ""
        for _ in self._all:
            piece = next(self._next)
            if len(said) + len(piece) + 1 > most:
                if said:
                    break
                continue
            said = f"{said} {piece}".strip()
        return said


PLAIN = Words(["Shipping and returns", "Orders and payment", "Care of the products"])


@dataclass(frozen=True)
class Desk:
    """A tenant's dashboard, and its owner's way in by the API."""

    url: str
    slug: str
    email: str
    owner: httpx2.Client

    @property
    def root(self) -> str:
        return f"{self.url}/dashboard/{self.slug}/"

    def made(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.owner.post(path, json=body or {})
        assert answer.status_code in {200, 201, 202}, answer.text
        return answer.json()

    def sign_in(self, page: Page) -> None:
        page.goto(f"{self.url}/accounts/login/?next=/dashboard/{self.slug}/")
        page.fill("[name=login]", self.email)
        page.fill("[name=password]", PASSWORD)
        page.click("main [type=submit]")
        page.wait_for_url(self.root)


def opened(stack: Stack, *, name: str = "Desk") -> Desk:
    slug = f"desk-{uuid4().hex[:8]}"
    account = {"email": f"{slug}@acme.example", "password": PASSWORD}
    with stack.client() as anyone:
        made = anyone.post("/admin/tenants/", json={"name": name, "slug": slug, "plan": "enterprise", **account})
        assert made.status_code == 201, made.text
        token = anyone.post("/v1/auth/login", json=account).json()["token"]
    return Desk(stack.url, slug, account["email"], stack.client(token))


def furnish(stack: Stack, desk: Desk, *, words: Words = PLAIN, rows: int = 2) -> None:
    """`rows` of whatever a list shows; the first of each has all that there is to see of one."""
    provider = _several(rows, lambda: desk.made("/v1/tenant/ai-providers/", _provider(words)))[0]
    datasets = _several(rows, lambda: desk.made("/v1/tenant/datasets/", _dataset(words)))
    documents = f"/v1/tenant/datasets/{datasets[0]['id']}/documents"
    _several(rows, lambda: desk.made(documents, _document(words)))
    _upload(desk, documents, words)
    bots = _several(rows, lambda: desk.made("/v1/tenant/bots/", _bot(words, provider["id"])))
    for bot in bots[:2]:
        desk.made(f"/v1/tenant/bots/{bot['id']}/datasets", {"dataset_id": datasets[0]["id"]})
        desk.made(f"/v1/tenant/bots/{bot['id']}/scopes", _scope(words))
    keys = _several(rows, lambda: desk.made("/v1/tenant/api-keys/", {"name": words.of(200), "scopes": ["chat:write"]}))
    for bot in bots:  # whichever of them is looked at
        desk.made(f"/v1/tenant/bots/{bot['id']}/keys", {"key_id": keys[0]["id"]})
    desk.made(f"/v1/tenant/datasets/{datasets[0]['id']}/imports", {"url": "https://shop.invalid/"})
    stack.manage("shell", "-c", _PEOPLE.format(slug=desk.slug, names=[words.of(150) for _ in range(rows)]))
    stack.wait(lambda: _settled(desk, documents), "the documents")
    for bot in bots[:2]:
        _test_set(stack, desk, f"/v1/tenant/bots/{bot['id']}/test-sets", words)
        _talks(desk, bot["id"], words)
    _draft(desk, bots[0]["id"], words)
    stack.manage("shell", "-c", _GAPS.format(slug=desk.slug))


def _several(rows: int, make: Callable[[], Any]) -> list[Any]:
    return [make() for _ in range(rows)]


def _provider(words: Words) -> dict[str, Any]:
    return {"provider_name": "builtin", "name": words.of(200)}


def _dataset(words: Words) -> dict[str, Any]:
    return {
        "name": words.of(200), "description": words.of(2_000), "tags": [words.of(60)],
        "metadata": {words.of(60): words.of(300)},
    }  # fmt: skip


def _document(words: Words) -> dict[str, Any]:
    return {
        "title": words.of(200), "content": f"{POLICY}\n\n# {words.of(100)}\n\n{words.of(4_000)}", "source_type": "text",
        "tags": [words.of(60)], "metadata": {words.of(60): words.of(300)},
    }  # fmt: skip


def _upload(desk: Desk, documents: str, words: Words) -> None:
    """A page of HTML that is read, and a PDF that cannot be."""
    page = f"<h1>{words.of(200)}</h1><p>{POLICY}</p><pre>{words.of(2_000)}</pre>"
    for name, kind, content in (("html", "text/html", page.encode()), ("pdf", "application/pdf", b"%PDF-1.4 broken")):
        named = words.of(80).replace("/", "").replace('"', "") + f".{name}"
        answer = desk.owner.post(f"{documents}/upload", files={"files": (named, content, kind)})
        assert answer.status_code in {200, 201}, answer.text


def _settled(desk: Desk, documents: str) -> bool:
    rows = desk.owner.get(documents, params={"page_size": 100}).json()["results"]
    return all(row["status"] in {"completed", "failed"} for row in rows)


def _bot(words: Words, provider: str) -> dict[str, Any]:
    return {
        "name": words.of(200), "description": words.of(2_000), "system_prompt": words.of(6_000),
        "tenant_ai_provider_id": provider, "is_public": True,
    }  # fmt: skip


def _scope(words: Words) -> dict[str, Any]:
    allowed, forbidden = f"shipping {words.of(150)}", f"weapons {words.of(150)}"
    return {
        "strictness_level": "moderate", "allowed_topics": ["shipping", allowed], "forbidden_topics": [forbidden],
        "topic_examples": {allowed: [words.of(400)]}, "refusal_message": words.of(900),
        "context_settings": {"escalation_triggers": ["speak to a person", words.of(150)]},
    }  # fmt: skip


def _test_set(stack: Stack, desk: Desk, sets: str, words: Words) -> None:
    made = desk.made(sets, {"name": words.of(200), "description": words.of(1_500)})
    for question in ("What does express shipping cost?", words.of(400)):
        case = {"question": question, "expect": "answer", "note": words.of(1_500)}
        desk.made(f"{sets}/{made['id']}/cases", case)
    runs = f"{sets}/{made['id']}/runs"
    desk.made(runs)
    stack.wait(
        lambda: desk.owner.get(runs).json()["results"][0]["status"] not in {"pending", "running"},
        "the run of the tests",
    )


def _talks(desk: Desk, bot: str, words: Words) -> None:
    """Answered, refused, unknown, handed over; and with what the customer thought of it."""
    asked = (
        "What does express shipping cost?", f"What does express shipping cost? {words.of(1_000)}",
        "Do you sell gift wrapping for weddings?", "I want to speak to a person.", words.of(1_500),
    )  # fmt: skip
    for question in asked:
        told = {"bot_id": bot, "message": question, "metadata": {"page": words.of(200)}}
        answer = desk.made("/v1/chat/efficient", told)
        opinion = {"message_id": answer["id"], "rating": "down", "comment": words.of(1_500)}
        desk.made(f"/v1/chat/sessions/{answer['session_id']}/feedback", opinion)


def _draft(desk: Desk, bot: str, words: Words) -> None:
    """A bot whose changes wait for somebody to publish them."""
    address = f"/v1/tenant/bots/{bot}"
    assert desk.owner.put(address, json={"publish_mode": "reviewed"}).status_code == 200
    assert desk.owner.put(address, json={"system_prompt": f"Be kind. {words.of(6_000)}"}).status_code == 200
    desk.made(f"{address}/publish", {"note": words.of(400)})
    assert desk.owner.put(address, json={"system_prompt": f"Be brief. {words.of(6_000)}"}).status_code == 200


_PEOPLE = """
from tenants import members
from tenants.models import Membership, Tenant, User
tenant = Tenant.objects.get(slug={slug!r})
for number, name in enumerate({names!r}):
    user = User.objects.create_user(email=f"{{number}}@{slug}.example", password=None, name=name)
    Membership.objects.create(user=user, tenant=tenant, role="viewer")
User.objects.filter(email="{slug}@acme.example").update(name={names!r}[0])
members.send_invitation(tenant=tenant, email="somebody@{slug}.example", role="editor")
"""
_GAPS = """
from datetime import timedelta
from chat.gaps import gathering, reading
from tenants import context
reading.SETTLED = timedelta(0)
from tenants.models import Tenant
with context.entered(Tenant.objects.get(slug={slug!r}).ref):
    while gathering.gather():
        pass
"""
