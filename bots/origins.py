"""Web origins: what a bot's `allowed_domains` may hold, and which of them an `Origin` header matches. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

LONGEST = 300


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
