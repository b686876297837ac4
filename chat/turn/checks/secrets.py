"""Keys, passwords and card numbers in an answer, made unreadable; pure.

In: a piece of an answer and the texts it answers from. Out: the piece with `•••` in the place of each. Keys are never
said, whoever wrote them down, unless they are plainly an example; a password or the number of a card may be said where
a passage says it, as a manual tells what a device is delivered with.
"""

from __future__ import annotations

import re

from bots.guardrails.credentials import KEY, PRIVATE_KEY, is_card

MASK = "•••"
_WORTH = re.compile(r"\d(?:[ -]?\d){12}|[A-Za-z0-9_+/=-]{16}|pass|pwd|PRIVATE KEY|contra|kenn|mot de", re.IGNORECASE)
_BEARER = re.compile(
    r"(?i:(?<=\bbearer )|(?<=\bapi[-_ ]key: )|(?<=\bapi[-_ ]key=)|(?<=\bsecret: )|(?<=\bsecret=)"
    r"|(?<=\btoken: )|(?<=\btoken=))(?=[A-Za-z._~+/-]{0,64}\d)[A-Za-z0-9._~+/-]{16,}=*"
)
_PASSWORD = re.compile(
    r"(?:\b(?:password|passwd|passphrase|pwd|contraseña|kennwort|passwort|mot de passe|senha|wachtwoord)\b"
    r"[*_`]{0,3}\s*(?:is|ist|es|est|é|:|=)+[*_`\"']{0,3}\s*[*_`\"']{0,3})(?=[^\s]*[\d!@#$%^&*])([^\s*_`\"',;]{6,})",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-]|[.,]\d)")
_EXAMPLE = re.compile(r"example|x{4,}|your|placeholder|\.{3}|1234567890|abcdef", re.IGNORECASE)


def clean(text: str, *, shown: str) -> str:
    """`shown` is all that the passages say."""
    if not _WORTH.search(text):
        return text
    for pattern in (PRIVATE_KEY, KEY, _BEARER):
        text = pattern.sub(lambda found: found[0] if _EXAMPLE.search(found[0]) else MASK, text)
    text = _PASSWORD.sub(lambda found: found[0] if found[1].rstrip(".!?") in shown else _masked(found), text)
    return _CARD.sub(lambda found: MASK if is_card(found[0]) and found[0] not in shown else found[0], text)


def _masked(found: re.Match[str]) -> str:
    return found[0][: found.start(1) - found.start()] + MASK
