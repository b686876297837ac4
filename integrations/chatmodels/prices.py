"""What a call cost, by the vendors' list prices in `prices.json`: dollars a million tokens, in and out; embeddings have
one price and a place of their own."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("prices.json")
MILLION = 1_000_000
# A dated snapshot costs what its model costs: gpt-4o-2024-08-06, claude-3-haiku-20240307, gpt-3.5-turbo-0125.
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|latest)$")


def cost(*, provider: str, model: str, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
    """In dollars; `None` where the model's price is not in the table."""
    prices = _table().get(provider, {})
    pair = prices.get(model) or prices.get(_SNAPSHOT.sub("", model))
    if pair is None:
        return None
    return (prompt_tokens * Decimal(pair[0]) + completion_tokens * Decimal(pair[1])) / MILLION


def embedding_cost(*, provider: str, model: str, tokens: int) -> Decimal | None:
    """In dollars; nothing for the built-in model, `None` where the price is not in the table."""
    if provider == "builtin":
        return Decimal(0)
    price = _table()["embeddings"].get(provider, {}).get(model)
    return None if price is None else tokens * Decimal(price) / MILLION


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table
