"""Embedding models of OpenAI and every server that speaks its wire format, through LangChain and our guarded client.

A call that has to wait (for the budget, or because the provider asked for it) is not waited for here for long: it is
refused with the time to come back, and whoever has other work does that.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

import numpy as np
from langchain_openai import OpenAIEmbeddings

from integrations import failures, outbound, vendors
from integrations.embedders import budget
from integrations.embedders.types import OnWait, nothing
from integrations.errors import ProviderError, ProviderFailed, ProviderNotAsked, ProviderRateLimited, ProviderTimedOut
from integrations.types import ProviderRef

BATCH = 64
MOST_DIMENSIONS = 4_000  # a halfvec index takes no more
_SECONDS = 60.0
_PATIENCE = 2.0
_PAUSE = 10.0  # seconds to leave a provider alone that does not say how long
_BYTES_A_TOKEN = 3  # of UTF-8, in whatever script: rather too few, so that a budget is not overdrawn


class RemoteEmbedder:
    """One model of one provider. Raises `ProviderError` where it does not answer as it should."""

    batch = BATCH

    def __init__(self, provider: ProviderRef, *, model: str, dimensions: int) -> None:
        self._provider = provider
        self.model = model
        self.dimensions = dimensions

    def embed_documents(self, texts: Sequence[str], *, on_wait: OnWait = nothing) -> list[list[float]]:
        return outbound.patiently(self._in_turn(texts), on_wait=on_wait)

    def embed_query(self, text: str) -> list[float]:
        return self.embed_queries([text])[0]

    def embed_queries(self, texts: Sequence[str]) -> list[list[float]]:
        return asyncio.run(self.aembed_queries(texts))

    async def aembed_queries(self, texts: Sequence[str]) -> list[list[float]]:
        """A pause that the provider asked for holds for questions too; the owner's own budget does not, or an import
        would leave customers without answers."""
        if (seconds := await asyncio.to_thread(budget.paused, self._provider)) > _PATIENCE:
            raise ProviderNotAsked(retry_after=math.ceil(seconds))
        return await self._embed(texts)

    async def _in_turn(self, texts: Sequence[str]) -> list[list[float]]:
        tokens = sum(len(text.encode()) for text in texts) // _BYTES_A_TOKEN + 1
        while seconds := await asyncio.to_thread(budget.wait_for, self._provider, tokens=tokens):
            if seconds > _PATIENCE:
                raise ProviderNotAsked(
                    "This provider's key has used up what it may a minute; embedding goes on by itself.",
                    retry_after=math.ceil(seconds),
                )
            await asyncio.sleep(seconds)
        return await self._embed(texts)

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            async with asyncio.timeout(_SECONDS):
                vectors = await _ask(self._provider, self.model, texts)
        except TimeoutError:
            raise ProviderTimedOut from None
        except ProviderError as error:
            if error.retryable and (pause := _pause(error)):
                await asyncio.to_thread(budget.pause, self._provider, pause)
            raise
        return checked(vectors, count=len(texts), dimensions=self.dimensions)


def _pause(error: ProviderError) -> float:
    """The seconds in which nobody should ask again."""
    if error.retry_after is not None:
        return error.retry_after
    return _PAUSE if isinstance(error, ProviderRateLimited) else 0.0


def probe(provider: ProviderRef, *, model: str) -> int:
    """The dimensions of the model's vectors. Raises `ProviderError`."""

    async def ask() -> list[list[float]]:
        async with asyncio.timeout(_SECONDS):
            return await _ask(provider, model, ["Is anybody there?"])

    try:
        vectors = asyncio.run(ask())
    except TimeoutError:
        raise ProviderTimedOut from None
    dimensions = np.size(vectors[0]) if vectors else 0
    if dimensions > MOST_DIMENSIONS:
        raise ProviderFailed(f"The model's vectors have {dimensions:,} dimensions; {MOST_DIMENSIONS:,} can be kept.")
    checked(vectors, count=1, dimensions=dimensions)
    return dimensions


def checked(vectors: Sequence[Sequence[float]], *, count: int, dimensions: int) -> list[list[float]]:
    """The vectors at length one. Raises `ProviderFailed` where they are not what was asked for."""
    try:
        rows = np.asarray(vectors, np.float64)
    except (TypeError, ValueError):
        raise ProviderFailed("The provider answered with vectors of several sizes, or not with numbers.") from None
    if not dimensions or rows.shape != (count, dimensions):
        raise ProviderFailed(f"The provider did not answer with {count} vectors of {dimensions} dimensions.")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ProviderFailed("The provider answered with vectors that are no directions: zeros, or no numbers.")
    answer: list[list[float]] = (rows / lengths).tolist()
    return answer


async def _ask(provider: ProviderRef, model: str, texts: Sequence[str]) -> list[list[float]]:
    async with outbound.client(read_seconds=_SECONDS, max_bytes=64 * 1024 * 1024) as http:
        try:
            vendor = vendors.openai(provider, http, model=model)
            model_of = OpenAIEmbeddings(
                model=model, client=vendor.embeddings, async_client=vendor.embeddings,
                check_embedding_ctx_length=False, chunk_size=BATCH, model_kwargs={"encoding_format": "float"},
            )  # fmt: skip
            return await model_of.aembed_documents(list(texts), **vendors.without_key(provider))
        except Exception as error:  # noqa: BLE001 -- the libraries raise kinds of their own, and each becomes one of ours
            raise failures.of(error) from None
