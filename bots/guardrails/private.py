"""Finds what a customer should not have sent: card numbers, bank accounts, keys and passwords. Pure.

In: a message. Out: the message with each masked by its kind, and the kinds. Checksums come before shapes: a number
that is no card by Luhn, or no account by ISO 7064, is somebody's order. Names, addresses and phone numbers stay: a
customer writes them so that they are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bots.guardrails.credentials import KEY, PRIVATE_KEY, is_card

_CARD = re.compile(r"(?<![\w.])(?:[3-6]\d|2[2-7])\d{2}(?:[ -]?\d){9,15}(?![\w])")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}(?!\w)")
_GIVEN = re.compile(
    r"(?i)(?<!\w)(?:password|passwd|passphrase|passwort|contraseña|mot de passe|пароль|parola|şifre|密码|パスワード"
    r"|api[ _-]?key|secret[ _-]?key|access[ _-]?token)(?: is|:|=| ist| es| est|是|は)[ :]{0,2}[\"'“]?"
    r"(?P<secret>(?=[^\s\"'”]*[\d@#$%^&*+=])[^\s\"'”]{6,200})"
)
_CODE = re.compile(r"(?i)(?<!\w)(?:cvv|cvc|cvv2|cvc2|security code)(?: is|:|=)? ?(?P<secret>\d{3,4})(?!\d)")


def masked(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with `[card number]` and the like in the place of what was found, and the kinds, each once."""
    kinds: dict[str, None] = {}
    for kind, pattern, holds in _LOOKED_FOR:
        text = pattern.sub(_masking(kind, holds, kinds), text)
    return text, tuple(kinds)


def kinds(text: str) -> tuple[str, ...]:
    return masked(text)[1]


def _masking(kind: str, holds: Callable[[str], str], kinds: dict[str, None]) -> Callable[[re.Match[str]], str]:
    def mask(found: re.Match[str]) -> str:
        whole = found.group()
        part = found.groupdict().get("secret") or holds(whole)
        if not part:
            return whole
        kinds[kind] = None
        return whole.replace(part, f"[{kind.replace('_', ' ')}]")

    return mask


def _card(found: str) -> str:
    return found if is_card(found) else ""


def _iban(found: str) -> str:
    """The longest beginning that is an account by its checksum; words may follow it without a sign between."""
    for end in range(len(found), 14, -1):
        plain = found[:end].replace(" ", "").upper()
        if 15 <= len(plain) <= 34 and not found[end - 1].isspace() and _adds_up(plain):
            return found[:end]
    return ""


def _adds_up(account: str) -> bool:
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def _as_it_is(found: str) -> str:
    return found


_LOOKED_FOR: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("private_key", PRIVATE_KEY, _as_it_is),
    ("api_key", KEY, _as_it_is),
    ("iban", _IBAN, _iban),
    ("card_number", _CARD, _card),
    ("security_code", _CODE, _as_it_is),
    ("password", _GIVEN, _as_it_is),
)
