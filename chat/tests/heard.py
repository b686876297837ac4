"""What a client hears of the chat endpoints: requests as it sends them, streams as it reads them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from rest_framework.test import APIClient

PUBLIC, EFFICIENT, COMPLETIONS = "/v1/chat/public", "/v1/chat/efficient", "/v1/chat/completions"
SHIPPING = "What is your shipping policy?"


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is 0 and `name` empty where the event has none; `data` is JSON, or `[DONE]`."""

    id: int
    name: str
    data: Any


def events(sent: bytes) -> list[Event]:
    """Strictly: an event is lines of `name: value` and one of data, and comments are left out."""
    assert sent.endswith(b"\n\n")
    return [_event(block) for block in sent.decode()[:-2].split("\n\n") if not block.startswith(":")]


def _event(block: str) -> Event:
    fields = [line.split(": ", 1) for line in block.split("\n")]
    found = {name: value for name, value in fields}  # noqa: C416 -- pairs, as a type
    assert len(found) == len(fields), block  # no field twice, so one line of data
    assert set(found) <= {"id", "event", "data"}, block
    data = found["data"]
    return Event(int(found.get("id", 0)), found.get("event", ""), data if data == "[DONE]" else json.loads(data))


def read(response: Any) -> bytes:
    """All of a streamed answer."""
    assert response.streaming, response.content

    async def collected(parts: AsyncIterator[bytes]) -> bytes:
        return b"".join([part async for part in parts])

    return async_to_sync(collected)(response.streaming_content)


def heard(response: Any) -> list[Event]:
    assert response.status_code == 200, response.content
    return events(read(response))


def tokens(told: list[Event]) -> str:
    return "".join(event.data["text"] for event in told if event.name == "token")


def ask(client: APIClient, bot_id: object, question: str = SHIPPING, *, path: str = PUBLIC, **more: Any) -> Any:
    """A question at any of the endpoints; `headers` and fields of the body besides."""
    headers = more.pop("headers", None)
    said: dict[str, Any] = {"bot_id": str(bot_id), "messages": [{"role": "user", "content": question}]}
    if path == EFFICIENT:
        said = {"bot_id": str(bot_id), "message": question}
    elif path == COMPLETIONS:
        said["model"] = said.pop("bot_id")
    return client.post(path, {**said, **more}, headers=headers)


def stream(client: APIClient, bot_id: object, question: str = SHIPPING, **more: Any) -> list[Event]:
    return heard(ask(client, bot_id, question, stream=True, **more))
