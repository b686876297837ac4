"""How an API key looks and what is kept of it. Pure."""

from __future__ import annotations

import hashlib
import secrets

MARK = "ak_live_"
PREFIX_LENGTH = 12


def new_key() -> str:
    """`ak_live_` and 43 random characters (256 bits)."""
    return MARK + secrets.token_urlsafe(32)


def prefix_of(key: str) -> str:
    """The part that may be shown again: the first twelve characters."""
    return key[:PREFIX_LENGTH]


def hash_of(key: str) -> str:
    """SHA-256 in hex. A fast hash is enough for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def looks_like_key(credential: str) -> bool:
    return credential.startswith(MARK)
