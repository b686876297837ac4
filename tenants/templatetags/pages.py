"""What the dashboard's templates say in one word: addresses of its pages, its menu, filters kept from page to page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants import words
from tenants.pages import zone_of

register = template.Library()

# Name of the page, its word, its icon (templates/ui/icons.svg), and the role from which on it is shown.
_MENU: tuple[tuple[str | Promise, tuple[tuple[str, str | Promise, str, str], ...]], ...] = (
    (
        "",
        (
            ("overview", _("Overview"), "home", "viewer"),
            ("datasets", _("Knowledge"), "book", "viewer"),
            ("bots", _("Bots"), "bot", "viewer"),
        ),
    ),
    (
        _("What customers say"),
        (
            ("conversations", _("Conversations"), "chat", "viewer"),
            ("inbox", _("Inbox"), "inbox", "viewer"),
            ("gaps", _("Knowledge gaps"), "gap", "viewer"),
            ("analytics", _("Analytics"), "chart", "viewer"),
        ),
    ),
    (
        _("Organisation"),
        (
            ("providers", _("AI providers"), "plug", "admin"),
            ("keys", _("API keys"), "key", "admin"),
            ("members", _("Members"), "people", "viewer"),
            ("usage", _("Plan and usage"), "gauge", "viewer"),
            ("audit-log", _("Audit log"), "list", "admin"),
            ("settings", _("Settings"), "gear", "admin"),
        ),
    ),
)


def _address(context: template.Context, name: str, *args: Any) -> str:  # noqa: ANN401 -- ids
    return reverse(f"dashboard:{name}", args=(context["tenant"].slug, *args))


@register.simple_tag(takes_context=True)
def page(context: template.Context, name: str, *args: Any) -> str:  # noqa: ANN401 -- ids
    """The address of a page of this tenant: `{% page 'dataset' dataset.id %}`."""
    return _address(context, name, *args)


@register.simple_tag(takes_context=True)
def page_at(context: template.Context, place: Sequence[Any]) -> str:
    """The address of a page that is given with its ids: `{% page_at thing.page %}`."""
    return _address(context, *place)


@register.filter
def in_words(code: str | None, what: str) -> words.Word:
    """A code for people: `{{ row.reason|in_words:"reason" }}`; the tables are in tenants/words.py."""
    return words.in_words(code or "", what)


@register.simple_tag(takes_context=True)
def zone(context: template.Context) -> ZoneInfo:
    """The reader's time zone, for pages outside of the dashboard's frame."""
    return zone_of(context["request"])


@register.simple_tag
def sign_up_is_open() -> bool:
    """Whether strangers may make an organisation of their own here."""
    return bool(settings.TENANT_SIGNUP == "open")


@register.simple_tag
def mail_leaves() -> bool:
    """Whether a mail gets to whom it is for."""
    return bool(settings.MAIL_LEAVES)


@register.simple_tag(takes_context=True)
def menu(context: template.Context) -> list[dict[str, Any]]:
    """The menu's groups with the entries that this member may open."""
    may = {"viewer": True, "editor": context["may_edit"], "admin": context["may_administer"]}
    return [
        {
            "title": title,
            "entries": [
                {
                    "name": name,
                    "title": word,
                    "icon": icon,
                    "address": _address(context, name),
                    "is_current": name == context["section"],
                }
                for name, word, icon, role in entries
                if may[role]
            ],
        }
        for title, entries in _MENU
    ]


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:  # noqa: ANN401 -- the query's values
    """The query of this address with some of it changed, so that a pager keeps filters: `{% with_query page=2 %}`."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}" if query else "?"
