#!/usr/bin/env python3
"""Ask a bot, print its answer while it is written, and what it rests on.

    PARLEY_BOT=... .venv/bin/python docs/examples/streaming.py "How much is express shipping?" "And to Canada?"

Each question goes on with the talk of the one before it. PARLEY_URL is http://localhost:8000 unless it is set. With
PARLEY_API_KEY the bot is asked over /v1/chat/efficient, otherwise over /v1/chat/public, for which it must be public.
Needs aiohttp alone. `events` and `StreamingBot` can be imported.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

SILENCE = 60  # seconds; the server says something every 15
QUESTIONS = ["How much does express shipping cost?", "And when does it arrive?"]

Json = dict[str, Any]


class Refused(Exception):
    """A problem, before the stream or in it; `code` is stable."""

    def __init__(self, problem: Json) -> None:
        self.code = str(problem.get("code", "error"))
        super().__init__(f"{self.code}: {problem.get('detail') or problem.get('title', '')}")


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Json]]:
    """Each event's name and data. Comments, which only keep the line open, are passed over."""
    name = ""
    async for line in response.content:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


class StreamingBot:
    """A talk with one bot."""

    def __init__(self, http: aiohttp.ClientSession, *, base_url: str, bot_id: str, api_key: str = "") -> None:
        self._http, self._base_url, self._bot_id, self._api_key = http, base_url.rstrip("/"), bot_id, api_key
        self.session_id: str | None = None

    async def ask(self, message: str) -> AsyncIterator[tuple[str, Json]]:
        """The events of the answer up to `end`. Raises `Refused`. Leaving the loop early ends the answer."""
        body: Json = {"bot_id": self._bot_id, "session_id": self.session_id, "stream": True}
        if self._api_key:
            door, headers = "efficient", {"Authorization": f"Bearer {self._api_key}"}
            body["message"] = message
        else:
            door, headers = "public", {}
            body["messages"] = [{"role": "user", "content": message}]
        patience = aiohttp.ClientTimeout(total=None, sock_read=SILENCE)
        url = f"{self._base_url}/v1/chat/{door}"
        async with self._http.post(url, json=body, headers=headers, timeout=patience) as response:
            if response.status != 200:  # refused before a word was said: a plain problem
                raise Refused(await response.json(content_type=None))
            async for name, data in events(response):
                if name == "error":
                    raise Refused(data)
                if name == "start":
                    self.session_id = data["session_id"]
                yield name, data
                if name == "end":
                    return
            raise Refused({"code": "broken_off", "detail": "The stream ended before the answer did."})


async def main(questions: list[str]) -> None:
    url = os.environ.get("PARLEY_URL", "http://localhost:8000")
    async with aiohttp.ClientSession() as http:
        bot = StreamingBot(
            http, base_url=url, bot_id=os.environ["PARLEY_BOT"], api_key=os.environ.get("PARLEY_API_KEY", "")
        )
        for question in questions:
            print(f"Q: {question}\nA: ", end="", flush=True)
            said = ""
            async for name, data in bot.ask(question):
                if name == "token":
                    said += data["text"]
                    print(data["text"], end="", flush=True)
                elif name == "end":
                    _finish(said, data)


def _finish(said: str, answer: Json) -> None:
    """What `end` carries is the answer, whatever was said on the way."""
    print()
    if answer["message"]["content"] != said:
        print(f"A, as it counts: {answer['message']['content']}")
    for citation in answer["citations"]:
        page = f", page {citation['page']}" if citation["page"] else ""
        print(f"   [{citation['number']}] {citation['document_title']}{page}: {citation['quote']}")
    print(f"   {answer['model'] or 'no model'}, {answer['latency_ms']['total']} ms\n")


if __name__ == "__main__":
    if "PARLEY_BOT" not in os.environ:
        sys.exit("Say which bot: PARLEY_BOT=its id")
    try:
        asyncio.run(main(sys.argv[1:] or QUESTIONS))
    except (Refused, aiohttp.ClientError, TimeoutError) as error:
        sys.exit(f"\n{error or type(error).__name__}")
