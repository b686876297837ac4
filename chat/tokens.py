"""How a session id looks and what is kept of it. Pure.

A session id is the only credential of a customer: the id of its bot, by which the tenant is found without trying
schemas, and 192 random bits. Only its hash is stored.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from uuid import UUID

RANDOM_BYTES = 24
LENGTH = 54  # 16 + 24 bytes in base64


def new_session(bot_id: UUID) -> str:
    return base64.urlsafe_b64encode(bot_id.bytes + secrets.token_bytes(RANDOM_BYTES)).rstrip(b"=").decode()


def bot_of(session_id: str) -> UUID | None:
    """The bot that a session id names, or `None` where it is none of ours."""
    if len(session_id) != LENGTH or not session_id.isascii():
        return None
    try:
        raw = base64.b64decode(session_id + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return UUID(bytes=raw[:16])


def hash_of(session_id: str) -> str:
    """SHA-256 in hex; fast is enough, since there is nothing to guess."""
    return hashlib.sha256(session_id.encode()).hexdigest()
