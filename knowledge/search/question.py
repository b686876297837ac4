"""What is asked: the question with its vector in each space that the datasets are in, got in two steps.

`ask` reads the spaces, and has the vectors of the built-in model and those that a provider made lately. `embed` awaits
the providers for the rest, with no database and no thread held. A space whose provider does not answer stays without a
vector, and its passages are found by words alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db.models import Sum
from pgvector import HalfVector
from redis.exceptions import RedisError

from integrations.embedders.types import Embedder
from integrations.errors import ProviderError, ProviderTimedOut
from knowledge import selectors
from knowledge.models import EmbeddingSpace
from tenants import context
from tenants.keys import redis_key

PATIENCE: Final = 10.0  # seconds for a provider, while a customer waits
_KEPT_SECONDS: Final = 600

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Question:
    """`waiting` are the embedders that have to be awaited; `sizes` how many chunks the datasets have in each space.

    `tenant` is the context of the tenant that asks: the event loop knows of none.
    """

    text: str
    dataset_ids: tuple[UUID, ...]
    tenant: Context
    spaces: dict[UUID, EmbeddingSpace] = field(default_factory=dict)
    sizes: dict[UUID, int] = field(default_factory=dict)
    vectors: dict[UUID, str] = field(default_factory=dict)
    waiting: dict[UUID, Embedder] = field(default_factory=dict)
    failures: list[ProviderError] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(self.sizes.values())


def ask(*, dataset_ids: Sequence[UUID], text: str) -> Question:
    """Raises `EmbedderUnavailable` where the built-in model is not to be had."""
    question = Question(text, tuple(dataset_ids), copy_context())
    spaces = EmbeddingSpace.objects.select_related("ai_provider").filter(datasets__in=question.dataset_ids)
    for space in spaces.annotate(size=Sum("datasets__documents__chunk_count")):
        question.spaces[space.id], question.sizes[space.id] = space, space.size or 0
        if space.ai_provider is None:
            question.vectors[space.id] = _typed(selectors.embedder(space).embed_query(text))
        elif kept := _kept(space.id, text):
            question.vectors[space.id] = kept
        else:
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
    except ProviderError as error:
        _failed(question, space, error)


async def _embed(question: Question, space_id: UUID, embedder: Embedder) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            vector = _typed(await embedder.aembed_query(question.text))
    except TimeoutError:
        _failed(question, question.spaces[space_id], ProviderTimedOut())
    except ProviderError as error:
        _failed(question, question.spaces[space_id], error)
    else:
        question.vectors[space_id] = vector
        await asyncio.to_thread(_keep, space_id, question.text, vector)


def _failed(question: Question, space: EmbeddingSpace, error: ProviderError) -> None:
    log.warning("A question could not be embedded in %s: %s", space, error.owner_detail)
    question.failures.append(error)


def _typed(vector: list[float]) -> str:
    return HalfVector(vector).to_text()


def _kept(space_id: UUID, text: str) -> str | None:
    try:
        vector: str | None = cache.get(_key(space_id, text))
    except RedisError:  # then the provider is asked
        return None
    return vector


def _keep(space_id: UUID, text: str, vector: str) -> None:
    try:
        cache.set(_key(space_id, text), vector, _KEPT_SECONDS)
    except RedisError as error:
        log.warning("A question's vector cannot be kept at the moment: %s", error)


def _key(space_id: UUID, text: str) -> str:
    return redis_key(
        context.current(), "question", space_id, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    )
