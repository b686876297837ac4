"""Gives chunks the vectors that they lack in a space, batch by batch; what was done stays done.

What is embedded is the chunk as somebody who opens the document would meet it: under its title and headings. Its hash
is the chunk's fingerprint, by which equal chunks of the tenant share a vector instead of asking for it again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import transaction

from integrations import services as integrations
from integrations.chatmodels import prices, tokens
from integrations.embedders.types import Embedder
from integrations.enums import Purpose
from integrations.errors import ProviderError, ProviderNotAsked
from integrations.selectors import embedding_prices
from integrations.types import Call
from knowledge.ingest import store
from knowledge.ingest.queue import Lease
from knowledge.ingest.turns import Turn
from knowledge.models import EmbeddingSpace


def in_context(content: str, *, title: str, heading: str) -> str:
    lead = [title] if not heading.casefold().startswith(title.casefold()) else []
    return "\n".join([*lead, *([heading] if heading else []), content])


def fingerprint(text: str) -> UUID:
    return UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())


def fill(
    scope: store.Scope,
    *,
    space: EmbeddingSpace,
    embedder: Embedder,
    lease: Lease,
    turn: Turn,
    on_batch: Callable[[int, int], None],
) -> None:
    """Until no chunk in the scope lacks a vector. `on_batch` is told how many of how many are done, inside the
    transaction that adds them. Raises what the embedder raises, `LeaseLost`, or between two batches
    `TurnOver`."""
    with transaction.atomic():
        lease.change()
        store.share(scope, space)
        total, done = store.counts(scope, space)
        on_batch(done, total)
    after: store.Place | None = None
    while done < total:
        batch = store.lacking(scope, space, after=after, most=embedder.batch)
        if not batch:
            return
        after = batch[-1].place
        vectors = _embedded(_texts(batch), space=space, embedder=embedder, lease=lease)
        done += len(batch)
        with transaction.atomic():
            lease.advance()
            on_batch(done, total)
            store.add_vectors(batch, vectors, space)
        turn.check()


def _texts(batch: Sequence[store.Lacking]) -> list[str]:
    return [in_context(item.content, title=item.title, heading=item.heading) for item in batch]


def _embedded(texts: list[str], *, space: EmbeddingSpace, embedder: Embedder, lease: Lease) -> list[list[float]]:
    """The vectors. What a provider was asked for is booked before anything is done with them: it is owed for anyhow."""
    if space.ai_provider_id is None:  # the built-in model costs nothing
        return embedder.embed_documents(texts, on_wait=lease.keep)
    began = time.monotonic()
    try:
        vectors = embedder.embed_documents(texts, on_wait=lease.keep)
    except ProviderNotAsked:
        raise
    except ProviderError as error:
        _book(space, began, outcome=error.code)
        raise
    _book(space, began, sent=sum(map(tokens.rough, texts)))
    return vectors


def _book(space: EmbeddingSpace, began: float, *, sent: int = 0, outcome: str = "ok") -> None:
    """`sent` is a rough count: the embedder does not say what the vendor counted."""
    cost = prices.embedding_cost(embedding_prices(space.provider), model=space.model, tokens=sent) if sent else None
    call = Call(
        provider_id=space.ai_provider_id, provider_name=space.provider, model=space.model, prompt_tokens=sent,
        purpose=Purpose.EMBED_DOCUMENTS, cost_usd=cost, outcome=outcome, latency_ms=_since(began),
    )  # fmt: skip
    integrations.book([call])


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
