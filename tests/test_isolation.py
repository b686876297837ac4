"""No tenant sees another's: every operation of the OpenAPI description, with another tenant's ids, as every role.

The matrix is generated from the description, so an endpoint that is added is in it, or the test says that it is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import resolve
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from apikeys.enums import Scope
from chat.models import Gap, GapQuestion
from chat.tests.heard import read
from knowledge.tasks import serve
from tenants import context
from tenants.enums import Role
from tenants.http import TenantView
from tenants.models import User
from tenants.types import TenantRef

VERBS = ("get", "post", "put", "patch", "delete")
# A body that is good for each operation that takes one; `{…}` stands for a thing of the tenant who calls.
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/tenant/api-keys": {"name": "Website", "scopes": ["chat:read"]},
    "PUT /v1/tenant/api-keys/{key_id}": {"name": "Website 2"},
    "PUT /v1/tenant/members/{member_id}": {"role": "viewer"},
    "POST /v1/tenant/invitations": {"email": "new@parley.example", "role": "viewer"},
    "POST /v1/tenant/ai-providers": {"provider_name": "builtin"},
    "PUT /v1/tenant/ai-providers/{provider_id}": {"name": "Ours"},
    "POST /v1/tenant/datasets": {"name": "Knowledge"},
    "PUT /v1/tenant/datasets/{dataset_id}": {"description": "Changed"},
    "POST /v1/tenant/datasets/{dataset_id}/search": {"query": "secret formula", "k": 3},
    "POST /v1/tenant/datasets/{dataset_id}/documents": {"title": "T", "content": "Words.", "source_type": "text"},
    "PUT /v1/tenant/datasets/{dataset_id}/documents/{document_id}": {"title": "Changed"},
    "POST /v1/tenant/datasets/{dataset_id}/documents/{document_id}/replace": {"content": "Other words."},
    "PUT /v1/tenant/datasets/{dataset_id}/documents/{document_id}/chunks/{chunk_id}": {"is_enabled": False},
    "POST /v1/tenant/datasets/{dataset_id}/preview": {"content": "Words to be cut."},
    "POST /v1/tenant/datasets/{dataset_id}/imports": {"url": "https://acme.example/sitemap.xml"},
    "PUT /v1/tenant/datasets/{dataset_id}/embedding": {},
    "POST /v1/tenant/datasets/{dataset_id}/embedding/estimate": {},
    "POST /v1/tenant/bots": {"name": "Bot", "tenant_ai_provider_id": "{provider_id}"},
    "PUT /v1/tenant/bots/{bot_id}": {"name": "Bot 2"},
    "POST /v1/tenant/bots/{bot_id}/datasets": {"dataset_id": "{free_dataset_id}"},
    "PUT /v1/tenant/bots/{bot_id}/datasets/{dataset_id}": {"priority": 2},
    "POST /v1/tenant/bots/{bot_id}/keys": {"key_id": "{key_id}"},
    "PUT /v1/tenant/bots/{bot_id}/look": {"color": "#aa0033"},
    "POST /v1/tenant/bots/{bot_id}/rollback": {"version": 1},
    "POST /v1/tenant/bots/{bot_id}/scopes": {"strictness_level": "strict"},
    "POST /v1/tenant/bots/{bot_id}/test-sets": {"name": "Tests"},
    "PUT /v1/tenant/bots/{bot_id}/test-sets/{set_id}": {"name": "More tests"},
    "POST /v1/tenant/bots/{bot_id}/test-sets/{set_id}/cases": {"question": "Is it kept?"},
    "POST /v1/tenant/bots/{bot_id}/test-sets/{set_id}/cases/import": {"cases": [{"question": "Is it kept?"}]},
    "PUT /v1/tenant/bots/{bot_id}/test-sets/{set_id}/cases/{case_id}": {"note": "Changed"},
    "POST /v1/tenant/conversations/{conversation_id}/take": {"anyway": True},
    "POST /v1/tenant/conversations/{conversation_id}/reply": {"content": "Hello, this is a person."},
    "POST /v1/tenant/gaps/{gap_id}/answer": {"dataset_id": "{dataset_id}", "answer": "It is kept in the safe."},
    "POST /v1/tenant/conversations/{conversation_id}/messages/{message_id}/test-case": {"test_set_id": "{set_id}"},
    "PUT /v1/tenant/bots/{bot_id}/scopes/{scope_id}": {"strictness_level": "lenient"},
}
UPLOAD = "/v1/tenant/datasets/{dataset_id}/documents/upload"
LOGO = "/v1/tenant/bots/{bot_id}/look/logo"
# One pixel, as WebP.
PICTURE = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"


def _operations() -> list[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # spectacular's own
    found = [
        (verb.upper(), path)
        for path, item in schema["paths"].items()
        for verb in VERBS
        if verb in item and path.startswith("/v1/tenant/")
    ]
    return sorted(found)


OPERATIONS = _operations()
WITH_IDS = [(verb, path) for verb, path in OPERATIONS if "{" in path]


class Belongings:
    """A tenant with one of everything, made over the API by its owner."""

    def __init__(self, *, client: APIClient, tenant: TenantRef) -> None:
        self.client = client
        self.ids: dict[str, str] = {}
        self._make_people(tenant)
        self._make("provider_id", "/v1/tenant/ai-providers", {"provider_name": "builtin"})
        self._make("dataset_id", "/v1/tenant/datasets", {"name": f"Formulas of {tenant.slug}"})
        self._make("free_dataset_id", "/v1/tenant/datasets", {"name": f"More of {tenant.slug}"})
        text = {
            "title": "Formula",
            "content": f"The secret formula of {tenant.slug} is kept here.",
            "source_type": "text",
        }
        self._make("document_id", f"/v1/tenant/datasets/{self.ids['dataset_id']}/documents", text)
        with context.entered(tenant):
            while serve():
                pass
        site = {"url": f"https://{tenant.slug}.example/sitemap.xml"}
        self._make("import_id", f"/v1/tenant/datasets/{self.ids['dataset_id']}/imports", site, status=202)
        document = f"/v1/tenant/datasets/{self.ids['dataset_id']}/documents/{self.ids['document_id']}"
        self.ids["chunk_id"] = client.get(f"{document}/chunks").json()["results"][0]["id"]
        bot = {"name": "Guard", "tenant_ai_provider_id": self.ids["provider_id"], "is_public": True}
        self._make("bot_id", "/v1/tenant/bots", bot)
        mine = f"/v1/tenant/bots/{self.ids['bot_id']}"
        self._post(f"{mine}/datasets", {"dataset_id": self.ids["dataset_id"]})
        self._make("scope_id", f"{mine}/scopes", {"strictness_level": "lenient"})
        self._make("key_id", "/v1/tenant/api-keys", {"name": "K", "scopes": ["chat:read"]})
        self._post(f"{mine}/keys", {"key_id": self.ids["key_id"]})
        self._talk(client)
        self._make_tests(mine, tenant)

    def _talk(self, client: APIClient) -> None:
        turn = {"message": "What is the secret formula?", "bot_id": self.ids["bot_id"]}
        self.session = self._post("/v1/chat/efficient", turn, status=200)["session_id"]
        found = client.get("/v1/tenant/conversations").json()["results"]
        self.ids["conversation_id"] = found[0]["id"]
        talk = client.get(f"/v1/tenant/conversations/{self.ids['conversation_id']}").json()
        self.ids["message_id"] = talk["messages"][-1]["id"]

    def _make_people(self, tenant: TenantRef) -> None:
        self._make("invitation_id", "/v1/tenant/invitations", {"email": f"x@{tenant.slug}.example", "role": "viewer"})
        colleague = User.objects.create_user(email=f"colleague@{tenant.slug}.example", password=None)
        self.ids["member_id"] = str(colleague.memberships.create(tenant_id=tenant.id, role=Role.EDITOR).id)

    def _make_tests(self, bot: str, tenant: TenantRef) -> None:
        self._make("set_id", f"{bot}/test-sets", {"name": f"Tests of {tenant.slug}"})
        tests = f"{bot}/test-sets/{self.ids['set_id']}"
        self._make("case_id", f"{tests}/cases", {"question": "What is the secret formula?"})
        self._make("run_id", f"{tests}/runs", {}, status=202)
        self._make_gap(tenant)

    def _make_gap(self, tenant: TenantRef) -> None:
        now = timezone.now()
        with context.entered(tenant):
            gap = Gap.objects.create(
                bot_id=self.ids["bot_id"], question=f"What does {tenant.slug} hide?", origin_id=self.ids["message_id"],
                embedder="none", vector=[1.0], first_at=now, last_at=now,
            )  # fmt: skip
            GapQuestion.objects.create(
                message_id=self.ids["message_id"], gap=gap, kind="unanswered", text=gap.question, asked_at=now
            )
        self.ids["gap_id"] = str(gap.id)

    def _post(self, path: str, body: dict[str, Any], *, status: int = 201) -> Any:
        answer = self.client.post(path, body)
        assert answer.status_code == status, answer.content
        return answer.json()

    def _make(self, name: str, path: str, body: dict[str, Any], *, status: int = 201) -> None:
        self.ids[name] = self._post(path, body, status=status)["id"]


@pytest.fixture
def theirs(api_as: Callable[..., APIClient], globex: TenantRef) -> Belongings:
    return Belongings(client=api_as(Role.OWNER, tenant=globex), tenant=globex)


@pytest.fixture
def ours(api: APIClient, acme: TenantRef) -> Belongings:
    return Belongings(client=api, tenant=acme)


def _url(path: str, ids: dict[str, str]) -> str:
    """The address of a thing; what is counted rather than named by an id begins with 1."""
    return re.sub(r"{(\w+)}", lambda found: ids.get(found[1], "1"), path)


def _call(client: APIClient, verb: str, path: str, ids: dict[str, str], body_ids: dict[str, str]) -> Any:
    url = _url(path, ids)
    if path == UPLOAD:
        file = SimpleUploadedFile("note.txt", b"Some words to keep.")
        return client.post(url, {"files": [file]}, format="multipart")
    if (verb, path) == ("PUT", LOGO):
        return client.put(url, {"file": SimpleUploadedFile("logo.webp", PICTURE)}, format="multipart")
    body = json.loads(
        re.sub(r"{(\w+)}", lambda found: body_ids[found[1]], json.dumps(BODIES.get(f"{verb} {path}", {})))
    )
    return getattr(client, verb.lower())(url, body if verb != "GET" else None)


def test_the_matrix_knows_every_operation() -> None:
    assert len(OPERATIONS) > 30
    bodied = {f"{verb} {path}" for verb, path in OPERATIONS}
    assert set(BODIES) <= bodied


@contextmanager
def _undone() -> Iterator[None]:
    """What an operation did is taken back, so that each finds everything in its place."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_anothers_id_is_a_404_like_any_and_its_owner_gets_through(
    api: APIClient, key_client: Callable[..., APIClient], theirs: Belongings
) -> None:
    nothing = {name: str(uuid4()) for name in theirs.ids}
    by_key = key_client(*Scope.values)
    for verb, path in WITH_IDS:
        for client in (api, by_key):
            strange = _call(client, verb, path, theirs.ids, theirs.ids)
            unknown = _call(client, verb, path, nothing, theirs.ids)
            assert (strange.status_code, strange.content) == (unknown.status_code, unknown.content), (verb, path)
            expected = {404} if client is api else {403, 404}
            assert strange.status_code in expected, (verb, path, strange.content)
        with _undone():
            allowed = _call(theirs.client, verb, path, theirs.ids, theirs.ids)
        assert allowed.status_code in {200, 201, 202, 204, 409}, (verb, path, allowed.content)


# Anybody may give up their own place; another's takes more than the view asks for.
OF_OTHERS = {("DELETE", "/v1/tenant/members/{member_id}"): Role.ADMIN}


def test_every_role_gets_what_its_view_says_and_no_more(
    ours: Belongings, api_as: Callable[..., APIClient], anonymous: APIClient
) -> None:
    clients = {role: api_as(role) for role in Role}
    for verb, path in OPERATIONS:
        assert _call(anonymous, verb, path, ours.ids, ours.ids).status_code == 401, (verb, path)
        needed = OF_OTHERS.get((verb, path), _view(path, ours).roles[verb])
        for role, client in clients.items():
            with _undone():
                answer = _call(client, verb, path, ours.ids, ours.ids)
            if role.covers(needed):
                assert answer.status_code not in {401, 403}, (verb, path, role, answer.content)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "role_missing"), (verb, path, role)


def test_a_key_gets_what_its_scopes_say_and_no_more(ours: Belongings, key_client: Callable[..., APIClient]) -> None:
    for verb, path in OPERATIONS:
        needed = _view(path, ours).scopes.get(verb)
        without = [scope for scope in Scope.values if scope != needed]
        refused = _call(key_client(*without), verb, path, ours.ids, ours.ids)
        expected = (403, "scope_missing" if needed else "key_not_allowed")
        assert (refused.status_code, refused.json()["code"]) == expected, (verb, path)
        if needed:
            with _undone():
                allowed = _call(key_client(needed), verb, path, ours.ids, ours.ids)
            assert allowed.status_code not in {401, 403}, (verb, path, allowed.content)


def _view(path: str, owned: Belongings) -> type[TenantView]:
    url = _url(path, owned.ids)
    view: type[TenantView] = resolve(url).func.cls  # type: ignore[attr-defined]  # DRF hangs the class on its function
    return view


def test_lists_and_searches_hold_nothing_of_anothers(api: APIClient, ours: Belongings, theirs: Belongings) -> None:
    for verb, path in OPERATIONS:
        if verb == "GET":
            found = _text(_call(api, verb, path, ours.ids, ours.ids))
            assert not [name for name, value in theirs.ids.items() if value in found], path
            assert "globex" not in found.lower(), path
    search = f"/v1/tenant/datasets/{ours.ids['dataset_id']}/search"
    assert "globex" not in api.post(search, {"query": "secret formula of globex"}).content.decode().lower()


def _text(response: Any) -> str:
    return (read(response) if response.streaming else response.content).decode()


def test_anothers_id_in_a_body_is_refused(api: APIClient, ours: Belongings, theirs: Belongings) -> None:
    bot = api.post("/v1/tenant/bots", {"name": "B", "tenant_ai_provider_id": theirs.ids["provider_id"]})
    unknown = api.post("/v1/tenant/bots", {"name": "B", "tenant_ai_provider_id": str(uuid4())})
    assert (bot.status_code, bot.content) == (unknown.status_code, unknown.content)
    assert bot.status_code in {400, 404}
    mine = f"/v1/tenant/bots/{ours.ids['bot_id']}/datasets"
    link = api.post(mine, {"dataset_id": theirs.ids["dataset_id"]})
    assert link.status_code in {400, 404}
    assert api.post(mine, {"dataset_id": ours.ids["free_dataset_id"]}).status_code == 201
    turn = {"message": "What is the secret formula?", "bot_id": theirs.ids["bot_id"]}
    assert api.post("/v1/chat/efficient", turn).json()["code"] == "bot_not_found"
    mixed = {"message": "Hello", "bot_id": ours.ids["bot_id"], "session_id": theirs.session}
    assert api.post("/v1/chat/efficient", mixed).status_code == 404
