"""Keys, passwords and card numbers in an answer, made unreadable; pure.

In: a piece of an answer and the texts it answers from. Out: the piece with `•••` in the place of each. Keys are never
said, whoever wrote them down, unless they are plainly an example; a password or the number of a card may be said where
a passage says it, as a manual tells what a device is delivered with.
"""

from __future__ import annotations

import re

MASK = "•••"
_WORTH = re.compile(r"\d(?:[ -]?\d){12}|[A-Za-z0-9_+/=-]{16}|pass|pwd|PRIVATE KEY|contra|kenn|mot de", re.IGNORECASE)
_KEYS = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"
    r"|(?<![A-Za-z0-9_-])(?:"
    r"sk-(?:ant-|proj-|or-|live-|test-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{16,}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|ak_(?:live|test)_[A-Za-z0-9_-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{18,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    r")"
    r"|(?i:(?<=\bbearer )|(?<=\bapi[-_ ]key: )|(?<=\bapi[-_ ]key=)|(?<=\bsecret: )|(?<=\bsecret=)"
    r"|(?<=\btoken: )|(?<=\btoken=))"
    r"(?=[A-Za-z._~+/-]{0,64}\d)[A-Za-z0-9._~+/-]{16,}=*",
    re.DOTALL,
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
    text = _KEYS.sub(lambda found: found[0] if _EXAMPLE.search(found[0]) else MASK, text)
    text = _PASSWORD.sub(lambda found: found[0] if found[1].rstrip(".!?") in shown else _masked(found), text)
    return _CARD.sub(lambda found: MASK if _is_card(found[0]) and found[0] not in shown else found[0], text)


def _masked(found: re.Match[str]) -> str:
    return found[0][: found.start(1) - found.start()] + MASK


def _is_card(number: str) -> bool:
    """By the check digit and by how the vendors' numbers begin."""
    digits = [int(sign) for sign in number if sign.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return digits[0] in {2, 3, 4, 5, 6} and len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
