"""A dataset moves to another embedding model while it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from integrations import services as providers
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge import services, tasks
from knowledge.enums import Status
from knowledge.models import ChunkVector, Dataset, Document, EmbeddingSpace, SpaceChange
from knowledge.search import search
from knowledge.services.embedding import AlreadyThere, MoveUnderWay
from tenants.types import Principal

Add = Callable[..., Document]
Process = Callable[[Document], Document]


@pytest.fixture
def full(dataset: Dataset, add: Add, process: Process) -> Dataset:
    for text in ("Apples cost one euro.", "Bears live in woods.", "Cars need fuel."):
        process(add(text))
    return dataset


def move(dataset: Dataset, provider: TenantAIProvider | None, by: Principal, model: str = "small") -> SpaceChange:
    return services.start_move(by=by, dataset=dataset, provider=provider, model=model)


def work() -> None:
    while tasks.serve():
        pass


def found(dataset: Dataset) -> list[str]:
    return [hit.content for hit in search.search(dataset_ids=[dataset.id], query="Apples").passages]


def test_the_cost_is_known_before_anything_is_done(
    full: Dataset, provider: TenantAIProvider, wire: Wire, api: APIClient
) -> None:
    body = {"provider_id": str(provider.id), "model": "small"}
    cost = api.post(f"/v1/tenant/datasets/{full.id}/embedding/estimate", body).json()
    assert (cost["chunks"], cost["dimensions"], cost["price_usd"]) == (3, 8, None)
    assert 9 <= cost["tokens"] <= 30
    assert len(wire.requests) == 1
    wire.mode = "bad_key"
    refused = api.post(f"/v1/tenant/datasets/{full.id}/embedding/estimate", body)
    assert refused.json()["code"] == "provider_bad_key"


def test_the_old_space_answers_until_the_new_one_is_complete_and_then_goes(
    full: Dataset, provider: TenantAIProvider, principal: Principal, add: Add, wire: Wire
) -> None:
    move(full, provider, principal)
    assert found(full)[0] == "Apples cost one euro."
    work()
    full.refresh_from_db()
    assert (full.active_space.model, full.active_space.dimensions) == ("small", 8)
    assert set(ChunkVector.objects.values_list("space_id", flat=True)) == {full.active_space_id}
    assert EmbeddingSpace.objects.count() == 1
    assert not SpaceChange.objects.exists()
    assert found(full)[0] == "Apples cost one euro."
    add("Apricots cost two.")
    work()
    assert ChunkVector.objects.count() == 4
    back = move(full, None, principal, model="")
    assert back.space.ai_provider is None
    work()
    full.refresh_from_db()
    assert full.active_space.dimensions == 384


def test_a_move_that_is_cancelled_leaves_everything_as_it_was(
    full: Dataset, provider: TenantAIProvider, principal: Principal, settings: Any
) -> None:
    change = move(full, provider, principal)
    with pytest.raises(MoveUnderWay):
        move(full, provider, principal, model="other")
    services.cancel_move(by=principal, change=change)
    work()
    full.refresh_from_db()
    assert full.active_space.dimensions == 384
    assert EmbeddingSpace.objects.count() == 1
    with pytest.raises(AlreadyThere):
        move(full, None, principal, model="")


def test_a_provider_that_refuses_fails_the_move_and_a_retry_goes_on(
    full: Dataset, provider: TenantAIProvider, principal: Principal, wire: Wire, api: APIClient
) -> None:
    change = move(full, provider, principal)
    wire.mode = "bad_key"
    work()
    shown = api.get(f"/v1/tenant/datasets/{full.id}/embedding").json()
    assert (shown["move"]["status"], shown["move"]["error_code"]) == ("failed", "provider_bad_key")
    assert shown["active"]["model"] == "multilingual-e5-small"
    assert found(full)[0] == "Apples cost one euro."
    wire.mode = "ok"
    assert api.post(f"/v1/tenant/datasets/{full.id}/embedding/retry").status_code == 202
    change.refresh_from_db()
    assert change.status == Status.PENDING
    work()
    assert api.get(f"/v1/tenant/datasets/{full.id}/embedding").json()["move"] is None


def test_a_document_that_is_completed_during_the_move_is_in_the_new_space_too(
    full: Dataset, provider: TenantAIProvider, principal: Principal, add: Add, wire: Wire
) -> None:
    document = add("Doors are closed at night.")
    move(full, provider, principal)
    work()
    document.refresh_from_db()
    assert document.status == Status.COMPLETED
    full.refresh_from_db()
    assert ChunkVector.objects.filter(space=full.active_space_id).count() == 4


def test_a_provider_in_use_cannot_be_deleted_and_one_that_is_not_can(
    full: Dataset, provider: TenantAIProvider, principal: Principal
) -> None:
    change = move(full, provider, principal)
    with pytest.raises(providers.ProviderInUse):
        providers.delete(by=principal, provider=provider)
    services.cancel_move(by=principal, change=change)
    providers.delete(by=principal, provider=TenantAIProvider.objects.get(id=provider.id))
    assert not TenantAIProvider.objects.exists()


def test_only_admins_move_a_dataset(full: Dataset, api_as: Callable[..., APIClient]) -> None:
    from tenants.enums import Role  # noqa: PLC0415 -- beside its only use

    url = f"/v1/tenant/datasets/{full.id}/embedding"
    assert api_as(Role.EDITOR).put(url, {}).json()["code"] == "role_missing"
    assert api_as(Role.ADMIN).put(url, {}).json()["code"] == "same_embedder"
