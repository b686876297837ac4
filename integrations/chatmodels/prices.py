"""What a call cost, by the prices that the operator keeps. Pure: whoever asks brings them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from integrations.types import Price

MILLION = 1_000_000
# A dated snapshot costs what its model costs: gpt-4o-2024-08-06, claude-3-haiku-20240307, gpt-3.5-turbo-0125.
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|latest)$")


def cost(prices: Mapping[str, Price], *, model: str, prompt_tokens: int, completion_tokens: int) -> Decimal | None:
    """In US dollars; `None` where the model has no price, neither its own nor that of the model it is a snapshot of."""
    price = prices.get(model) or prices.get(_SNAPSHOT.sub("", model))
    if price is None:
        return None
    return (prompt_tokens * price.prompt + completion_tokens * price.completion) / MILLION


def embedding_cost(prices: Mapping[str, Price], *, model: str, tokens: int) -> Decimal | None:
    """The same for what is embedded: nothing comes back that would cost."""
    return cost(prices, model=model, prompt_tokens=tokens, completion_tokens=0)
