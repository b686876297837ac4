"""Our middleware is Django's, and pages have all of it."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.test import AsyncClient, Client
from django.utils.module_loading import import_string

EACH = [SecurityMiddleware, SessionMiddleware, CsrfViewMiddleware, MessageMiddleware, XFrameOptionsMiddleware]


@pytest.mark.parametrize("kind", EACH)
def test_each_of_djangos_that_the_checks_ask_for_is_there(kind: type) -> None:
    assert any(issubclass(found, kind) for found in map(import_string, settings.MIDDLEWARE) if isinstance(found, type))


def form(token: str = "") -> dict[str, str]:
    return {"login": "nobody@acme.example", "password": "wrong", "csrfmiddlewaretoken": token}


def test_a_form_without_its_token_is_refused(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/accounts/login/", form()).status_code == 403
    client.get("/accounts/login/")
    assert client.post("/accounts/login/", form(client.cookies["csrftoken"].value)).status_code == 200


def test_the_same_where_the_server_is_asynchronous(db: None) -> None:
    async def signing_in() -> list[int]:
        client = AsyncClient(enforce_csrf_checks=True)
        refused = await client.post("/accounts/login/", form())
        await client.get("/accounts/login/")
        let_in = await client.post("/accounts/login/", form(client.cookies["csrftoken"].value))
        return [refused.status_code, let_in.status_code]

    assert async_to_sync(signing_in)() == [403, 200]


def test_the_api_has_the_headers_and_no_cookies(db: None) -> None:
    answer = Client().get("/v1/auth/me")
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert not answer.cookies
