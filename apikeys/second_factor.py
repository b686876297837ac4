"""The second factor of a sign-in over the API: the one that is set up on the pages of one's account.

In: a user, and the code that they sent. Out: whether it is one of theirs. A code of the app is good once, a recovery
code for ever once; tries are counted for each user, from wherever they come. The secrets lie encrypted in the database,
and `rotate` moves them under the first of ENCRYPTION_KEYS.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tenants import limits
from tenants.keys import platform_key
from tenants.models import User

TRIES_AN_HOUR = 20
_SECRETS = ("secret", "seed")


def is_on(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.id).exists())


def remove(user: User) -> bool:
    """Take away the app and the recovery codes; answers whether there were any."""
    return bool(Authenticator.objects.filter(user_id=user.id).delete()[0])


def holds(user: User, *, code: str) -> bool:
    """Whether the code is good, which uses it up. Raises `TooManyRequests`."""
    limits.hit_hourly(key=platform_key("second-factor", user.id), limit=TRIES_AN_HOUR)
    for row in Authenticator.objects.filter(user_id=user.id).order_by("-type"):  # the app's first
        if row.wrap().validate_code(code):
            Authenticator.objects.filter(pk=row.pk).update(last_used_at=timezone.now())
            return True
    return False


def encrypt(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """Raises `InvalidToken` where none of ENCRYPTION_KEYS opens it."""
    return _fernet().decrypt(ciphertext.encode()).decode()


def rotate() -> Counter[str]:
    """Put every secret under the first key; counts what was `rotated`, `kept` and `unreadable`."""
    counts: Counter[str] = Counter()
    for pk in list(Authenticator.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is not None:
                counts.update(_rotated(row, name) for name in _SECRETS if name in row.data)
    return counts


def _rotated(row: Any, name: str) -> str:  # noqa: ANN401 -- allauth has no types
    ciphertext = row.data[name].encode()
    try:
        Fernet(_keys()[0]).decrypt(ciphertext)
    except InvalidToken:
        try:
            row.data[name] = _fernet().rotate(ciphertext).decode()
        except InvalidToken:
            return "unreadable"
        row.save(update_fields=["data"])
        return "rotated"
    return "kept"


def _keys() -> list[str]:
    return [key.strip() for key in settings.ENCRYPTION_KEYS if key.strip()]


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in _keys()])
