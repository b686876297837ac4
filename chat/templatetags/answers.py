"""What a bot or a person wrote, as HTML that is safe to show: a little Markdown, and links that say where they lead."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from chat.readiness.lines import Line
from tenants import words
from tenants.templatetags import pages

register = template.Library()

_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_HEADING = re.compile(r"<(/?)h[12]>")
_LINK = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_MARK = re.compile(r"<code>.*?</code>|<[^>]*>|\[(?P<mark>\d{1,3})\]", re.DOTALL)
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_markdown.disable(["image"])


@register.filter
def answer_html(text: str | None) -> SafeString:
    """Markdown without HTML, images or scripts; a link shows its host, and is followed by no search engine."""
    drawn = _HEADING.sub(r"<\1h3>", _markdown.render(text or ""))
    clean = nh3.clean(
        drawn, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
    )  # fmt: skip
    return mark_safe(_LINK.sub(_with_host, clean))  # noqa: S308 -- nh3 has taken out all but the tags above


@register.filter
def cited_html(turn: dict[str, Any]) -> SafeString:
    """The answer of a turn (chat.dashboard.told) as above, its marks as links to the sources below it."""
    numbers = {citation["number"] for citation in turn["citations"]}

    def linked(found: re.Match[str]) -> str:
        number = int(found["mark"] or 0)
        if number not in numbers:
            return found[0]
        source = format_html('<span class="visually-hidden">{} </span>{}', _("source"), number)
        return format_html('<a class="cite" href="#cite-{}-{}">{}</a>', turn["id"], number, source)

    return mark_safe(_MARK.sub(linked, answer_html(turn["text"])))  # noqa: S308 -- safe above, and links of our own


@register.filter
def entry(found: dict[str, Any] | None, name: str) -> object:
    """What a mapping holds under a name: `{{ message.latency_ms|entry:"total" }}`."""
    return (found or {}).get(name)


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


@register.filter
def signed(share: float) -> str:
    """A change as people read it: `+12 %`."""
    return f"{share * 100:+.0f} %"


@register.simple_tag(takes_context=True)
def page_of(context: template.Context, line: Line) -> str:
    """The page that mends a line of the checklist."""
    return str(pages.page(context, line.page, *line.ids))


@register.filter
def seconds(milliseconds: float | None) -> str:
    """Milliseconds for people: `0.4 s`, `12 ms`."""
    if milliseconds is None:
        return "–"
    return f"{milliseconds:.0f} ms" if milliseconds < 100 else f"{milliseconds / 1000:.1f} s"


@register.filter
def waits(since: datetime) -> str:
    """How long it is since then, in one unit: `just now`, `3 minutes`."""
    now = timezone.now()
    return _("just now") if now - since < timedelta(minutes=1) else timesince(since, now, depth=1)


@register.filter
def known_as(value: object, name: str) -> object:
    """What is kept about a conversation under this name, for people: `en` of a language is `English`."""
    if not isinstance(value, str) or name not in {"language", "source"}:
        return value
    if name == "source":
        return words.ABOUT.get(f"source.{value}", value)
    try:
        return str(get_language_info(value)["name_translated"])
    except KeyError:
        return value


@register.filter
def dollars(cost: float | None) -> str:
    if cost is None:
        return "–"
    return f"${cost:.2f}" if cost == 0 or cost >= 0.01 else f"${cost:.5f}"


def _with_host(link: re.Match[str]) -> str:
    address, rest, words = link.groups()
    host = urlsplit(address.replace("&amp;", "&")).hostname or ""
    if not host:
        return words
    plain = {host, address, address.removesuffix("/")}
    shown = "" if words in plain else f' <span class="muted">({escape(host)})</span>'
    return f'<a href="{address}"{rest}>{words}</a>{shown}'
