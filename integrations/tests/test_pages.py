"""The pages of AI providers: who may, what a test says, and a key that is never in any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations import services
from integrations.enums import Purpose
from integrations.models import TenantAIProvider
from integrations.selectors import provider_ref
from integrations.tests.wire import Wire
from integrations.types import Call
from tenants import context
from tenants.enums import Role
from tenants.models import GlobalAIProvider
from tenants.types import Principal, TenantRef

LIST = "/dashboard/acme/providers/"
NEW = f"{LIST}new/"
KEY = "sk-canary-7f3a9b2c-do-not-leak"


@pytest.fixture
def admin(page_as: Callable[..., Client]) -> Client:
    return page_as(Role.ADMIN)


def filled(wire: Wire, **fields: Any) -> dict[str, Any]:
    return {"name": "Ours", "base_url": f"http://{wire.place}/v1", "api_key": KEY, "default_model": "llama-3"} | fields


def made(by: Principal, wire: Wire, **fields: Any) -> TenantAIProvider:
    told = {"name": "Ours", "base_url": f"http://{wire.place}/v1", "api_key": KEY} | fields
    told.setdefault("custom_settings", {"default_model": "llama-3"})
    return services.create(by=by, provider_name="openai_compatible", **told)


def test_a_kind_is_chosen_first_the_operators_offers_before_the_rest(admin: Client, offered: GlobalAIProvider) -> None:
    page = admin.get(NEW).content.decode()
    assert page.index(f"?offer={offered.id}") < page.index("?kind=openai_compatible")
    assert "Recommended here" in page
    GlobalAIProvider.objects.update(is_active=False)
    assert "Recommended here" not in admin.get(NEW).content.decode()
    assert b"?kind=" in admin.get(f"{NEW}?kind=skynet").content


def test_a_new_provider_is_tested_and_says_how_it_went(admin: Client, wire: Wire) -> None:
    answer = admin.post(f"{NEW}?kind=openai_compatible", filled(wire), follow=True)
    row = TenantAIProvider.objects.get()
    assert answer.redirect_chain == [(f"{LIST}{row.id}/", 302)]
    page = answer.content.decode()
    assert "Ours works" in page
    assert KEY not in page
    assert f"…{KEY[-4:]}" in admin.get(LIST).content.decode()
    assert (row.is_active, row.last_test_code, len(wire.requests)) == (True, "ok", 1)
    assert row.custom_settings == {"default_model": "llama-3"}
    assert provider_ref(row.id).api_key == KEY


def test_an_offer_brings_its_name_and_models(admin: Client, offered: GlobalAIProvider) -> None:
    page = admin.get(f"{NEW}?offer={offered.id}").content.decode()
    assert f'value="{offered.name}"' in page
    assert '<option value="gpt-3.5-turbo">' in page
    assert admin.get(f"{NEW}?offer={uuid4()}").status_code == 200


@pytest.mark.parametrize(("mode", "said"), [("bad_key", "Key refused"), ("unknown_model", "Model unknown")])
def test_what_fails_its_test_is_kept_and_switched_off(admin: Client, wire: Wire, mode: str, said: str) -> None:
    wire.mode = mode
    page = admin.post(f"{NEW}?kind=openai_compatible", filled(wire), follow=True).content.decode()
    row = TenantAIProvider.objects.get()
    assert said in page
    assert "switched off" in page
    assert (row.is_active, row.last_test_code) == (False, f"provider_{mode}")
    wire.mode = "ok"
    admin.post(f"{LIST}{row.id}/test/")
    admin.post(f"{LIST}{row.id}/switch/", {"on": "yes"})
    row.refresh_from_db()
    assert (row.is_active, row.last_test_code) == (True, "ok")


def test_a_test_from_a_german_page_is_kept_in_english(admin: Client, wire: Wire) -> None:
    wire.mode = "bad_key"
    german = {"Accept-Language": "de"}
    page = admin.post(f"{NEW}?kind=openai_compatible", filled(wire), follow=True, headers=german).content.decode()
    assert "Schlüssel abgelehnt" in page
    assert TenantAIProvider.objects.get().last_test_detail.startswith("The provider does not accept this key.")


def test_a_refused_form_keeps_everything_but_the_key(admin: Client) -> None:
    sent = {
        "name": "Our server", "base_url": "http://127.0.0.1:9/v1", "api_key": KEY, "default_model": "llama-3",
        "temperature": "0.5", "tokens_per_minute": "700",
    }  # fmt: skip
    answer = admin.post(f"{NEW}?kind=openai_compatible", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(f'value="{value}"' in page for name, value in sent.items() if name != "api_key")
    assert KEY not in page
    assert "type it again" in page
    assert not TenantAIProvider.objects.exists()


@pytest.mark.parametrize(
    ("kind", "sent", "field"),
    [
        ("openai", {"api_key": ""}, "api_key"),
        ("openai", {"api_key": "two words"}, "api_key"),
        ("openai", {"api_key": KEY, "temperature": "3"}, "temperature"),
        ("ollama", {"base_url": ""}, "base_url"),
        ("ollama", {"base_url": "http://169.254.169.254/"}, "base_url"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(admin: Client, kind: str, sent: dict[str, str], field: str) -> None:
    answer = admin.post(f"{NEW}?kind={kind}", sent)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_the_key_stays_where_none_is_typed_and_a_new_address_asks_for_it(
    admin: Client, principal: Principal, wire: Wire
) -> None:
    settings = {"default_model": "llama-3", "models": {"llama-3": {"top_p": 0.5}}}
    row = made(principal, wire, custom_settings=settings)
    renamed = admin.post(f"{LIST}{row.id}/", filled(wire, name="Renamed", api_key="", temperature="0.5"))
    assert renamed.status_code == 302
    row.refresh_from_db()
    assert (row.name, row.custom_settings) == ("Renamed", {**settings, "temperature": 0.5})
    assert provider_ref(row.id).api_key == KEY
    moved = admin.post(f"{LIST}{row.id}/", filled(wire, base_url=f"http://{wire.place}/other", api_key=""))
    assert moved.status_code == 422
    assert list(moved.context["form"].errors) == ["api_key"]
    assert f"http://{wire.place}/other" in moved.content.decode()
    told = admin.post(f"{LIST}{row.id}/", filled(wire, base_url=f"http://{wire.place}/other", api_key="sk-" + "n" * 20))
    assert told.status_code == 302
    assert provider_ref(row.id).api_key == "sk-" + "n" * 20


def test_a_stored_key_can_be_forgotten_where_none_is_needed(admin: Client, principal: Principal, wire: Wire) -> None:
    row = made(principal, wire)
    admin.post(f"{LIST}{row.id}/", filled(wire, api_key="", drop_key="on"))
    row.refresh_from_db()
    assert not row.has_api_key


def test_trying_again_answers_in_place(admin: Client, principal: Principal, wire: Wire) -> None:
    row = made(principal, wire)
    part = admin.post(f"{LIST}{row.id}/test/", headers={"HX-Request": "true"}).content.decode()
    assert "Works" in part
    assert "<html" not in part
    wire.mode = "no_quota"
    assert "No credit" in admin.post(f"{LIST}{row.id}/test/", headers={"HX-Request": "true"}).content.decode()
    assert "No credit" in admin.get(LIST).content.decode()


def test_the_list_of_models_is_the_providers_own(admin: Client, principal: Principal, wire: Wire) -> None:
    row = made(principal, wire)
    assert '<option value="model-a">' in admin.get(f"{LIST}{row.id}/models/").content.decode()
    wire.mode = "bad_key"
    failed = admin.get(f"{LIST}{row.id}/models/")
    assert failed.status_code == 200
    assert "could not be fetched" in failed.content.decode()


def test_failures_of_the_last_days_are_counted_without_the_tests(
    admin: Client, principal: Principal, wire: Wire
) -> None:
    row = made(principal, wire)
    assert "no calls" in admin.get(LIST).content.decode()
    call: dict[str, Any] = {"provider_id": row.id, "provider_name": row.provider_name, "model": "llama-3"}
    services.book([Call(**call, purpose=Purpose.ANSWER) for _ in range(19)])
    services.book([Call(**call, purpose=Purpose.TEST, outcome="provider_bad_key")])
    assert "none failed" in admin.get(LIST).content.decode()
    services.book([Call(**call, purpose=Purpose.ANSWER, outcome="provider_timed_out")])
    assert "5 % failed" in admin.get(LIST).content.decode()
    page = admin.get(f"{LIST}{row.id}/").content.decode()
    assert "Too slow" in page
    assert "Key refused" not in page


def test_a_provider_in_use_stays_and_the_page_names_the_bots(admin: Client, principal: Principal, wire: Wire) -> None:
    row = made(principal, wire)
    bots = apps.get_model("bots", "Bot").objects
    bot = bots.create(name="Support <b>bot</b>", tenant_ai_provider_id=row.id)
    page = admin.get(f"{LIST}{row.id}/delete/").content.decode()
    assert page.count("Support &lt;b&gt;bot") == 1
    assert 'class="button is-danger"' not in page
    assert "1 bot" in admin.get(LIST).content.decode()
    refused = admin.post(f"{LIST}{row.id}/delete/", follow=True)
    assert "Give them another one first" in refused.content.decode()
    assert TenantAIProvider.objects.filter(id=row.id).exists()
    bot.delete()
    assert "The stored key" in admin.get(f"{LIST}{row.id}/delete/").content.decode()
    admin.post(f"{LIST}{row.id}/delete/")
    assert not TenantAIProvider.objects.filter(id=row.id).exists()


def test_only_admins_and_owners_see_providers(page_as: Callable[..., Client], principal: Principal, wire: Wire) -> None:
    row = made(principal, wire)
    paths = [LIST, NEW, *(f"{LIST}{row.id}/{tail}" for tail in ("", "models/", "delete/"))]
    for role, status in ((Role.VIEWER, 403), (Role.EDITOR, 403), (Role.ADMIN, 200), (Role.OWNER, 200)):
        assert {page_as(role).get(path).status_code for path in paths} == {status}
    viewer = page_as(Role.EDITOR)
    for tail in ("test/", "switch/", "delete/"):
        viewer.post(f"{LIST}{row.id}/{tail}")
    row.refresh_from_db()
    assert (row.is_active, row.last_tested_at) == (True, None)
    assert f'href="{LIST}"' not in viewer.get(LIST).content.decode()
    assert f'href="{LIST}"' in page_as(Role.ADMIN).get(LIST).content.decode()


def test_another_tenants_provider_is_not_there(
    admin: Client, globex: TenantRef, principal: Principal, wire: Wire
) -> None:
    with context.entered(globex):
        theirs = made(principal, wire, name="Theirs")
    mine = made(principal, wire)
    for tail in ("", "models/", "delete/"):
        assert admin.get(f"{LIST}{theirs.id}/{tail}").status_code == 404
        assert admin.get(f"{LIST}{mine.id}/{tail}").status_code == 200
    for tail in ("test/", "switch/", "delete/", ""):
        assert admin.post(f"{LIST}{theirs.id}/{tail}", {"on": "no"}).status_code == 404
    with context.entered(globex):
        theirs.refresh_from_db()
        assert (theirs.is_active, theirs.last_tested_at) == (True, None)
    assert "Theirs" not in admin.get(LIST).content.decode()


def test_a_longer_list_costs_no_more_statements(admin: Client, principal: Principal, wire: Wire) -> None:
    counts = []
    for number in (1, 2):
        for _ in range(number):
            made(principal, wire)
        admin.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            admin.get(LIST)
        counts.append(len(seen))
    assert counts[0] == counts[1]
