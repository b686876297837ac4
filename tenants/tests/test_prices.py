"""What models cost: the operator keeps it, `seed` begins it, and whoever counts reads it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tenants import selectors
from tenants.enums import PlatformRole
from tenants.models import AuditEvent, ModelPrice, User
from tenants.provisioning import defaults

URL = "/admin/model-prices/"
NEW = {"provider_name": "openai", "model": "gpt-9", "prompt_usd": 1.25, "completion_usd": "10", "source": "Contract"}


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """The process keeps prices for a minute, over the end of a test."""
    selectors._prices.cache_clear()
    yield
    selectors._prices.cache_clear()


def test_a_price_is_made_changed_in_part_and_deleted_with_an_audit_row_each(staff: APIClient) -> None:
    made = staff.post(URL, NEW)
    assert made.status_code == 201
    body = made.json()
    assert (body["kind"], body["prompt_usd"], body["completion_usd"], body["source"]) == ("chat", 1.25, 10, "Contract")
    path = f"{URL}{body['id']}"
    changed = staff.put(path, {"prompt_usd": "0.000001"}).json()
    assert (changed["prompt_usd"], changed["completion_usd"]) == (0.000001, 10)
    assert staff.get(path).json() == changed
    assert staff.delete(path).status_code == 204
    assert staff.get(path).status_code == 404
    assert staff.get(f"{URL}{uuid4()}").status_code == 404
    deeds = AuditEvent.objects.filter(action__startswith="model_price.").order_by("at")
    assert [(deed.action, deed.target) for deed in deeds] == [
        (f"model_price.{verb}", "openai/gpt-9 (chat)") for verb in ("create", "update", "delete")
    ]


def test_a_model_has_one_price_of_a_kind(staff: APIClient) -> None:
    assert staff.post(URL, NEW).status_code == 201
    again = staff.post(URL, NEW | {"prompt_usd": 2})
    assert (again.status_code, again.json()["code"]) == (409, "price_taken")
    embedding = {"provider_name": "openai", "model": "gpt-9", "kind": "embedding", "prompt_usd": 2}
    assert staff.post(URL, embedding).json()["completion_usd"] == 0
    assert staff.post(URL, NEW | {"provider_name": "azure"}).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"prompt_usd": -1}, "prompt_usd"),
        ({"prompt_usd": "NaN"}, "prompt_usd"),
        ({"prompt_usd": "1e999"}, "prompt_usd"),
        ({"prompt_usd": "0.0000001"}, "prompt_usd"),
        ({"completion_usd": None}, "completion_usd"),
        ({"kind": "image"}, "kind"),
        ({"kind": "embedding"}, "completion_usd"),
        ({"provider_name": "Open AI"}, "provider_name"),
        ({"model": " "}, "model"),
        ({"currency": "EUR"}, "currency"),
    ],
)
def test_a_price_that_is_none_is_refused_by_field(staff: APIClient, wrong: dict[str, Any], field: str) -> None:
    answer = staff.post(URL, NEW | wrong)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not ModelPrice.objects.filter(model="gpt-9").exists()


def test_what_is_embedded_answers_nothing_whichever_way_it_is_said(staff: APIClient) -> None:
    path = f"{URL}{staff.post(URL, NEW).json()['id']}"
    refused = staff.put(path, {"kind": "embedding"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["completion_usd"])
    assert staff.put(path, {"kind": "embedding", "completion_usd": 0}).json()["kind"] == "embedding"
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelPrice.objects.filter(model="gpt-9").update(completion_usd=1)


def test_prices_are_filtered_and_searched(staff: APIClient) -> None:
    def found(**asked: str) -> set[str]:
        rows = staff.get(URL, {"page_size": "200", **asked}).json()["results"]
        return {f"{row['provider_name']}/{row['model']}" for row in rows}

    staff.post(URL, NEW)
    assert {"openai/gpt-9", "anthropic/claude-haiku-4-5", "openai/text-embedding-3-small"} <= found()
    assert found(provider_name="mistral", kind="embedding") == {"mistral/mistral-embed"}
    assert found(search="GPT-9") == found(search="contract") == {"openai/gpt-9"}
    assert found(provider_name="nobody") == set()
    assert staff.get(URL, {"kind": "image"}).status_code == 400


def test_seeding_adds_what_is_missing_and_changes_nothing(db: None) -> None:
    listed = list(defaults.list_prices())
    assert len({str(price) for price in listed}) == len(listed) > 40
    for price in listed:
        price.full_clean(validate_unique=False, validate_constraints=False)
    ModelPrice.objects.filter(model="gpt-4o", provider_name="openai").update(prompt_usd=7, source="Contract")
    ModelPrice.objects.filter(model="gpt-4o-mini", provider_name="openai").delete()
    defaults.ensure()
    defaults.ensure()
    assert ModelPrice.objects.count() == len(listed)
    kept, back = (ModelPrice.objects.get(provider_name="openai", model=name) for name in ("gpt-4o", "gpt-4o-mini"))
    assert (kept.prompt_usd, kept.source) == (Decimal(7), "Contract")
    assert (back.prompt_usd, back.completion_usd) == (Decimal("0.15"), Decimal("0.60"))
    assert back.source.startswith("List price as of 20")


def test_prices_are_read_by_kind_and_kept_for_a_minute(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 6_000.0
    monkeypatch.setattr("tenants.selectors.time.monotonic", lambda: now)
    chat = selectors.model_prices("openai", "chat")
    assert chat["gpt-4o-mini"] == (Decimal("0.15"), Decimal("0.60"))
    assert "text-embedding-3-small" not in chat
    assert selectors.model_prices("openai", "embedding")["text-embedding-3-small"] == (Decimal("0.02"), Decimal(0))
    assert selectors.model_prices("nobody", "chat") == {}
    ModelPrice.objects.filter(model="gpt-4o-mini").update(prompt_usd=9)
    now = 6_059.0
    assert selectors.model_prices("openai", "chat") is chat
    now = 6_060.0
    assert selectors.model_prices("openai", "chat")["gpt-4o-mini"][0] == 9


def test_a_price_is_kept_and_audited_at_the_console_too(db: None) -> None:
    console = Client()
    console.force_login(
        User.objects.create_user(email="a@parley.example", password="x" * 12, platform_role=PlatformRole.ADMIN)
    )
    add = reverse("admin:tenants_modelprice_add")
    form = {"provider_name": "openai", "model": "gpt-9", "kind": "embedding", "prompt_usd": "1", "completion_usd": "2"}
    assert console.post(add, form).status_code == 200
    assert not ModelPrice.objects.filter(model="gpt-9").exists()
    assert console.post(add, form | {"completion_usd": "0"}).status_code == 302
    row = ModelPrice.objects.get(model="gpt-9")
    change = reverse("admin:tenants_modelprice_change", args=[row.id])
    assert console.post(change, form | {"completion_usd": "0", "prompt_usd": "3"}).status_code == 302
    assert AuditEvent.objects.filter(action="model_price.create", actor="a@parley.example").exists()
    assert AuditEvent.objects.get(action="model_price.update").data == {"changed": ["prompt_usd"]}
    assert b"gpt-9" in console.get(reverse("admin:tenants_modelprice_changelist"), {"q": "gpt-9"}).content
