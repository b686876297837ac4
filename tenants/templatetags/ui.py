"""Small pieces of every page."""

from __future__ import annotations

from datetime import date

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from tenants import formats

register = template.Library()

# The first that fits: browsers say the names of those before them too.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of static/icons.svg, for the eye alone: the word beside it says what it means."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"), name,
    )  # fmt: skip


@register.filter
def device(user_agent: str) -> str:
    """A browser and its system as people call them, from what the browser says of itself; else that, shortened."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or Truncator(user_agent or _("An unknown browser")).chars(60)


@register.filter
def bytes_as_words(size: int | None) -> str:
    """A number of bytes for people: `1.4 MB`."""
    return formats.size(size)


@register.simple_tag
def moment(value: date | None, form: formats.Form = "minute") -> str:
    """A day or a moment as every page writes them: `{% moment row.created_at %}`, `{% moment key.last_at 'day' %}`."""
    return formats.tagged(value, form) if value else ""


@register.filter
def written(value: date | None, form: formats.Form = "minute") -> str:
    """The same without its tag, for a sentence: `{% blocktranslate with when=row.at|written %}`."""
    return formats.moment(value, form) if value else ""
