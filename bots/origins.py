"""Web origins: what a bot's `allowed_domains` may hold, and which of them an `Origin` header matches. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

LONGEST = 300
# As browsers send it: ASCII alone, so that what a stranger claims to be can say nothing else.
_SENT = re.compile(r"https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_AT_HOME = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


def parse(domain: str) -> str:
    """An allowed domain in the form it is kept: `https://host[:port]`, the host lower-case, `*.` in front allowed.

    Raises `ValueError` with a sentence where it is none.
    """
    if len(domain) > LONGEST:  # names have 253 characters at most, and `candidates` grows with the square
        raise ValueError(_("A web origin is not as long as this."))
    try:
        parts = urlsplit(domain.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(_("%(domain)s is not a web origin.") % {"domain": domain}) from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or any(map(str.isspace, host)):
        raise ValueError(
            _("%(domain)s is not a web origin; write it like https://www.example.com.") % {"domain": domain}
        )
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(_("%(domain)s has more than an origin: leave out the path.") % {"domain": domain})
    if "*" in host.removeprefix("*.") or (host.startswith("*.") and host.count(".") < 2):
        raise ValueError(
            _("%(domain)s: a star stands for sub-domains, as in https://*.example.com.") % {"domain": domain}
        )
    name = f"[{host}]" if ":" in host else host
    standard = {"http": 80, "https": 443}[parts.scheme]
    origin = f"{parts.scheme}://{name}" + (f":{port}" if port and port != standard else "")
    if len(origin) > LONGEST:  # some letters grow when they are made small
        raise ValueError(_("A web origin is not as long as this."))
    return origin


def typed(text: str) -> str:
    """The origin of what people type or paste: a host without a scheme, the address of a page, letters of any alphabet.

    Without a scheme it is https, but http on this machine and in a network of one's own, where certificates are rare.
    Raises `ValueError`.
    """
    if any(map(str.isspace, text)):
        raise ValueError(f"{text} is not a web origin.")
    parts = urlsplit(text if "://" in text else f"//{text}")
    host = parts.hostname or ""
    scheme = parts.scheme or ("http" if is_local(host) else "https")
    star = "*." if host.startswith("*.") else ""
    name = host.removeprefix("*.")
    if not name.isascii():
        name = name.encode("idna").decode()  # as browsers send it
    if ":" in name:
        name = f"[{name}]"
    return parse(f"{scheme}://{star}{name}" + (f":{parts.port}" if parts.port else ""))


def is_local(host: str) -> bool:
    """Whether a host is this machine or in a private network, as far as its name says."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or host.endswith(_AT_HOME)
    return address.is_loopback or address.is_private or address.is_link_local


def sent(origin: str) -> str:
    """An `Origin` header in the form that is kept. Raises `ValueError` for what no browser sends."""
    found = parse(origin)
    if not _SENT.fullmatch(found):
        raise ValueError("This is not the origin of a page.")
    return found


def candidates(origin: str) -> list[str]:
    """Every allowed domain that this `Origin` would match: itself, and a star for each of its parents."""
    try:
        exact = parse(origin)
    except ValueError:
        return []
    scheme, _colon, rest = exact.partition("://")
    labels = rest.split(".")
    stars = [f"{scheme}://*." + ".".join(labels[at:]) for at in range(1, len(labels) - 1)]
    return [exact, *stars]


def matches(origin: str, allowed: Sequence[str]) -> bool:
    """Whether the `Origin` header is one of the allowed domains."""
    return not set(candidates(origin)).isdisjoint(allowed)
