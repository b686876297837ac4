"""Moves a dataset to another embedding space: the new vectors are made beside the old, which answer until all are
there. The switch is one short transaction. What the old space held of the dataset goes afterwards; were that to be
interrupted, `drop_strays` finds it later.
"""

from __future__ import annotations

from django.db import connection, transaction

from knowledge import selectors
from knowledge.ingest import embed, store
from knowledge.ingest.queue import Claim, Lease
from knowledge.ingest.turns import Turn
from knowledge.models import Dataset, EmbeddingSpace, SpaceChange

_STRAYS = """
DELETE FROM knowledge_chunkvector v USING knowledge_document d JOIN knowledge_dataset s ON s.id = d.dataset_id
WHERE v.document_id = d.id AND v.space_id <> s.active_space_id
  AND NOT EXISTS (SELECT FROM knowledge_spacechange m WHERE m.dataset_id = s.id AND m.space_id = v.space_id)
"""


def run(lease: Lease, turn: Turn) -> None:
    change = SpaceChange.objects.select_related("space__ai_provider").get(id=lease.claim.id)
    scope = store.Scope(dataset_id=change.dataset_id)
    embedder = selectors.embedder(change.space)

    def on_batch(done: int, total: int) -> None:
        lease.change(chunks_done=min(done, total), chunk_total=total)

    switched = False
    while not switched:  # documents that were completed meanwhile have no vectors in the new space yet
        embed.fill(scope, space=change.space, embedder=embedder, lease=lease, turn=turn, on_batch=on_batch)
        switched = _switch(lease.claim, change, scope)
    drop_strays()


def _switch(claim: Claim, change: SpaceChange, scope: store.Scope) -> bool:
    """The dataset answers from the new space, if nothing that readers see is missing there."""
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update().get(id=change.dataset_id)
        Lease(claim).change()
        total, done = store.counts(scope, change.space)
        if done < total:
            return False
        dataset.active_space = change.space
        dataset.save(update_fields=["active_space", "updated_at"])
        SpaceChange.objects.filter(id=change.id).delete()
    return True


def drop_strays() -> None:
    """Delete the vectors of spaces that their dataset has left, and the spaces that nobody is in."""
    with connection.cursor() as cursor:
        cursor.execute(_STRAYS)
    drop_empty_spaces()


def drop_empty_spaces() -> None:
    moving = SpaceChange.objects.values("space_id")
    EmbeddingSpace.objects.filter(datasets=None).exclude(id__in=moving).delete()
