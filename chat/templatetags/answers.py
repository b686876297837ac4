"""What a bot or a person wrote, as HTML that is safe to show: a little Markdown, and links that say where they lead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import nh3
from django import template
from django.conf.locale import LANG_INFO
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from chat import words
from chat.readiness.lines import Line
from tenants import formats
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


_FACTS: Mapping[str, str | Promise] = {
    "page": gettext_lazy("On the page"), "source": gettext_lazy("Talked in"), "language": gettext_lazy("Language"),
}  # fmt: skip
_SOURCES: Mapping[str, str | Promise] = {
    "widget": gettext_lazy("the widget on a website"), "page": gettext_lazy("the bot’s own page"),
}  # fmt: skip


@register.filter
def told_facts(metadata: dict[str, Any] | None) -> list[tuple[object, object]]:
    """What came along with a conversation: what the widget tells in words, what others told as they told it."""
    return [(_FACTS.get(name, name), _told(name, value)) for name, value in (metadata or {}).items()]


def _told(name: str, value: object) -> object:
    if name == "source":
        return _SOURCES.get(str(value), value)
    if name == "language" and isinstance(value, str):
        code = value.partition("-")[0].lower()
        return get_language_info(code)["name_translated"] if code in LANG_INFO else value
    return value


@register.filter
def said_again(sentence: str) -> str:
    """What the worker and the turn write in English, in the language of who reads."""
    return words.again(sentence)


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.0f} %"


@register.simple_tag(takes_context=True)
def page_of(context: template.Context, line: Line) -> str:
    """The page that mends a line of the checklist."""
    return str(pages.page(context, line.page, *line.ids))


@register.filter
def seconds(milliseconds: float | None) -> str:
    """Milliseconds for people: `0.4 s`, `12 ms`."""
    return "–" if milliseconds is None else formats.seconds(milliseconds)


@register.filter
def waits(since: datetime) -> str:
    """How long it is since then, in one unit: `just now`, `3 minutes`."""
    now = timezone.now()
    return _("just now") if now - since < timedelta(minutes=1) else timesince(since, now, depth=1)


@register.filter
def dollars(cost: float | None) -> str:
    return "–" if cost is None else formats.dollars(cost)


def _with_host(link: re.Match[str]) -> str:
    address, rest, words = link.groups()
    host = urlsplit(address.replace("&amp;", "&")).hostname or ""
    if not host:
        return words
    plain = {host, address, address.removesuffix("/")}
    shown = "" if words in plain else f' <span class="muted">({escape(host)})</span>'
    return f'<a href="{address}"{rest}>{words}</a>{shown}'
