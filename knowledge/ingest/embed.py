"""Gives chunks the vectors that they lack in a space, batch by batch; what was done stays done.

What is embedded is the chunk as somebody who opens the document would meet it: under its title and headings. Its hash
is the chunk's fingerprint, by which equal chunks of the tenant share a vector instead of asking for it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import transaction

from integrations.embedders.types import Embedder
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
        vectors = embedder.embed_documents(_texts(batch), on_wait=lease.keep)
        done += len(batch)
        with transaction.atomic():
            lease.advance()
            on_batch(done, total)
            store.add_vectors(batch, vectors, space)
        turn.check()


def _texts(batch: Sequence[store.Lacking]) -> list[str]:
    return [in_context(item.content, title=item.title, heading=item.heading) for item in batch]
