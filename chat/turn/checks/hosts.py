"""Where an answer may point; pure.

In: the bot's `allowed_domains` and the texts it answers from. Out: whether an address may stand in an answer. A host
of the bot's own may be linked and shown; any other address may be linked only as it stands in a passage, letter for
letter, since then it carries nothing that was said in the talk. An image is fetched without anybody's doing, so it
may only come from a host of the bot's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bots import origins

_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_ODD = re.compile(r"[\s\\\x00-\x1f\x7f<>\"`{}|^]")
_AFTER = ".,;:!?)]}*_'\"»”。，！？）」"


@dataclass(frozen=True, slots=True)
class Hosts:
    """`allowed` are origins as a bot keeps them; `shown` the addresses that stand in the passages."""

    allowed: tuple[str, ...] = ()
    shown: frozenset[str] = frozenset()

    def may_link(self, address: str) -> bool:
        """Whether a link may lead there. One without a host stays where it is shown."""
        if _ODD.search(address) or address.startswith("//"):
            return False
        scheme = _SCHEME.match(address)
        if scheme is None:
            return ":" not in re.split(r"[/?#]", address, maxsplit=1)[0]
        if plain(address) in self.shown:
            return True
        kind = scheme[0].lower()
        return self._own(address) if kind in {"http:", "https:"} else kind == "tel:" and address[4:].isascii()

    def may_show(self, address: str) -> bool:
        """Whether an image may be fetched from there."""
        return _SCHEME.match(address) is not None and not _ODD.search(address) and self._own(address)

    def _own(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            if parts.scheme.lower() not in {"http", "https"} or parts.username is not None or not parts.hostname:
                return False
            return origins.matches(f"{parts.scheme}://{parts.netloc}", self.allowed)
        except ValueError:
            return False


def of(*, allowed: Sequence[str], texts: Iterable[str]) -> Hosts:
    return Hosts(tuple(allowed), frozenset(address for text in texts for address in _addresses(text)))


def plain(address: str) -> str:
    """An address without what makes no difference."""
    return address.partition("#")[0].rstrip(_AFTER).rstrip("/")


def host(address: str) -> str:
    """What of a foreign address is said in words: its host, or nothing where that cannot be told."""
    try:
        name = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.") if re.fullmatch(r"[\w-]{1,40}(?:\.[\w-]{1,40}){1,3}", name) else ""


def _addresses(text: str) -> Iterable[str]:
    yield from (plain(found) for found in _ADDRESS.findall(text))
    yield from (f"mailto:{found}" for found in _MAIL.findall(text))
