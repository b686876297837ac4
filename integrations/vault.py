"""Secrets at rest: encrypted under the operator's keys, and bound to the tenant they belong to.

The tenant's id lies inside the ciphertext, so that one copied into another tenant's row does not open there. The first
of `ENCRYPTION_KEYS` encrypts, all of them decrypt; `rotated` moves a ciphertext under the first.
"""

from __future__ import annotations

import json
from functools import cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

HINT = 4
# A hint of a short secret would be most of it.
SHORTEST_HINTED = 12


class Unreadable(Exception):
    """A ciphertext that none of our keys opens, or that belongs to another tenant."""


def encrypt(secret: str, *, tenant_id: UUID) -> str:
    bound = json.dumps([str(tenant_id), secret]).encode()
    return _fernet(_keys()).encrypt(bound).decode()


def decrypt(ciphertext: str, *, tenant_id: UUID) -> str:
    """The secret; raises `Unreadable` where it does not open for this tenant."""
    try:
        owner, secret = json.loads(_fernet(_keys()).decrypt(ciphertext.encode()))
    except (InvalidToken, ValueError) as error:
        raise Unreadable("The ciphertext does not open.") from error
    if owner != str(tenant_id):
        raise Unreadable("The ciphertext belongs to another tenant.")
    return str(secret)


def is_current(ciphertext: str) -> bool:
    """Whether the first key opens it, so that the others are not needed for it any more."""
    try:
        Fernet(_keys()[0]).decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


def rotated(ciphertext: str, *, tenant_id: UUID) -> str:
    """The same secret under the first key; raises `Unreadable`."""
    return encrypt(decrypt(ciphertext, tenant_id=tenant_id), tenant_id=tenant_id)


def hint(secret: str) -> str:
    """The last characters, by which people tell their keys apart; nothing of a short secret."""
    return secret[-HINT:] if len(secret) >= SHORTEST_HINTED else ""


def _keys() -> tuple[str, ...]:
    return tuple(key.strip() for key in settings.ENCRYPTION_KEYS if key.strip())


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
