"""A dataset's move to another embedding model: what it would cost, its beginning, and its calling off."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.chatmodels import prices
from integrations.models import TenantAIProvider
from integrations.selectors import embedding_prices
from knowledge import selectors
from knowledge.ingest import moves, queue
from knowledge.models import Chunk, Dataset, EmbeddingSpace, SpaceChange
from knowledge.tasks import ring_on_commit
from tenants import audit
from tenants.errors import Conflict, NotFound
from tenants.types import Principal

_SAMPLE = 200  # chunks that tell how many tokens a character makes


class AlreadyThere(Conflict):
    code, title = "same_embedder", gettext_lazy("The dataset has this embedding model already")


class MoveUnderWay(Conflict):
    code = "move_under_way"
    title = gettext_lazy("The dataset is moving to another embedding model; wait for it or cancel it")


class NotFailed(Conflict):
    code, title = "not_failed", gettext_lazy("Only a move that failed can be retried")


@dataclass(frozen=True, slots=True)
class MoveCost:
    """`tokens` are estimated with the built-in tokenizer; `price_usd` is unknown where the model has no price."""

    model: str
    dimensions: int
    chunks: int
    tokens: int
    price_usd: Decimal | None


def cost_of_move(*, dataset: Dataset, provider: TenantAIProvider | None, model: str) -> MoveCost:
    """Asks the provider once, so that a key or a model that does not work is found now. Raises `ProviderError`."""
    target = selectors.probed(provider, model)
    live = _live(dataset)
    chunks = live.count()
    tokens = _tokens(dataset, chunks)
    return MoveCost(target.model, target.dimensions, chunks, tokens, _price(target, tokens))


def _price(target: selectors.Target, tokens: int) -> Decimal | None:
    if target.provider == selectors.BUILTIN:
        return Decimal(0)
    return prices.embedding_cost(embedding_prices(target.provider), model=target.model, tokens=tokens)


def start_move(*, by: Principal, dataset: Dataset, provider: TenantAIProvider | None, model: str) -> SpaceChange:
    """Begin to fill the other space beside the one that answers. Raises `AlreadyThere`, `MoveUnderWay`,
    `ProviderError`."""
    target = selectors.probed(provider, model)
    with transaction.atomic():
        row = Dataset.objects.select_for_update().filter(id=dataset.id).first()
        if row is None:
            raise NotFound(_("There is no such dataset."))
        if SpaceChange.objects.filter(dataset=row).exists():
            raise MoveUnderWay
        space, _made = EmbeddingSpace.objects.get_or_create(
            provider=target.provider, ai_provider=provider, model=target.model, dimensions=target.dimensions
        )
        if space == row.active_space:
            raise AlreadyThere
        change = SpaceChange.objects.create(
            dataset=row, space=space, chunk_total=_live(row).count(), created_by=by.user_id
        )
        audit.record(by=by, action="dataset.move", target=row.id, data={"name": row.name, "model": space.model})
        ring_on_commit()
    change.refresh_from_db()
    return change


def retry_move(*, by: Principal, change: SpaceChange) -> SpaceChange:
    with transaction.atomic():
        if not queue.requeue(SpaceChange.objects.filter(id=change.id, status="failed")):
            raise NotFailed
        audit.record(by=by, action="dataset.retry_move", target=change.dataset_id)
        ring_on_commit()
    change.refresh_from_db()
    return change


def cancel_move(*, by: Principal, change: SpaceChange) -> None:
    """Stay where it is; what was made in the other space is dropped."""
    with transaction.atomic():
        Dataset.objects.select_for_update().get(id=change.dataset_id)
        deleted, _kinds = SpaceChange.objects.filter(id=change.id).delete()
        if not deleted:
            raise NotFound(_("The dataset is not moving any more."))
        audit.record(by=by, action="dataset.cancel_move", target=change.dataset_id)
        moves.drop_strays()


def _live(dataset: Dataset) -> QuerySet[Chunk]:
    return Chunk.objects.filter(document__dataset=dataset, generation=F("document__active_generation"))


def _tokens(dataset: Dataset, chunks: int) -> int:
    """Estimated from the first chunks, with the built-in tokenizer."""
    sample = list(_live(dataset).values_list("content", flat=True)[:_SAMPLE])
    if not sample:
        return 0
    counted = sum(selectors.count_tokens(content) for content in sample)
    return round(counted * chunks / len(sample))
