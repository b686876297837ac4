"""Documents' files in storage: named by their hash, so that a tenant keeps the same bytes once.

Writing a file, and deleting one that no document names any more, are kept apart by `lock`, which also keeps what is
counted against the plan from being counted twice. No transaction is open while a file is written.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable
from datetime import timedelta

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy

from knowledge.models import Document
from tenants import context
from tenants.errors import Unavailable
from tenants.keys import file_key

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class StorageFull(Unavailable):
    code = "storage_full"
    title = gettext_lazy("There is no room for files at the moment; nothing was kept, try again later")


def key_of(content_hash: str) -> str:
    return file_key(context.current(), "documents", content_hash)


def hash_in(key: str) -> str:
    """The hash that a key names."""
    return key.rpartition("/")[2]


def used_bytes() -> int:
    """What the tenant's documents take of its plan."""
    total: int = Document.objects.aggregate(bytes=Sum("size_bytes", default=0))["bytes"]
    return total


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
    try:
        name = default_storage.save(key, file)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull from error
        raise
    if name != key:  # somebody stored the same bytes in this moment
        default_storage.delete(name)


def drop_unused(keys: Iterable[str]) -> None:
    """Delete those of these files that no document refers to."""
    wanted = set(keys)
    with transaction.atomic():
        lock()
        for key in sorted(wanted - _in_use(wanted)):
            default_storage.delete(key)


def drop_unused_on_commit(keys: Iterable[str]) -> None:
    """As `drop_unused`, once the transaction that lets go of them is through."""
    tenant, wanted = context.current(), [key for key in keys if key]

    def drop() -> None:
        with context.entered(tenant):
            drop_unused(wanted)

    transaction.on_commit(drop, robust=True)


def drop_strays(*, older_than: timedelta = timedelta(hours=6)) -> int:
    """Delete the files that no document names: what a request that was killed at the wrong moment left behind."""
    folder = key_of("x").rpartition("/")[0]
    if not default_storage.exists(folder):
        return 0
    oldest = timezone.now() - older_than
    keys = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    strays = [key for key in keys if default_storage.get_modified_time(key) < oldest]
    with transaction.atomic():
        lock()
        used = _in_use(strays)
        for key in set(strays) - used:
            default_storage.delete(key)
    return len(set(strays) - used)


def lock() -> None:
    """One at a time in this tenant, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{context.current().id}/documents"])


def _in_use(keys: Iterable[str]) -> set[str]:
    """Those that a document is read from, or was until its new version is complete."""
    wanted = list(keys)
    now = Document.objects.filter(file_key__in=wanted).values_list("file_key", flat=True)
    before = Document.objects.filter(replaced__file_key__in=wanted).values_list("replaced__file_key", flat=True)
    return {*now, *before}
