"""What is asked: the question with its vector in each space that the datasets are in, got in two steps.

`ask` reads the spaces, and has the vectors of the built-in model and those that a provider made lately. `embed` awaits
the providers for the rest, with no database and no thread held. A space whose provider does not answer stays without a
vector, and its passages are found by words alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from django.core.cache import cache
from pgvector import HalfVector
from redis.exceptions import RedisError

from integrations.chatmodels import prices, tokens
from integrations.embedders.types import Embedder
from integrations.enums import Purpose
from integrations.errors import ProviderError, ProviderNotAsked, ProviderTimedOut
from integrations.selectors import embedding_prices
from integrations.types import Call, Price
from knowledge import selectors
from knowledge.models import EmbeddingSpace
from knowledge.search import parts
from knowledge.search.parts import Part
from knowledge.types import Filter
from tenants import context
from tenants.keys import redis_key

PATIENCE: Final = 10.0  # seconds for a provider, while a customer waits
_KEPT_SECONDS: Final = 600
# Plain, since the ORM takes longer to put it into words than the database to answer; asked for each question.
_SPACES: Final = """
SELECT space.*, coalesce(sum(document.chunk_count), 0) AS size
FROM knowledge_embeddingspace space
JOIN knowledge_dataset dataset ON dataset.active_space_id = space.id
LEFT JOIN knowledge_document document ON document.dataset_id = dataset.id
WHERE dataset.id = ANY(%s)
GROUP BY space.id
"""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Question:
    """`within` says which documents of a dataset count, where not all do; `waiting` are the embedders that have to be
    awaited; `sizes` how many chunks the datasets have in each space. `parts` are questions of their own, asked of the
    same spaces, where this one asks several things.

    `tenant` is the context of the tenant that asks: the event loop knows of none.
    """

    text: str
    dataset_ids: tuple[UUID, ...]
    tenant: Context
    within: Mapping[UUID, Filter] = field(default_factory=dict)
    spaces: dict[UUID, EmbeddingSpace] = field(default_factory=dict)
    sizes: dict[UUID, int] = field(default_factory=dict)
    vectors: dict[UUID, str] = field(default_factory=dict)
    waiting: dict[UUID, Embedder] = field(default_factory=dict)
    failures: list[ProviderError] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)  # what providers were asked, for the ledger
    prices: dict[UUID, Mapping[str, Price]] = field(default_factory=dict)

    parts: dict[Part, Question] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(self.sizes.values())

    @property
    def each(self) -> list[Question]:
        """The whole and its parts."""
        return [self, *self.parts.values()]

    def missing(self, space_id: UUID) -> list[Question]:
        """Those that have no vector in the space yet."""
        return [asked for asked in self.each if space_id not in asked.vectors]

    def place(self, space_id: UUID, vectors: Sequence[list[float]]) -> None:
        """In the order of `missing`."""
        for asked, vector in zip(self.missing(space_id), vectors, strict=True):
            asked.vectors[space_id] = HalfVector(vector).to_text()


def ask(*, dataset_ids: Sequence[UUID], text: str, within: Mapping[UUID, Filter] | None = None) -> Question:
    """Raises `EmbedderUnavailable` where the built-in model is not to be had."""
    limits = {dataset_id: limit for dataset_id, limit in (within or {}).items() if limit}
    question = Question(text, tuple(dataset_ids), copy_context(), limits)
    for space in EmbeddingSpace.objects.raw(_SPACES, [list(question.dataset_ids)]):
        question.spaces[space.id], question.sizes[space.id] = space, space.size  # type: ignore[attr-defined]  # the query's
    question.parts = {part: replace(question, text=part.wording, vectors={}) for part in parts.of(text)}
    for space in question.spaces.values():
        if space.ai_provider is None:
            question.place(space.id, selectors.embedder(space).embed_queries([each.text for each in question.each]))
            continue
        for each in question.each:
            if kept := _kept(space.id, each.text):
                each.vectors[space.id] = kept
        if question.missing(space.id):
            _wait_for(question, space)
    return question


async def embed(question: Question) -> None:
    """Ask the providers that have to be asked, all at once; nothing is waited for afterwards."""
    asked = [_embed(question, space_id, embedder) for space_id, embedder in question.waiting.items()]
    tasks = [asyncio.create_task(each, context=question.tenant.copy()) for each in asked]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    question.waiting.clear()


def _wait_for(question: Question, space: EmbeddingSpace) -> None:
    try:
        question.waiting[space.id] = selectors.embedder(space)
        question.prices[space.id] = embedding_prices(space.provider)
    except ProviderError as error:
        _failed(question, space, error, None)


async def _embed(question: Question, space_id: UUID, embedder: Embedder) -> None:
    began = time.monotonic()
    asked = question.missing(space_id)
    try:
        async with asyncio.timeout(PATIENCE):
            vectors = await embedder.aembed_queries([each.text for each in asked])
    except TimeoutError:
        _failed(question, question.spaces[space_id], ProviderTimedOut(), began)
    except ProviderError as error:
        _failed(question, question.spaces[space_id], error, began)
    else:
        _note(question, question.spaces[space_id], began, asked=asked)
        question.place(space_id, vectors)
        await asyncio.to_thread(_keep, space_id, {each.text: each.vectors[space_id] for each in asked})


def _failed(question: Question, space: EmbeddingSpace, error: ProviderError, began: float | None) -> None:
    log.warning("A question could not be embedded in %s: %s", space, error.owner_detail)
    question.failures.append(error)
    if began is not None and not isinstance(error, ProviderNotAsked):
        _note(question, space, began, asked=(), outcome=error.code)


def _note(
    question: Question, space: EmbeddingSpace, began: float, *, asked: Sequence[Question], outcome: str = "ok"
) -> None:
    """For the ledger; the count is a rough one, since the embedder does not say what the vendor counted."""
    sent = sum(tokens.rough(each.text) for each in asked)
    price = question.prices.get(space.id, {})
    question.calls.append(
        Call(
            provider_id=space.ai_provider_id,
            provider_name=space.provider,
            model=space.model,
            purpose=Purpose.EMBED_QUESTION,
            prompt_tokens=sent,
            cost_usd=prices.embedding_cost(price, model=space.model, tokens=sent) if sent else None,
            outcome=outcome,
            latency_ms=round((time.monotonic() - began) * 1000),
        )
    )


def _kept(space_id: UUID, text: str) -> str | None:
    try:
        vector: str | None = cache.get(_key(space_id, text))
    except RedisError:  # then the provider is asked
        return None
    return vector


def _keep(space_id: UUID, vectors: Mapping[str, str]) -> None:
    try:
        cache.set_many({_key(space_id, text): vector for text, vector in vectors.items()}, _KEPT_SECONDS)
    except RedisError as error:
        log.warning("A question's vectors cannot be kept at the moment: %s", error)


def _key(space_id: UUID, text: str) -> str:
    return redis_key(
        context.current(), "question", space_id, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    )
