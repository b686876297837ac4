"""What holds for every page of the dashboard, found by walking its addresses so that a new one cannot be missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tenants.enums import Role
from tenants.pages import Page
from tenants.types import TenantRef

_SAMPLES: dict[str, Callable[[], object]] = {
    "uuid": uuid4,
    "int": lambda: 7,
    "slug": lambda: "none",
    "str": lambda: "none",
}


def _pages() -> Iterator[URLPattern]:
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "dashboard":
            yield from (pattern for pattern in entry.url_patterns if isinstance(pattern, URLPattern))


PAGES = list(_pages())
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))


def _address(page: URLPattern, tenant: str) -> str:
    """The page's address with ids that are nobody's."""
    wanted = page.pattern.converters
    names = {converter: type(kind).__name__.removesuffix("Converter").lower() for converter, kind in wanted.items()}
    return reverse(f"dashboard:{page.name}", kwargs={"slug": tenant, **{n: _SAMPLES[k]() for n, k in names.items()}})


def test_there_are_pages() -> None:
    assert len(PAGES) > 40


@every_page
def test_every_page_stands_in_the_frame_and_has_its_own_name(page: URLPattern) -> None:
    view = getattr(page.callback, "view_class", None)
    assert view is not None
    assert issubclass(view, Page)
    assert [each.name for each in PAGES].count(page.name) == 1


@every_page
def test_a_stranger_is_asked_to_sign_in(page: URLPattern, acme: TenantRef) -> None:
    for answer in (Client().get(_address(page, acme.slug)), Client().post(_address(page, acme.slug))):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")


@every_page
def test_an_owner_opens_it_and_another_tenants_is_as_one_that_never_was(
    page: URLPattern, page_as: Callable[..., Client], globex: TenantRef
) -> None:
    owner = page_as(Role.OWNER)
    own = owner.get(_address(page, "acme"))
    assert own.status_code in {200, 302, 404, 405}, "ids that are nobody's break nothing"
    assert "no-store" in own["Cache-Control"]
    assert "default-src 'self'" in own["Content-Security-Policy"]
    for ask in (owner.get, owner.post):
        theirs, nowhere = ask(_address(page, globex.slug)), ask(_address(page, "never-was"))
        assert theirs.status_code == nowhere.status_code == 404
        assert theirs.content.replace(b"globex", b"") == nowhere.content.replace(b"never-was", b"")


@every_page
def test_a_viewer_changes_nothing(page: URLPattern, page_as: Callable[..., Client]) -> None:
    """What a viewer posts is refused, or moves nowhere but back; the apps' own tests show who may."""
    viewer, view = page_as(Role.VIEWER), getattr(page.callback, "view_class", Page)
    assert viewer.get(_address(page, "acme")).status_code in {200, 302, 403, 404, 405}
    if view.roles.get("POST", Role.OWNER) != Role.VIEWER:
        assert viewer.post(_address(page, "acme")).status_code in {302, 403, 404, 405}
