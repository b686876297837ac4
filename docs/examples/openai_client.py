#!/usr/bin/env python3
"""Ask a bot with OpenAI's own client: the bots that the key opens, one answer whole, a follow-up streamed.

    PARLEY_API_KEY=ak_live_... .venv/bin/python docs/examples/openai_client.py "How much is express shipping?"

A bot is a model here: its id is the model's name. PARLEY_BOT chooses one; otherwise the first is asked. PARLEY_URL is
http://localhost:8000 unless it is set. The key needs the scope chat:write. Needs the package `openai`.
"""

import os
import sys
from typing import Any

from openai import APIError, BaseModel, OpenAI


def main(question: str) -> None:
    url = os.environ.get("PARLEY_URL", "http://localhost:8000").rstrip("/")
    client = OpenAI(base_url=f"{url}/v1", api_key=os.environ["PARLEY_API_KEY"])

    bots = client.models.list().data
    print("Bots:", ", ".join(f"{bot.id} ({_extra(bot, 'name')})" for bot in bots))
    model = os.environ.get("PARLEY_BOT") or bots[0].id

    # Whole. What OpenAI's format has no place for comes beside it.
    print(f"\nQ: {question}")
    whole = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    answer = whole.choices[0].message.content or ""
    print(f"A: {answer}")
    _sources(_extra(whole, "citations"))

    # Streamed. The client keeps the talk and sends all of it; `session_id` keeps it one conversation in the records.
    follow_up = "And when does it arrive?"
    print(f"\nQ: {follow_up}\nA: ", end="")
    stream = client.chat.completions.create(
        model=model,
        messages=[
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
            {"role": "user", "content": follow_up},
        ],
        stream=True,
        stream_options={"include_usage": True},
        extra_body={"session_id": _extra(whole, "session_id")},
    )
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
            if choice.finish_reason:
                print()
                _sources(_extra(chunk, "citations"))
        if chunk.usage:
            print(f"   {chunk.usage.total_tokens} tokens")


def _extra(found: BaseModel, name: str) -> Any:  # noqa: ANN401 -- JSON
    """A field that is ours and not OpenAI's."""
    return (found.model_extra or {}).get(name)


def _sources(citations: list[dict[str, Any]]) -> None:
    for citation in citations:
        print(f"   [{citation['number']}] {citation['document_title']}: {citation['quote']}")


if __name__ == "__main__":
    if "PARLEY_API_KEY" not in os.environ:
        sys.exit("Give a key: PARLEY_API_KEY=ak_live_...")
    try:
        main(" ".join(sys.argv[1:]) or "How much does express shipping cost?")
    except APIError as error:
        sys.exit(f"{error.code}: {error.message}")
