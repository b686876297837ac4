"""Which addresses may be reached: public ones, and those that the operator names in `OUTBOUND_ALLOWED_PRIVATE`."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx2
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.errors import Invalid

WEB_PORTS = {80, 443}
UNPRIVILEGED, LAST_PORT = 1024, 65535
# Translators' prefixes that carry an IPv4 address in their last 32 bits.
_CARRIERS = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"))
# Global by some registry, and still not the public internet: Azure's wire server, 6to4 relays, protocol assignments,
# local-use NAT64.
_NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.0.0.0/24"),
    IPv6Network("64:ff9b:1::/48"),
)

Resolver = Callable[[str, int], list[str]]


class AddressRefused(Invalid):
    code, title = "address_not_allowed", gettext_lazy("This address is not allowed")


class AddressUnknown(Invalid):
    code, title = "address_unknown", gettext_lazy("There is no such host")


class AnswerRefused(httpx2.TransportError):
    """The far side sends more than we take, or compresses what we asked for plain."""


class AnswerPacked(AnswerRefused):
    """It is compressed in a way that we did not offer."""


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host, as the system sees it; numbers in any notation included. Raises `OSError`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host} is not a host's name.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, also behind the wrappings that IPv6 has for IPv4."""
    inner = _unwrapped(ip_address(address.partition("%")[0]))
    if any(inner in network for network in _NOT_PUBLIC if network.version == inner.version):
        return False
    return inner.is_global and not (inner.is_multicast or inner.is_reserved or inner.is_unspecified)


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip.teredo is not None:
        return ip.teredo[1]
    inner = ip.ipv4_mapped or ip.sixtofour
    if inner is None and any(ip in network for network in _CARRIERS):
        inner = IPv4Address(int(ip) & 0xFFFFFFFF)
    return inner or ip


def check_url(url: str, *, resolver: Resolver = resolve) -> str:
    """The address as it is kept, without a trailing slash. Raises `AddressRefused` or `AddressUnknown`.

    For the moment it is entered; the client checks again whenever it connects.
    """
    parsed = _parsed(url)
    try:
        checked(parsed.raw_host.decode(), port_of(parsed), resolver)
    except OSError as error:
        raise AddressUnknown(_("The host %(host)s could not be found.") % {"host": parsed.host}) from error
    return url.rstrip("/")


def port_of(url: httpx2.URL) -> int:
    default = 443 if url.scheme == "https" else 80
    return default if url.port is None else url.port


def _parsed(url: str) -> httpx2.URL:
    if "\\" in url or any(character.isspace() or not character.isprintable() for character in url):
        raise AddressRefused(_("The address holds characters that no address has."))
    try:
        parsed = httpx2.URL(url)
        host, port = parsed.raw_host.decode(), port_of(parsed)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise AddressRefused(_("This is not an address.")) from error
    if parsed.scheme not in {"http", "https"} or not host:
        raise AddressRefused(_("An address begins with http:// or https:// and names a host."))
    if parsed.userinfo or parsed.query or parsed.fragment or "?" in url or "#" in url or "@" in url:
        raise AddressRefused(_("An address here has no user, no ? and no #."))
    _check_port(port)
    return parsed


def _check_port(port: int) -> None:
    if port not in WEB_PORTS and not UNPRIVILEGED <= port <= LAST_PORT:
        raise AddressRefused(_("Port %(port)s is not one of the web's.") % {"port": port})


def checked(host: str, port: int, resolver: Resolver) -> list[str]:
    """The addresses of a host, all of them allowed. Raises `AddressRefused`, or `OSError` where there is none."""
    addresses = resolver(host, port)
    if not addresses:
        raise OSError(f"{host} has no address.")
    allowed = {entry.strip().lower() for entry in settings.OUTBOUND_ALLOWED_PRIVATE}
    if _named(host, port) in allowed:
        return addresses
    _check_port(port)
    for address in addresses:
        if not is_public(address) and _named(address, port) not in allowed:
            raise AddressRefused(_("The address leads to a private network, where providers are not looked for."))
    return addresses


def _named(host: str, port: int) -> str:
    bare = host.strip("[]").lower()
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"
