"""The normal form of a page's address, by which two spellings are known to be the same page; no network."""

from __future__ import annotations

from typing import Final

import httpx2
from django.utils.translation import gettext as _

from tenants.errors import Invalid

_PORTS: Final = {"http": 80, "https": 443}


def canonical(url: str) -> str:
    """Scheme and host in lower case, no default port, no fragment, a path at least. Raises `Invalid`."""
    text = url.strip()
    if "\\" in text or any(character.isspace() or not character.isprintable() for character in text):
        raise _wrong(_("The address holds characters that no address has."))
    try:
        parsed = httpx2.URL(text)
        host, port = parsed.raw_host.decode().lower(), parsed.port
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise _wrong(_("This is not an address.")) from error
    if parsed.scheme not in _PORTS or not host:
        raise _wrong(_("An address begins with http:// or https:// and names a host."))
    if parsed.userinfo:
        raise _wrong(_("An address here has no user and no password."))
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in (None, _PORTS[parsed.scheme]) else f"{shown}:{port}"
    return f"{parsed.scheme}://{place}{parsed.raw_path.decode() or '/'}"


def site_of(url: str) -> str:
    """Scheme, host and port: where robots.txt lies."""
    scheme, _colon, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}"


def host_of(url: str) -> str:
    """The host without a leading www: a site and its twin are one."""
    return site_of(url).partition("://")[2].removeprefix("www.")


def _wrong(sentence: str) -> Invalid:
    return Invalid(errors={"url": [sentence]})
