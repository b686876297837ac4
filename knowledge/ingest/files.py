"""Documents' files in storage: named by their hash, so that a tenant keeps the same bytes once.

Writing a file, and deleting one that no document names any more, are kept apart by `lock`, which also keeps what is
counted against the plan from being counted twice. No transaction is open while a file is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from knowledge.models import Document
from tenants import context
from tenants.keys import file_key


def key_of(content_hash: str) -> str:
    return file_key(context.current(), "documents", content_hash)


def hash_of(file: File[bytes]) -> str:
    digest = hashlib.sha256()
    for part in file.chunks():
        digest.update(part)
    return digest.hexdigest()


def put(*, key: str, file: File[bytes]) -> None:
    """Make sure that the file is there and whole; one that a crash left half-written is replaced."""
    if default_storage.exists(key):
        if default_storage.size(key) == file.size:
            return
        default_storage.delete(key)
    file.seek(0)
    name = default_storage.save(key, file)
    if name != key:  # somebody stored the same bytes in this moment
        default_storage.delete(name)


def drop_unused(keys: Iterable[str]) -> None:
    """Delete those of these files that no document refers to."""
    wanted = set(keys)
    with transaction.atomic():
        lock()
        used = set(Document.objects.filter(file_key__in=wanted).values_list("file_key", flat=True))
        for key in sorted(wanted - used):
            default_storage.delete(key)


def lock() -> None:
    """One at a time in this tenant, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{context.current().id}/documents"])
