"""Talking over real sockets: OpenAI's own client, and customers who hang up, on a running stack.

The far side of the provider is in this process, on loopback, which Parley's web process has to be allowed to reach:
the tests have one of their own beside the stack's, over the same database.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import openai
import pytest

from integrations.tests.wire import ANSWER, Wire
from tests.stack import Stack

QUESTION = "What is your shipping policy?"
POLICY = "Our shipping policy offers free standard shipping on every order over $50. Other orders ship for $5.95."
SECONDS = 2.0  # in which the provider's stream is closed
CITED = {"strictness_level": "moderate", "allowed_topics": ["shipping"]}
FREE = {"strictness_level": "lenient", "context_settings": {"citation_required": False}}


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant with a public bot that must cite and one that need not, and the key to both."""

    url: str
    port: int
    wire: Wire
    owner: httpx2.Client
    key: str
    cites: str
    free: str

    def openai(self, key: str = "") -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key=key or self.key, max_retries=0)


def made(answer: httpx2.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def far_side() -> Iterator[Wire]:
    server = Wire()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def port(stack: Stack, far_side: Wire) -> Iterator[int]:
    """Of the web process that reaches the far side."""
    yield stack.start_web("talk", OUTBOUND_ALLOWED_PRIVATE=far_side.place)
    stack.stop("talk")


@pytest.fixture(scope="module")
def prepared(stack: Stack, port: int, far_side: Wire) -> Iterator[Place]:
    url, slug = f"http://127.0.0.1:{port}", f"talk-{uuid4().hex[:8]}"
    account = {"email": f"{slug}@acme.example", "password": "secure_password_123"}
    with httpx2.Client(base_url=url, timeout=60) as anonymous:
        made(anonymous.post("/admin/tenants/", json={"name": "Talk", "slug": slug, "plan": "enterprise", **account}))
        token = made(anonymous.post("/v1/auth/login", json=account), 200)["token"]
    owner = httpx2.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"})
    provider = made(owner.post("/v1/tenant/ai-providers/", json={
        "provider_name": "openai_compatible", "name": "Local", "api_key": "sk-of-the-test",
        "base_url": f"http://{far_side.place}/v1", "custom_settings": {"default_model": "local-1"},
    }))  # fmt: skip
    dataset = made(owner.post("/v1/tenant/datasets/", json={"name": "Handbook"}))
    documents = f"/v1/tenant/datasets/{dataset['id']}/documents"
    made(owner.post(documents, json={"title": "Shipping policy", "content": POLICY, "source_type": "text"}))

    def searchable() -> bool:
        return all(row["status"] == "completed" for row in made(owner.get(documents), 200)["results"])

    stack.wait(searchable, "the document")
    bots = []
    for scope in (CITED, FREE):
        bot = made(owner.post("/v1/tenant/bots/", json={
            "name": "Helper", "tenant_ai_provider_id": provider["id"], "is_public": True,
        }))["id"]  # fmt: skip
        made(owner.post(f"/v1/tenant/bots/{bot}/datasets", json={"dataset_id": dataset["id"]}))
        made(owner.post(f"/v1/tenant/bots/{bot}/scopes", json=scope))
        bots.append(bot)
    key = made(owner.post("/v1/tenant/api-keys/", json={"name": "Website", "scopes": ["chat:write"]}))["key"]
    yield Place(url=url, port=port, wire=far_side, owner=owner, key=key, cites=bots[0], free=bots[1])
    owner.close()


@pytest.fixture
def place(prepared: Place) -> Place:
    wire = prepared.wire
    wire.mode, wire.pace, wire.answer, wire.open, wire.cut = "ok", 0.0, ANSWER, 0, 0
    wire.requests.clear()
    return prepared


def asked(place: Place, bot: str, **more: Any) -> Any:
    with place.openai() as client:
        return client.chat.completions.create(model=bot, messages=[{"role": "user", "content": QUESTION}], **more)


def test_openais_client_gets_a_whole_answer(place: Place) -> None:
    answer = asked(place, place.cites, temperature=1.5)
    assert answer.choices[0].message.content == ANSWER
    assert (answer.choices[0].message.role, answer.choices[0].finish_reason) == ("assistant", "stop")
    assert answer.usage.total_tokens == 1200
    assert (answer.model, answer.id[:9]) == (place.cites, "chatcmpl-")
    assert [citation["number"] for citation in answer.model_extra["citations"]] == [1]


def test_openais_client_reads_a_stream(place: Place) -> None:
    place.wire.answer, place.wire.pace = "Whales are mammals of the deep sea.", 0.05
    with place.openai() as client:
        chunks = list(
            client.chat.completions.create(
                model=place.free,
                messages=[{"role": "system", "content": "Obey."}, {"role": "user", "content": QUESTION}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    texts = [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]
    assert len(texts) > 1  # as they came
    assert "".join(texts) == place.wire.answer
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 1200
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


def test_openais_client_lists_the_bots_as_models(place: Place) -> None:
    with place.openai() as client:
        assert {model.id for model in client.models.list()} == {place.cites, place.free}
        assert client.models.retrieve(place.cites).id == place.cites


def test_openais_client_raises_what_it_would_at_home(place: Place) -> None:
    with place.openai("ak_live_" + "x" * 40) as stranger, pytest.raises(openai.AuthenticationError) as unknown:
        stranger.models.list()
    assert unknown.value.status_code == 401
    with pytest.raises(openai.NotFoundError) as missing:
        asked(place, str(uuid4()))
    assert missing.value.code == "bot_not_found"
    with pytest.raises(openai.BadRequestError) as refused:
        asked(place, place.cites, tools=[{"type": "function", "function": {"name": "f"}}])
    assert (refused.value.param, refused.value.type) == ("tools", "invalid_request_error")
    with pytest.raises(openai.BadRequestError):
        asked(place, place.cites, n=2, stream=True)  # before there is a stream


def test_openais_client_is_told_of_a_failure_in_the_middle(place: Place) -> None:
    place.wire.mode = "error_middle"
    heard: list[str] = []
    with place.openai() as client:  # which must outlive its stream
        stream = client.chat.completions.create(
            model=place.free, messages=[{"role": "user", "content": QUESTION}], stream=True
        )
        with pytest.raises(openai.APIError) as failed:
            heard.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert str(failed.value.code).startswith("provider_")
    assert "sk-of-the-test" not in str(failed.value.body)
    assert "".join(heard) == "Orders"
    assert len(place.wire.requests) == 1


def call(place: Place, path: str, body: dict[str, Any]) -> socket.socket:
    """A request whose answer is still to be read."""
    sent = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nAuthorization: Bearer {place.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    caller = socket.create_connection(("127.0.0.1", place.port), timeout=30)
    caller.sendall(head.encode() + sent)
    return caller


def until(done: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(done())


def last_said(place: Place, bot: str, stack: Stack) -> Any:
    """The bot's last message, as its tenant reads it, once it is on record."""

    def found() -> Any:
        rows = made(place.owner.get("/v1/tenant/conversations/", params={"bot": bot}), 200)["results"]
        if not rows or rows[0]["metadata"].get("call") != place.wire.answer:
            return None
        return made(place.owner.get(f"/v1/tenant/conversations/{rows[0]['id']}"), 200)["messages"][-1]

    return stack.wait(found, "the turn on record", seconds=30)


def body_for(path: str, bot: str, mark: str, **more: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"message": QUESTION, "bot_id": bot}
    if not path.endswith("efficient"):
        name = "model" if path.endswith("completions") else "bot_id"
        said = {name: bot, "messages": [{"role": "user", "content": QUESTION}]}
    return said | {"metadata": {"call": mark}, **more}


@pytest.mark.parametrize("path", ["/v1/chat/public", "/v1/chat/efficient", "/v1/chat/completions"])
def test_who_hangs_up_on_a_stream_hangs_up_on_the_provider(place: Place, stack: Stack, path: str) -> None:
    mark = place.wire.answer = f"Words for {path} that do not end."
    place.wire.mode = "endless_words"
    caller = call(place, path, body_for(path, place.free, mark, stream=True))
    heard = b""
    with caller:
        while b"Words" not in heard:
            part = caller.recv(4096)
            assert part, heard
            heard += part
        assert place.wire.open == 1
    assert until(lambda: (place.wire.open, place.wire.cut) == (0, 1), SECONDS)
    said = last_said(place, place.free, stack)
    assert said["status"] == "aborted"
    assert said["content"].startswith("Words")


@pytest.mark.parametrize("path", ["/v1/chat/public", "/v1/chat/efficient", "/v1/chat/completions"])
def test_who_hangs_up_while_waiting_hangs_up_on_the_provider(place: Place, stack: Stack, path: str) -> None:
    mark = place.wire.answer = f"Nothing for {path}."
    place.wire.mode = "hang"
    with call(place, path, body_for(path, place.free, mark)):
        assert until(lambda: place.wire.open == 1, 30)
    assert until(lambda: (place.wire.open, place.wire.cut) == (0, 1), SECONDS)
    said = last_said(place, place.free, stack)
    assert (said["status"], said["content"]) == ("aborted", "")


def test_who_stays_hears_it_all_and_the_provider_is_not_cut_off(place: Place, stack: Stack) -> None:
    mark = place.wire.answer = "Orders over $50 ship free, surely free [1]."
    with httpx2.stream(
        "POST", f"{place.url}/v1/chat/public", json=body_for("public", place.cites, mark, stream=True), timeout=60
    ) as answer:
        heard = answer.read().decode()
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert heard.endswith("\n\n")
    assert "event: end\n" in heard
    assert (place.wire.open, place.wire.cut) == (0, 0)
    assert last_said(place, place.cites, stack)["status"] == "complete"
